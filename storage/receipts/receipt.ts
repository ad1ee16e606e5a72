/** The receipt of a delivery, alert by alert: from the ledger, the log where the ledger lags, the projection of problems and incidents, and the marks of replays. */
import type { Scope } from '../../schemas/access.ts'
import type { Codec } from '../../schemas/codec.ts'
import { deliveryIdFor } from '../../schemas/delivery-id.ts'
import type { QuietKind } from '../../schemas/quiet-views.ts'
import type { DeadLetter, Suppression } from '../../schemas/records.ts'
import type { DeliveryElement, DeliveryView, ReceiptIncident, ReceiptLetter, ReceiptProblem } from '../../schemas/receipts.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { visibleIncidents } from '../queries/scope.ts'
import { Params, whole, type Sql } from '../queries/sql.ts'
import { alertsOf, letterIdOf, toldStep, type AlertFacts, type Step } from './alerts.ts'
import { recordedFacts, withUnrecorded, type DeliveryFacts, type FactPorts, type Row } from './facts.ts'
import { placements, type Placement, type QuietNote } from './placements.ts'
import { findUnrecorded } from './unrecorded.ts'
import { countsOf, stateOf } from './words.ts'

/** Where a receipt is read. */
export interface ReceiptPorts extends FactPorts {
  readonly sql: Sql
  readonly letters: Codec<DeadLetter>
}

/** Which delivery: by our id, or by the sender's own within an integration. */
export interface DeliveryName {
  readonly id: string
  readonly integrationId: string | null
}

/** The receipt; null where no company of the caller has such a delivery. */
export async function receiptOf(ports: ReceiptPorts, scope: Scope, name: DeliveryName): Promise<DeliveryView | null> {
  for (const id of idsOf(name)) {
    const facts = await factsOf(ports, scope, id, name.integrationId)
    const [first] = facts.attempts
    if (first !== undefined && (name.integrationId === null || first.integrationId === name.integrationId)) return tell(ports, scope, id, facts)
  }
  return null
}

/** With an integration the sender's own id is meant first; our id is right there too. */
function idsOf({ id, integrationId }: DeliveryName): readonly string[] {
  return integrationId === null ? [id] : [deliveryIdFor(integrationId, id), id]
}

async function factsOf(ports: ReceiptPorts, scope: Scope, id: string, integrationId: string | null): Promise<DeliveryFacts> {
  const companyIds = scope.companyIds === 'all' ? null : scope.companyIds
  const recorded = await recordedFacts(ports.facts, companyIds, id)
  const isSettled = recorded.attempts.length > 0 && recorded.attempts.every((attempt) => attempt.told !== null)
    && alertsOf(recorded).every(({ steps }) => steps.at(-1)?.fate !== 'in_flight') && !(await isReplayOwed(ports.sql, recorded))
  return isSettled ? recorded : withUnrecorded(ports, recorded, companyIds, id, integrationId)
}

/** Whether a part was sent through anew and is not recorded yet. */
async function isReplayOwed(sql: Sql, { attempts }: DeliveryFacts): Promise<boolean> {
  const marks = await marksOf(sql, attempts)
  return marks.some(({ position }) => !attempts.some((attempt) => attempt.replayOf === position))
}

interface Mark { readonly position: number; readonly at: string; readonly by: string }

function marksOf(sql: Sql, attempts: DeliveryFacts['attempts']): Promise<readonly Mark[]> {
  return sql.query<Mark>(
    `select ${whole('position')} as position, to_char(asked_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, actor_name as by
     from dead_letter_replays where topic = $1 and (partition, position) in (select * from unnest($2::int[], $3::bigint[]))`,
    [TOPICS.raw.name, attempts.map(({ partition }) => partition), attempts.map(({ version }) => version)],
  )
}

