/**
 * The point of AlertBERT (arXiv 2602.06534): how well pairs of alerts are kept together (TPR) and apart (TNR), over all pairs of an alert of an attack
 * step with an alert of the same company and day, itself included. Steps are averaged over the days, stages of an attack over their attack, attacks over all.
 */
import { join } from 'node:path'
import { rowsIn } from './program.ts'

/** One point, and the area that it alone spans. */
export interface AttackPoint {
  readonly tpr: number
  readonly tnr: number
  readonly area: number
  /** The same with the pairs of an attack and a false alarm counted. */
  readonly tnrWithNoise: number
  readonly areaWithNoise: number
}

interface Truth { alertId: string; incidentId: string | null; category?: string }
interface Day { readonly steps: Map<string, Map<string, number>>; readonly sizes: Map<string, number>; readonly labelled: Map<string, number>; total: number; totalLabelled: number }

const STAGE = /_(start|active|end)$/

/** Computes it from the set and the groups that a backtest wrote. */
export async function attackPoint(folder: string, groups: string): Promise<AttackPoint> {
  const groupOf = new Map<string, string>()
  for await (const { alertId, incidentId } of rowsIn<{ alertId: string; incidentId: string | null }>(groups)) groupOf.set(alertId, incidentId ?? `own:${alertId}`)
  const dayOf = new Map<string, string>()
  for await (const { id, company, ts } of rowsIn<{ id: string; company: string; ts: string }>(join(folder, 'alerts.jsonl.gz'))) dayOf.set(id, `${company}|${ts.slice(0, 10)}`)
  const days = new Map<string, Day>()
  for await (const { alertId, category } of rowsIn<Truth>(join(folder, 'truth.jsonl.gz'))) {
    const name = dayOf.get(alertId) ?? ''
    const day = days.get(name) ?? { steps: new Map(), sizes: new Map(), labelled: new Map(), total: 0, totalLabelled: 0 }
    days.set(name, day)
    const group = groupOf.get(alertId) ?? `own:${alertId}`
    add(day.sizes, group)
    day.total += 1
    if (category === undefined) continue
    day.totalLabelled += 1
    add(day.labelled, group)
    const step = day.steps.get(category) ?? new Map<string, number>()
    day.steps.set(category, step)
    add(step, group)
  }
  const without = rates(days, false)
  const withNoise = rates(days, true)
  return { ...without, area: without.tpr * without.tnr, tnrWithNoise: withNoise.tnr, areaWithNoise: withNoise.tpr * withNoise.tnr }
}

function rates(days: ReadonlyMap<string, Day>, isNoiseCounted: boolean): { tpr: number; tnr: number } {
  const steps = new Map<string, { tpr: number; tnr: number }[]>()
  for (const { steps: ofDay, sizes, labelled, total, totalLabelled } of days.values()) {
    for (const [step, counts] of ofDay) {
      const size = [...counts.values()].reduce((sum, count) => sum + count, 0)
      const all = isNoiseCounted ? total : totalLabelled
      let [together, wrong] = [0, 0]
      for (const [group, count] of counts) {
        together += count * count
        wrong += count * (((isNoiseCounted ? sizes : labelled).get(group) ?? 0) - count)
      }
      const others = size * (all - size)
      steps.set(step, [...(steps.get(step) ?? []), { tpr: together / (size * size), tnr: others === 0 ? Number.NaN : 1 - wrong / others }])
    }
  }
  const attacks = Map.groupBy(steps, ([step]) => step.replace(STAGE, ''))
  const macro = (of: (rate: { tpr: number; tnr: number }) => number): number => mean([...attacks.values()].map((stages) => mean(stages.map(([, list]) => mean(list.map(of))))))
  return { tpr: macro(({ tpr }) => tpr), tnr: macro(({ tnr }) => tnr) }
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function mean(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value))
  return known.length === 0 ? 0 : known.reduce((sum, value) => sum + value, 0) / known.length
}
