/** From the rows of a delivery to its alerts: what became of each last, and what came before. Pure. */
import type { Fate } from '../../schemas/records.ts'
import type { AlertStep } from '../../schemas/receipts.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { Attempt, DeliveryFacts, Row } from './facts.ts'
import { IN_FLIGHT, verdictOf, type Verdict } from './words.ts'

/** One thing that happened to an alert, with its row once there is one. */
export interface Step {
  readonly attempt: Attempt
  readonly row: Row | null
  readonly fate: Fate | 'in_flight'
  readonly verdict: Verdict
  readonly deadLetterId: string | null
}

/** An alert of a delivery: its steps, the last of which says what became of it. */
export interface AlertFacts {
  readonly element: number
  readonly steps: readonly [...Step[], Step]
}

/** The id of the dead letter that a rejected element became; processors/process-stage.ts makes it. */
export function letterIdOf(row: Pick<Row, 'partition' | 'version' | 'element'>): string {
  return `${TOPICS.raw.name}:${row.partition}:${row.version}:${row.element}`
}

/** The alerts of a delivery in order. A repeat of the delivery that brought nothing new is no step of its own, unless nothing else is known. */
export function alertsOf({ attempts, rows }: DeliveryFacts): readonly AlertFacts[] {
  const byAttempt = new Map<string, Row[]>()
  for (const row of rows) {
    const place = placeOf(row)
    const list = byAttempt.get(place)
    if (list === undefined) byAttempt.set(place, [row])
    else list.push(row)
  }
  const steps = new Map<number, Step[]>()
  for (const attempt of attempts) {
    for (const step of stepsOf(attempt, byAttempt.get(placeOf(attempt)) ?? [])) {
      const element = step.element
      const known = steps.get(element)
      if (known === undefined) steps.set(element, [step])
      else if (!isRepeat(step)) known.push(step)
    }
  }
  return [...steps].sort(([a], [b]) => a - b).flatMap(([element, list]) => {
    const kept = list.length > 1 && list[0] !== undefined && isRepeat(list[0]) ? list.slice(1) : list
    const last = kept.at(-1)
    return last === undefined ? [] : [{ element, steps: [...kept.slice(0, -1), last] as const }]
  })
}

/** A step as a receipt tells it. */
export function toldStep({ attempt, row, fate, verdict, deadLetterId }: Step): AlertStep {
  const atMs = row?.atMs ?? attempt.atMs
  return { at: new Date(atMs).toISOString(), fate, reason: row?.reason ?? null, explanation: verdict.explanation, deadLetterId, replayedBy: attempt.replayOf === 0 ? null : attempt.replayActor }
}

const placeOf = ({ partition, version }: { partition: number; version: number }): string => `${partition}:${version}`

const isRepeat = ({ row }: Step): boolean => row?.reason === 'duplicate_delivery'

function* stepsOf(attempt: Attempt, rows: readonly Row[]): Generator<Step & { element: number }> {
  const seen = new Set<number>()
  for (const row of rows) {
    seen.add(row.element)
    yield { element: row.element, attempt, row, fate: row.fate, verdict: verdictOf(row.fate, row.reason, row.problemKey), deadLetterId: row.fate === 'rejected' ? letterIdOf(row) : null }
  }
  const size = rows[0]?.elements ?? Math.max(1, attempt.told ?? 1)
  const owed = attempt.replayElements.length > 0 && rows.length === 0 ? attempt.replayElements : Array.from({ length: size }, (_, element) => element)
  for (const element of owed) if (!seen.has(element)) yield { element, attempt, row: null, fate: 'in_flight', verdict: IN_FLIGHT, deadLetterId: null }
}