async function tell(ports: ReceiptPorts, scope: Scope, deliveryId: string, facts: DeliveryFacts): Promise<DeliveryView | null> {
  const [first] = facts.attempts
  if (first === undefined) return null
  const { companyId, integrationId, source } = first
  const alerts = alertsOf(facts)
  const reached = alerts.flatMap(({ steps }) => steps).flatMap(({ row }) => (row?.problemKey == null ? [] : [row]))
  const [problems, letters] = await Promise.all([problemsOf(ports, companyId, reached), lettersOf(ports, deliveryId, facts, alerts)])
  const incidents = await visibleIncidentsOf(ports.sql, scope, companyId, [...problems.values()].flatMap(({ incidentId }) => (incidentId === null ? [] : [incidentId])))
  const elements = alerts.map((alert): DeliveryElement => {
    const last = alert.steps[alert.steps.length - 1] as Step
    const place = last.row === null ? undefined : problems.get(placeKey(last.row))
    const incident = place?.incidentId == null ? null : incidents.get(place.incidentId) ?? null
    const quiet = place?.quiet ?? null
    return {
      element: alert.element, state: stateOf(last.verdict.state, quiet), fate: last.fate, reason: last.row?.reason ?? null, explanation: explained(last, place?.problem ?? null, incident, quiet),
      suppressedBy: last.verdict.suppressedBy ?? quiet?.kind ?? null, quiet,
      problemKey: last.row?.problemKey ?? null, incidentId: incident?.id ?? null, at: new Date(last.row?.atMs ?? last.attempt.atMs).toISOString(), alert: last.row?.alert ?? null,
      problem: place?.problem ?? null, incident, deadLetter: last.deadLetterId === null ? null : letters.get(last.deadLetterId) ?? null, replayedBy: last.attempt.replayOf === 0 ? null : last.attempt.replayActor, history: alert.steps.slice(0, -1).map(toldStep),
    }
  })
  const counts = countsOf(elements.map(({ state }) => state))
  return {
    deliveryId, companyId, integrationId, source, receivedAt: new Date(first.receivedAtMs).toISOString(), state: counts.in_flight > 0 ? 'in_flight' : 'settled',
    accepted: first.told ?? elements.length, counts, elements,
    replays: facts.attempts.filter(({ replayOf }) => replayOf > 0).map(({ atMs, replayActor }) => ({ at: new Date(atMs).toISOString(), by: replayActor })),
  }
}

function explained({ verdict, attempt }: Step, problem: ReceiptProblem | null, incident: ReceiptIncident | null, quiet: QuietNote | null): string {
  const what = attempt.replayOf > 0 && verdict.state === 'in_flight' ? 'sent through anew, and not yet processed' : verdict.explanation
  const where = incident === null ? '' : ` of incident #${incident.number}`
  const why = quiet === null ? '' : `, which is kept quiet (${quiet.reason})`
  return problem === null ? `${what}${why}` : `${what}: ${problem.title}${where}${why}`
}

const placeKey = ({ problemKey, atMs }: Pick<Row, 'problemKey' | 'atMs'>): string => `${atMs} ${problemKey ?? ''}`

interface ProblemRow extends ReceiptProblem { readonly incidentId: string | null; readonly firstAtMs: number; readonly suppression: Suppression | null }

/** Where an alert's episode is. */
interface Placed extends Placement { readonly problem: ReceiptProblem | null }

/** The problem of each row as it is now, and the incident of the episode that the alert belongs to. */
async function problemsOf({ sql, facts }: ReceiptPorts, companyId: string, rows: readonly Row[]): Promise<ReadonlyMap<string, Placed>> {
  const keys = [...new Set(rows.flatMap(({ problemKey }) => (problemKey === null ? [] : [problemKey])))]
  const placed = new Map<string, Placed>()
  if (keys.length === 0) return placed
  const found = await sql.query<ProblemRow>(
    `select problem_key as key, title, status, severity, episode, ${whole('alert_count')} as "alertCount", incident_id as "incidentId", round(extract(epoch from first_at) * 1000)::float8 as "firstAtMs", suppression
     from problems where company_id = $1 and problem_key = any($2::text[])`, [companyId, keys],
  )
  const current = new Map(found.map((row) => [row.key, row]))
  // The projection holds the present episode alone; the facts know the ones before.
  const earlier = rows.filter((row) => row.atMs < (current.get(row.problemKey ?? '')?.firstAtMs ?? Number.POSITIVE_INFINITY))
  const byFacts = await placements(facts, companyId, earlier)
  for (const row of rows) {
    const now = current.get(row.problemKey ?? '')
    const problem = now === undefined ? null : { key: now.key, title: now.title, status: now.status, severity: now.severity, episode: now.episode, alertCount: now.alertCount }
    const isPresent = now !== undefined && row.atMs >= now.firstAtMs
    placed.set(placeKey(row), { problem, ...(isPresent ? { incidentId: now.incidentId, quiet: noteOf(now.suppression) } : byFacts.get(placeKey(row)) ?? { incidentId: null, quiet: null }) })
  }
  return placed
}

