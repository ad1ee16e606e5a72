/** The tickets of `uci-incidents` through the product's own figures of service levels, on a fact store of their own. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAnalytics } from '../../storage/clickhouse/analytics.ts'
import { sla } from '../../storage/queries/sla.ts'
import { timeText } from '../../storage/recorder/rows.ts'
import type { Figure, OtherResult } from './others.ts'
import { rowsIn } from './program.ts'
import { DATASETS } from './sets.ts'

const SET = 'uci-incidents'
const DAY_MS = 86_400_000
const COLUMNS = ['company_id', 'incident_id', 'version', 'at', 'status', 'priority', 'opened_at', 'updated_at', 'resolved_at', 'closed_at', 'reopen_count', 'sla_state'] as const

interface Ticket { incident: string; openedAt: string; resolvedAt: string | null; closedAt: string | null; madeSla: boolean; finalPriority: string; reopens: number }

/** What a correct computation gives for the part that is shared; each in the digits it is known in. */
const WANTED: Readonly<Record<string, number>> = {
  tickets: 8_995, resolved: 8_221, 'mean hours to resolve': 240.84, 'median hours to resolve': 71.18, 'kept SLA': 0.3986, reopened: 130,
  'kept SLA, priority 1': 0.011, 'kept SLA, priority 2': 0.007, 'kept SLA, priority 3': 0.394, 'kept SLA, priority 4': 0.754,
}

/** Measures them. */
export async function serviceLevels(): Promise<OtherResult> {
  const folder = await mkdtemp(join(tmpdir(), 'aw-quality-'))
  const analytics = await openAnalytics({ dataDir: folder })
  try {
    const tickets: Ticket[] = []
    for await (const ticket of rowsIn<Ticket>(join(DATASETS, SET, 'truth.jsonl.gz'))) tickets.push(ticket)
    // Facts of 2016 would be past their time to live: all times are moved by one span.
    const shiftMs = Math.floor((Date.now() - Math.max(...tickets.map(({ closedAt, openedAt }) => Date.parse(closedAt ?? openedAt)))) / DAY_MS) * DAY_MS
    const time = (text: string | null): string | null => (text === null ? null : timeText(Date.parse(text) + shiftMs))
    const lines = tickets.map((one) => JSON.stringify([
      SET, one.incident, 1, time(one.openedAt), one.resolvedAt === null ? 'open' : 'closed', Number(one.finalPriority[0]), time(one.openedAt), time(one.closedAt ?? one.openedAt),
      time(one.resolvedAt), time(one.closedAt), one.reopens, one.madeSla ? 'kept' : 'breached',
    ]))
    await analytics.insert({ table: 'incidents_v1', columns: COLUMNS, lines: Buffer.from(lines.join('\n')) }, SET)
    const view = await sla(analytics, { companyIds: null, fromMs: 0, toMs: Date.now() + DAY_MS }, [], Date.now())
    const ours: Readonly<Record<string, number | null | undefined>> = {
      tickets: view.incidents, resolved: view.resolved, 'mean hours to resolve': view.meanHoursToResolve, 'median hours to resolve': view.medianHoursToResolve, 'kept SLA': view.keptShare, reopened: view.reopened,
      ...Object.fromEntries(view.byPriority.map(({ priority, keptShare }) => [`kept SLA, priority ${priority}`, keptShare])),
    }
    return { set: SET, figures: Object.entries(WANTED).map(([name, wanted]) => figure(name, ours[name] ?? null, wanted)) }
  } finally {
    await analytics.close()
    await rm(folder, { recursive: true, force: true })
  }
}

function figure(name: string, ours: number | null, wanted: number): Figure {
  const digits = String(wanted).split('.')[1]?.length ?? 0
  const shown = ours === null ? 'none' : Number(ours.toFixed(digits))
  return { name, ours: shown, wanted, isMet: shown === wanted }
}
