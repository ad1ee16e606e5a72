/** Works one order: steps until it has to wait or has ended. */
import { isAborted } from '../../schemas/clock.ts'
import type { HeldOrder, OrderChange } from '../../schemas/ticket-work.ts'
import type { TicketSnapshot } from '../../schemas/tickets.ts'
import { ConnectorError, type CallContext } from '../port.ts'
import { afterFailure, asConnectorError, type Failure } from './outcome.ts'
import { CALL_WITHIN_MS, OFF_MS } from './pace.ts'
import type { OpenOrder, OutboxTools } from './ports.ts'
import { isUnheard } from './heard.ts'
import { looksNeeded, nextStep, unheard, type Step } from './step.ts'

type Call = Exclude<Step, { readonly kind: 'settle' | 'look_up' }>

/** Works a claimed order. Throws what the store throws; the lease then ends by itself, and what was written stands. */
export async function workOrder(tools: OutboxTools, claimed: HeldOrder, signal: AbortSignal): Promise<void> {
  const { clock } = tools
  let lastCallAtMs = clock.now() + CALL_WITHIN_MS
  const opened = await tools.open(claimed, () => {
    // A process that slept wakes up with its lease gone: somebody else may be calling.
    if (clock.now() > lastCallAtMs || isAborted(signal)) throw new ConnectorError('aborted', 'this process may not call for the order any more')
  })
  if ('closed' in opened) return settle(tools, claimed, closedChange(opened, clock.now()))
  const facts = { capabilities: opened.connector.capabilities, findLagMs: opened.connector.findLagMs, perTicketMs: opened.perTicketMs, startedAtMs: tools.startedAtMs }
  let held = claimed
  for (;;) {
    const step = nextStep(held, facts, clock.now())
    if (step.kind === 'settle') return settle(tools, held, step.change)
    if (step.kind === 'look_up') {
      const seen = await lookUp(tools, opened, held, signal)
      if (seen === 'settled') return
      held = { ...held, looks: held.looks + 1 }
      if (held.looks < looksNeeded(facts)) return settle(tools, held, { status: 'waiting', looks: held.looks, dueAtMs: clock.now() + facts.findLagMs })
      continue
    }
    if (step.kind === 'read') return call(tools, opened, held, step, signal)
    // Where a call may have been taken, how the ticket stands is heard before it is judged; else after, so that an outage is counted from the first try.
    const isBefore = held.firstCalledAtMs !== null
    if (isBefore && (await mustBeHeard(tools, opened, held, step, signal))) return
    // From before it was written: whoever sleeps in between has less of its lease left, not more.
    lastCallAtMs = clock.now() + CALL_WITHIN_MS
    const begun = await tools.store.begin(held)
    if (begun === null) return
    // What was put together since it was claimed is called too, and what was dropped is not.
    const now = nextStep({ ...begun, status: 'waiting' }, facts, clock.now())
    if (now.kind === 'settle') return settle(tools, begun, now.change)
    const next = now.kind === 'look_up' ? step : now
    if (!isBefore && (await mustBeHeard(tools, opened, begun, next, signal))) return
    return call(tools, opened, begun, next, signal)
  }
}

/** Asks for the ticket whose making nobody can tell of, and adopts it where it is there. */
async function lookUp(tools: OutboxTools, opened: OpenOrder, held: HeldOrder, signal: AbortSignal): Promise<'settled' | 'none'> {
  const seen = await found(opened, held, signal)
  if (seen === null) return 'none'
  if (seen instanceof ConnectorError) await fail(tools, { held, error: seen, sent: opened.sent(), isLook: true, isGone: false })
  else await succeed(tools, held, { status: 'done', snapshot: seen, unknownAtMs: null, isCalled: true, isFound: true })
  return 'settled'
}

async function found(opened: OpenOrder, held: HeldOrder, signal: AbortSignal): Promise<TicketSnapshot | ConnectorError | null> {
  try {
    const ctx = opened.context(true, signal)
    const ref = await opened.connector.find(held.externalRef, ctx)
    return ref === null ? null : await opened.connector.read(ref, ctx)
  } catch (thrown) {
    return asConnectorError(thrown)
  }
}

