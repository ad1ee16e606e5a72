/** The best simple rule for the root cause, given the true groups: who has the most alerts, who is first, or who has the most kinds of alert. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rowsIn } from './program.ts'

interface Told { readonly asset: string | null; readonly signature: string | null; readonly ts: string }

const RULES: Readonly<Record<string, (alerts: readonly Told[]) => string | null>> = {
  'most alerts': (alerts) => most(alerts, (all) => all.length),
  'first alert': (alerts) => alerts.find(({ asset }) => asset !== null)?.asset ?? null,
  'most kinds of alert': (alerts) => most(alerts, (all) => new Set(all.map(({ signature }) => signature)).size),
}

/** The best of them over a set; null where the set names no root causes. */
export async function simpleRootCause(folder: string): Promise<{ name: string; top1: number } | null> {
  const told = new Map<string, Told>()
  for await (const { id, asset, signature, ts } of rowsIn<Told & { id: string }>(join(folder, 'alerts.jsonl.gz'))) told.set(id, { asset, signature, ts })
  const incidents = new Map<string, { wanted: string; alerts: Told[] }>()
  for await (const { alertId, incidentId, rootCauseAsset } of rowsIn<{ alertId: string; incidentId: string | null; rootCauseAsset?: string }>(join(folder, 'truth.jsonl.gz'))) {
    const alert = told.get(alertId)
    if (incidentId === null || rootCauseAsset === undefined || alert === undefined) continue
    const incident = incidents.get(incidentId) ?? { wanted: rootCauseAsset, alerts: [] }
    incidents.set(incidentId, incident)
    incident.alerts.push(alert)
  }
  if (incidents.size === 0) return null
  const { edges } = JSON.parse(readFileSync(join(folder, 'topology.json'), 'utf8')) as { edges: readonly { from: string; to: string; kind: string }[] }
  const instances = new Set(edges.filter(({ kind }) => kind === 'instance_of').map(({ from, to }) => `${from}|${to}`))
  const scored = Object.entries(RULES).map(([name, rule]) => {
    const right = [...incidents.values()].filter(({ wanted, alerts }) => {
      const named = rule(alerts)
      return named === wanted || instances.has(`${named}|${wanted}`)
    })
    return { name, top1: right.length / incidents.size }
  })
  return scored.reduce((best, one) => (one.top1 > best.top1 ? one : best))
}

function most(alerts: readonly Told[], worth: (all: readonly Told[]) => number): string | null {
  let best: { asset: string; worth: number } | null = null
  for (const [asset, all] of Map.groupBy(alerts.filter(({ asset }) => asset !== null), (alert) => alert.asset ?? '')) {
    const value = worth(all)
    if (best === null || value > best.worth) best = { asset, worth: value }
  }
  return best?.asset ?? null
}
