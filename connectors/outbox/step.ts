/**
 * What is to be done with an order next. Pure: all of it follows from the order's row, so any worker goes on where another one died.
 *
 * | order | stands | next |
 * | --- | --- | --- |
 * | any | a worker had marked it as called, and is gone | leave it alone until nothing of that can be on its way |
 * | create | nobody can tell whether a call was taken | wait until a look-up must show it, look (twice where the look-up lags), adopt what is there, else create |
 * | create | its parent is not made yet, and it is not critical | wait a little |
 * | create | else | create; looked up first where it is a repeat, is old, or its incident is |
 * | update | the ticket was written to just now | wait as long as the PSA wants between two writes |
 * | update | it ends the ticket unless somebody touched it, and the PSA told of the ticket since it was read | wait until it is read, a minute at most |
 * | update | it ends the ticket unless somebody touched it, and has waited or was tried | look at the ticket first: what was not heard yet is heard first |
 * | update | there is nothing left to be written | it is done |
 * | join | the other ticket is not made yet | wait |
 * | join | it merges the ticket away unless somebody touched it | as with an update that ends it: wait until the ticket is read, look at it first |
 */
import { dependsOnTouch, gathered } from '../../schemas/ticket-changes.ts'
import type { HeldOrder, OrderChange } from '../../schemas/ticket-work.ts'
import type { TicketChange, TicketDraft, TicketRef } from '../../schemas/tickets.ts'
import type { Capabilities } from '../port.ts'
import { FRESH_MS, HEAR_PAUSE_MS, HEAR_TRIES, JOIN_PATIENCE_MS, OTHER_MS, PARENT_PATIENCE_MS, TAKE_OVER_MS, UNKNOWN_PAUSE_MS, WAITED_MS } from './pace.ts'

/** The next thing. */
export type Step =
  | { readonly kind: 'create'; readonly draft: TicketDraft; readonly isRepeat: boolean }
  | { readonly kind: 'update'; readonly ref: TicketRef; readonly change: TicketChange; readonly isRepeat: boolean; readonly isReadFirst: boolean }
  | { readonly kind: 'join'; readonly ref: TicketRef; readonly into: TicketRef; readonly isRepeat: boolean; readonly isReadFirst: boolean }
  | { readonly kind: 'read'; readonly ref: TicketRef }
  | { readonly kind: 'look_up' }
  | { readonly kind: 'settle'; readonly change: OrderChange }

/** What of a connector decides. */
export interface StepFacts {
  readonly capabilities: Pick<Capabilities, 'findByExternalRef' | 'parent' | 'joins'>
  readonly findLagMs: number
  readonly perTicketMs: number
  /** When this process began. */
  readonly startedAtMs: number
}

/** Look-ups that must find nothing before a create is tried again. */
export const looksNeeded = ({ findLagMs }: Pick<StepFacts, 'findLagMs'>): number => (findLagMs > 0 ? 2 : 1)

/** Says what is next. */
export function nextStep(held: HeldOrder, facts: StepFacts, nowMs: number): Step {
  if (held.status === 'calling') return { kind: 'settle', change: { status: 'waiting', isRepeat: true, unknownAtMs: nowMs, looks: 0, dueAtMs: nowMs + Math.max(facts.findLagMs, TAKE_OVER_MS) } }
  switch (held.kind) {
    case 'create':
      return nextOfCreate(held, held.body, facts, nowMs)
    case 'update': {
      if (held.ref === null) return dead('no_ticket', 'The ticket was never made in the PSA, so nothing can be written to it.')
      const readyAtMs = (held.lastCallAtMs ?? Number.NEGATIVE_INFINITY) + facts.perTicketMs
      if (readyAtMs > nowMs) return wait(readyAtMs)
      const mustHear = mustBeHeard(held)
      if (mustHear && held.isHinted) return { kind: 'settle', change: unheard(held, nowMs) }
      const change = gathered(held.body)
      if (Object.keys(change).length < 2) return { kind: 'settle', change: { status: 'done', unknownAtMs: null } }
      return { kind: 'update', ref: held.ref, change, isRepeat: held.isRepeat || isFromBefore(held, facts), isReadFirst: mustHear && isStale(held, nowMs) }
    }
    case 'join': {
      if (held.ref === null || held.other === null) return dead('no_ticket', 'One of the two tickets that were to be joined is not there.')
      if (facts.capabilities.joins === 'none') return dead('unsupported', 'This PSA cannot join two tickets.')
      if (held.other.ref !== null) {
        const mustHear = mustBeHeard(held)
        if (mustHear && held.isHinted) return { kind: 'settle', change: unheard(held, nowMs) }
        return { kind: 'join', ref: held.ref, into: held.other.ref, isRepeat: held.isRepeat || isFromBefore(held, facts), isReadFirst: mustHear && isStale(held, nowMs) }
      }
      return nowMs - held.createdAtMs > JOIN_PATIENCE_MS ? dead('no_ticket', 'The ticket to join with was not made within a day.') : wait(nowMs + OTHER_MS * 6)
    }
    case 'read':
      return held.ref === null ? dead('no_ticket', 'The ticket was never made in the PSA, so it cannot be read.') : { kind: 'read', ref: held.ref }
  }
}