/** Looks at a ticket that is about to be ended, or merged away, by itself. True: what stands there was not heard yet, or it cannot be looked at now, and the order waits. */
async function mustBeHeard(tools: OutboxTools, opened: OpenOrder, held: HeldOrder, step: Call, signal: AbortSignal): Promise<boolean> {
  if ((step.kind !== 'update' && step.kind !== 'join') || !step.isReadFirst) return false
  const before = opened.sent()
  const seen = await opened.connector.read(step.ref, opened.context(false, signal)).catch(asConnectorError)
  if (seen instanceof ConnectorError) {
    // Where looking is hopeless, the write tells what is wrong.
    if (seen.retry === 'never') return false
    await fail(tools, { held, error: seen, sent: { ...opened.sent(), calls: opened.sent().calls - before.calls, writes: 0 }, isLook: true, isGone: false })
    return true
  }
  if (seen === null || !isUnheard(held.seen, seen)) return false
  await succeed(tools, held, { ...unheard(held, tools.clock.now()), isUnheard: true })
  return true
}

async function call(tools: OutboxTools, opened: OpenOrder, held: HeldOrder, step: Call, signal: AbortSignal): Promise<void> {
  const before = opened.sent()
  const answer = await made(opened, step, signal).catch(asConnectorError)
  const now = opened.sent()
  if (!(answer instanceof ConnectorError)) return succeed(tools, held, step.kind === 'create' && step.isRepeat && now.writes === before.writes ? { ...answer, isFound: true } : answer)
  const sent = { calls: now.calls - before.calls, writes: now.writes - before.writes, isLastWrite: now.isLastWrite }
  await fail(tools, { held, error: answer, sent, isLook: step.kind === 'read', isGone: await isGone(opened, step, answer, signal) })
}

async function made(opened: OpenOrder, step: Call, signal: AbortSignal): Promise<OrderChange> {
  const { connector } = opened
  const context = (isRepeat: boolean): CallContext => opened.context(isRepeat, signal)
  switch (step.kind) {
    case 'create':
      return { status: 'done', snapshot: await connector.create(step.draft, context(step.isRepeat)), unknownAtMs: null, isCalled: true }
    case 'update':
      await connector.update(step.ref, step.change, context(step.isRepeat))
      return { status: 'done', unknownAtMs: null, isCalled: true }
    case 'join':
      await connector.join(step.ref, step.into, context(step.isRepeat))
      return { status: 'done', unknownAtMs: null, isCalled: true }
    case 'read': {
      const snapshot = await connector.read(step.ref, context(false))
      return snapshot === null ? { status: 'done', unknownAtMs: null, isGone: true } : { status: 'done', unknownAtMs: null, snapshot }
    }
  }
}

/** "Not found" may mean the ticket or something it names: the PSA is asked for the ticket itself. Where it does not answer, a reconciliation will tell. */
async function isGone(opened: OpenOrder, step: Call, error: ConnectorError, signal: AbortSignal): Promise<boolean> {
  if (error.code !== 'not_found' || (step.kind !== 'update' && step.kind !== 'join')) return false
  const [read] = await Promise.allSettled([opened.connector.read(step.ref, opened.context(false, signal))])
  return read.status === 'fulfilled' ? read.value === null : asConnectorError(read.reason).code === 'not_found'
}

async function succeed(tools: OutboxTools, held: HeldOrder, change: OrderChange): Promise<void> {
  const wasHeld = await tools.accounts.wentWell(held)
  await settle(tools, held, change)
  if (wasHeld) await tools.store.hurry(held.account)
}

async function fail(tools: OutboxTools, failure: Failure): Promise<void> {
  const { held, error } = failure
  const { change, account } = afterFailure(failure, tools.clock.now(), tools.jitter)
  if (account !== null) await tools.accounts.wentWrong(held, account.code, error.message, account.isHeld)
  if (error.code === 'defect') tools.logger.warn({ order: held.id, ticketId: held.ticketId, err: error.cause ?? error }, 'a defect while calling a PSA')
  await settle(tools, held, change)
}

function closedChange({ closed, code, error }: Extract<Awaited<ReturnType<OutboxTools['open']>>, { readonly closed: string }>, nowMs: number): OrderChange {
  return closed === 'wait' ? { status: 'waiting', dueAtMs: nowMs + OFF_MS, code, error } : { status: closed, code, error }
}

async function settle(tools: OutboxTools, held: HeldOrder, change: OrderChange): Promise<void> {
  if (!(await tools.store.settle(held, change))) return
  if (change.status === 'waiting') return
  tools.metrics.ended(held.connector, held.kind, change.status, change.code ?? null)
  if (change.status === 'dead') tools.logger.warn({ order: held.id, ticketId: held.ticketId, companyId: held.companyId, connector: held.connector, code: change.code, error: change.error }, 'an order of a ticket is dead: mend it and replay it')
  tools.ended(held, change)
}