function noteOf(suppression: Suppression | null): QuietNote | null {
  if (suppression === null) return null
  const { kind, ruleId, reason, untilMs } = suppression
  return { kind: kind as QuietKind, ruleId, reason, until: untilMs === null ? null : new Date(untilMs).toISOString() }
}

/** Incidents the caller may see, by the id that was asked for; merges are followed. */
export async function visibleIncidentsOf(sql: Sql, scope: Scope, companyId: string, ids: readonly string[]): Promise<ReadonlyMap<string, ReceiptIncident>> {
  if (ids.length === 0) return new Map()
  const params = new Params()
  const [asked, company] = [params.add([...new Set(ids)]), params.add(companyId)]
  const rows = await sql.query<Omit<ReceiptIncident, 'link'> & { asked: string }>(
    `select a.id as asked, i.id, ${whole('i.number')} as number, i.title, i.status, i.severity
     from incidents a join incidents i on i.id = coalesce(a.merged_into, a.id) and i.company_id = a.company_id
     where a.id = any(${asked}::text[]) and a.company_id = ${company} and ${visibleIncidents(scope, params, 'i')}`, params.values,
  )
  return new Map(rows.map(({ asked: from, ...incident }) => [from, { ...incident, link: `/api/incidents/${incident.id}` }]))
}

/** The dead letters that alerts are now, with their replays. */
async function lettersOf(ports: ReceiptPorts, deliveryId: string, known: DeliveryFacts, alerts: readonly AlertFacts[]): Promise<ReadonlyMap<string, ReceiptLetter>> {
  const rejected = alerts.flatMap(({ steps }) => steps).flatMap(({ row }) => (row?.fate === 'rejected' ? [row] : []))
  if (rejected.length === 0) return new Map()
  const versions = new Set(rejected.map(({ version }) => version))
  const [told, marks] = await Promise.all([
    ports.facts.query<{ id: string; message: string }>(
      `select dead_letter_id as id, message from dead_letters_v1 final where company_id in {companyIds:Array(String)} and topic = {topic:String} and toString(partition) in {partitions:Array(String)} and position >= {from:UInt64} and position <= {to:UInt64} and at >= fromUnixTimestamp64Milli({atMs:Int64}, 'UTC') limit 10000`,
      { companyIds: ['', ...new Set(known.attempts.map(({ companyId }) => companyId))], topic: TOPICS.raw.name, partitions: [...new Set(rejected.map(({ partition }) => String(partition)))], from: Math.min(...versions), to: Math.max(...versions), atMs: Math.min(...rejected.map(({ atMs }) => atMs)) },
    ),
    marksOf(ports.sql, known.attempts),
  ])
  const messages = new Map(told.map(({ id, message }) => [id, message]))
  if (rejected.some((row) => !messages.has(letterIdOf(row)))) {
    const late = await findUnrecorded(ports.log, ports.facts, ports.letters, { topic: TOPICS.deadLetter.name, word: deliveryId, partition: null, fits: ({ delivery }) => delivery?.deliveryId === deliveryId })
    for (const { record } of late) messages.set(record.deadLetterId, record.message)
  }
  return new Map(rejected.map((row) => {
    const id = letterIdOf(row)
    const mark = marks.find(({ position }) => position === row.version)
    return [id, { id, code: row.reason ?? 'internal', message: messages.get(id) ?? '', replayedAt: mark?.at ?? null, replayedBy: mark?.by ?? null, link: `/api/dead-letters/${encodeURIComponent(id)}` }]
  }))
}