/** People may have come to the ticket since its end, or its merge, was ordered. */
function mustBeHeard(held: HeldOrder): boolean {
  return dependsOnTouch(held) && held.looks < HEAR_TRIES
}

/** What is known of the ticket may be too old to go by. */
function isStale({ isRepeat, createdAtMs }: HeldOrder, nowMs: number): boolean {
  return isRepeat || nowMs - createdAtMs > WAITED_MS
}

/** Waits for the ticket to be read, longer each time. */
export function unheard({ looks }: Pick<HeldOrder, 'looks'>, nowMs: number): OrderChange {
  return { status: 'waiting', looks: looks + 1, dueAtMs: nowMs + HEAR_PAUSE_MS * 2 ** looks }
}

function nextOfCreate(held: HeldOrder, body: TicketDraft, facts: StepFacts, nowMs: number): Step {
  if (held.ref !== null) return { kind: 'settle', change: { status: 'done', unknownAtMs: null } }
  if (held.unknownAtMs !== null) {
    if (!facts.capabilities.findByExternalRef) return dead('outcome_unknown', 'Nobody can tell whether the ticket was made, and this PSA cannot be asked: look for it there, link it here, and drop this order; or replay it where there is none.')
    const lookAtMs = held.unknownAtMs + Math.max(facts.findLagMs, UNKNOWN_PAUSE_MS)
    if (nowMs < lookAtMs) return wait(lookAtMs)
    if (held.looks < looksNeeded(facts)) return { kind: 'look_up' }
  }
  const parent = body.parent ?? held.other?.ref ?? null
  // What is critical waits for nobody: the parent may stand behind a whole storm.
  const isWaitingForParent = held.urgency > 0 && facts.capabilities.parent && parent === null && held.other !== null && nowMs - held.createdAtMs < PARENT_PATIENCE_MS
  if (isWaitingForParent) return wait(nowMs + OTHER_MS)
  return { kind: 'create', draft: parent === body.parent ? body : { ...body, parent }, isRepeat: held.isRepeat || held.unknownAtMs !== null || isFromBefore(held, facts) || isOld(held, nowMs) }
}

/** After a restore the rows are those of back then, and what waits may have been done. Nobody restores under a running process, so what it saw come is new. */
function isFromBefore(held: HeldOrder, facts: StepFacts): boolean {
  return held.createdAtMs < facts.startedAtMs
}

/** An incident that is found again in the log after a restore is an old one: its ticket may be there. */
function isOld(held: HeldOrder, nowMs: number): boolean {
  return nowMs - held.createdAtMs > FRESH_MS || (held.incidentOpenedAtMs !== null && nowMs - held.incidentOpenedAtMs > FRESH_MS)
}

function wait(dueAtMs: number): Step {
  return { kind: 'settle', change: { status: 'waiting', dueAtMs } }
}

function dead(code: string, error: string): Step {
  return { kind: 'settle', change: { status: 'dead', code, error } }
}
