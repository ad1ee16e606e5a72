/**
 * The whole decision of one alert, put together from the receipt of its delivery, the ledger, the projection and the revisions of rules and settings. Every
 * part is read within the caller's companies; what a caller may not see of incidents is left out.
 */
import type { Scope } from '../../schemas/access.ts'
import type { Subject } from '../../schemas/conditions.ts'
import type { ExplainedAlert, ExplainedCandidate, ExplainedDecision, ExplainedRules, ExplainedSettings, ExplainView } from '../../schemas/explain-view.ts'
import type { DeliveryElement, DeliveryView, ReceiptIncident } from '../../schemas/receipts.ts'
import type { Evidence, Suppression } from '../../schemas/records.ts'
import { tryRules, type OpenUntil } from '../../schemas/rule-trial.ts'
import type { FactSource } from '../queries/analytics-scope.ts'
import { effectiveAt } from '../queries/rules.ts'
import { visibleCompanies } from '../queries/scope.ts'
import { iso, Params, whole, type Sql } from '../queries/sql.ts'
import { visibleIncidentsOf } from '../receipts/receipt.ts'
import { decisionSentence } from './sentence.ts'

/** What an explanation is read from. */
export interface ExplainPorts {
  readonly receipts: { get(scope: Scope, name: { readonly id: string; readonly integrationId: string | null }): Promise<DeliveryView | null> }
  readonly facts: FactSource
  readonly sql: Sql
  /** Whether a source has an adapter of its own. */
  readonly hasAdapter: (source: string) => boolean
  /** How the engine reckons maintenance windows. */
  readonly openUntil: OpenUntil
}

interface ProblemRow {
  readonly companyId: string
  readonly key: string
  /** Null while it is kept quiet. */
  readonly incidentId: string | null
  readonly title: string
  readonly message: string
  readonly status: string
  readonly severity: string
  readonly source: string
  readonly integrationId: string
  readonly asset: string | null
  readonly signature: string | null
  readonly labels: Readonly<Record<string, string>>
  readonly episode: number
  readonly alertCount: number
  readonly firstAt: string
  readonly startsAt: string | null
  readonly evidence: Evidence
  readonly suppression: Suppression | null
}

/** Explanations over the stores. An alert is named by its id, `<delivery id>:<element>`; a delivery id alone means its first alert, and a problem may be named by its key. */
export function openExplanations(ports: ExplainPorts) {
  return {
    /** Null where the caller's companies have no such alert. */
    async explain(scope: Scope, id: string): Promise<ExplainView | null> {
      if (id.startsWith('v1:')) {
        const problem = await problemByKey(ports.sql, scope, id)
        return problem === null ? null : assemble(ports, scope, id, problem.companyId, null, problem)
      }
      for (const [deliveryId, element] of namesOf(id)) {
        const receipt = await ports.receipts.get(scope, { id: deliveryId, integrationId: null })
        const found = receipt?.elements.find((one) => one.element === element)
        if (receipt == null || found === undefined) continue
        const problem = found.problemKey === null ? null : await problemOf(ports.sql, receipt.companyId, found.problemKey)
        return assemble(ports, scope, id, receipt.companyId, { receipt, found }, problem)
      }
      return null
    },
  }
}

/** A delivery's own id may end like an element. */
function namesOf(id: string): (readonly [string, number])[] {
  const parts = /^(.+):(\d{1,6})$/s.exec(id)
  return [...(parts === null ? [] : [[parts[1] ?? '', Number(parts[2])] as const]), [id, 0]]
}

async function assemble(ports: ExplainPorts, scope: Scope, id: string, companyId: string, told: { readonly receipt: DeliveryView; readonly found: DeliveryElement } | null, problem: ProblemRow | null): Promise<ExplainView> {
  const { sql } = ports
  const isPresent = problem !== null && (told === null || told.found.at >= problem.firstAt)
  const evidence = problem !== null && isPresent ? problem.evidence : null
  const wanted = [...(evidence?.considered.map(({ incidentId }) => incidentId) ?? []), ...(problem?.incidentId == null ? [] : [problem.incidentId])]
  const [incidents, alert, integration] = await Promise.all([
    visibleIncidentsOf(sql, scope, companyId, wanted), alertOf(ports, companyId, told, problem), integrationOf(sql, companyId, told?.receipt.integrationId ?? problem?.integrationId ?? ''),
  ])
  const own = told !== null ? told.found.incident : problem?.incidentId == null ? null : incidents.get(problem.incidentId) ?? null
  // Who may not see the incident is not told what lies in it either.
  const isHidden = problem?.incidentId != null && own === null
  const subject = alert === null || problem === null ? null : subjectOf(alert, problem)
  return {
    id, companyId,
    delivery: told === null ? null : { id: told.receipt.deliveryId, element: told.found.element, receivedAt: told.receipt.receivedAt, source: told.receipt.source, integrationId: told.receipt.integrationId, integration: integration?.name ?? null },
    normalised: alert === null ? null : { ...reader(ports, told?.receipt.source ?? problem?.source ?? '', told !== null, integration?.isMapped === true), alert },
    fate: told === null ? null : fateOf(told.found),
    problem: problem === null ? null : { key: problem.key, title: problem.title, status: problem.status, severity: problem.severity, episode: problem.episode, alertCount: problem.alertCount, firstAt: problem.firstAt, isPresentEpisode: isPresent },
    suppression: isPresent ? problem.suppression : null,
    incident: own,
    decision: evidence === null || isHidden || problem?.incidentId == null ? null : await decisionOf(sql, companyId, evidence, incidents),
    rules: subject === null || isHidden ? null : await rulesOf(ports, scope, companyId, evidence?.rulesRevision ?? null, subject, Date.parse(problem?.firstAt ?? '')),
    settings: problem === null ? null : await settingsOf(sql, companyId, told?.found.at ?? problem.firstAt),
  }
}

function fateOf({ state, fate, reason, explanation, history, deadLetter, at }: DeliveryElement): ExplainView['fate'] {
  return { state, fate, reason, explanation, history, deadLetter, at }
}

function reader(ports: ExplainPorts, source: string, isDelivered: boolean, isMapped: boolean): { by: 'mapping' | 'adapter' | 'recogniser' | 'program'; how: string } {
  if (!isDelivered) return { by: 'program', how: 'as the problem stands now' }
  if (isMapped) return { by: 'mapping', how: 'the mapping of its integration, as it is set now' }
  return ports.hasAdapter(source) ? { by: 'adapter', how: `the adapter of ${source}` } : { by: 'recogniser', how: `no adapter is called ${source}: the recogniser of unknown tools` }
}

/** The alert as the ledger has it, as the receipt where that lags, as the problem where that is all there is. */
async function alertOf({ facts }: ExplainPorts, companyId: string, told: { readonly receipt: DeliveryView; readonly found: DeliveryElement } | null, problem: ProblemRow | null): Promise<ExplainedAlert | null> {
  if (told === null) return problem === null ? null : { ...problem, externalId: null }
  const [row] = await facts.query<{ externalId: string; asset: string; signature: string; severity: string; status: string; title: string; message: string; startsAtMs: number | null; labels: Record<string, string> }>(
    `select external_id as externalId, asset, signature, severity, status, title, message, starts_at_ms as startsAtMs, labels from ledger_v1 final
     where company_id = {companyId:String} and delivery_id = {deliveryId:String} and element = {element:UInt32} and alert_id <> '' order by version desc limit 1`,
    { companyId, deliveryId: told.receipt.deliveryId, element: told.found.element },
  )
  const word = (text: string | undefined): string | null => (text === undefined || text === '' ? null : text)
  if (row !== undefined) {
    const { externalId, asset, signature, severity, status, title, message, startsAtMs, labels } = row
    return { externalId: word(externalId), asset: word(asset), signature: word(signature), severity, status, title, message, startsAt: startsAtMs === null ? null : new Date(startsAtMs).toISOString(), labels }
  }
  const alert = told.found.alert as Partial<ExplainedAlert> | null
  if (alert === null) return null
  return { externalId: null, asset: alert.asset ?? null, signature: alert.signature ?? null, severity: alert.severity ?? null, status: alert.status ?? null, title: alert.title ?? null, message: problem?.message ?? null, startsAt: null, labels: problem?.labels ?? {} }
}

/** What rules saw of it: the problem where the alert belongs to it, under the name that stands for its asset. */
function subjectOf(alert: ExplainedAlert, problem: ProblemRow): Subject {
  return {
    asset: problem.asset ?? alert.asset, signature: problem.signature ?? alert.signature, source: problem.source, integrationId: problem.integrationId, severity: problem.severity, status: 'firing',
    title: problem.title, message: problem.message, labels: problem.labels,
  }
}

const PROBLEM = `p.company_id as "companyId", p.problem_key as key, nullif(p.incident_id, '') as "incidentId", p.title, p.message, p.status, p.severity, p.source, p.integration_id as "integrationId", p.asset, p.signature, p.labels,
  p.episode, ${whole('p.alert_count')} as "alertCount", ${iso('p.first_at')} as "firstAt", ${iso('p.starts_at')} as "startsAt", p.evidence, p.suppression`

async function problemOf(sql: Sql, companyId: string, key: string): Promise<ProblemRow | null> {
  const [row] = await sql.query<ProblemRow>(`select ${PROBLEM} from problems p where p.company_id = $1 and p.problem_key = $2`, [companyId, key])
  return row ?? null
}

/** A problem key names its integration, so it belongs to one company. */
async function problemByKey(sql: Sql, scope: Scope, key: string): Promise<ProblemRow | null> {
  const params = new Params()
  const [row] = await sql.query<ProblemRow>(
    `select ${PROBLEM} from problems p where p.problem_key = ${params.add(key)} and ${visibleCompanies(scope, params, 'p.company_id')} order by p.company_id limit 1`, params.values,
  )
  return row ?? null
}

async function integrationOf(sql: Sql, companyId: string, id: string): Promise<{ name: string; isMapped: boolean } | null> {
  const [row] = await sql.query<{ name: string; isMapped: boolean }>('select name, mapping is not null as "isMapped" from integrations where id = $1 and company_id = $2', [id, companyId])
  return row ?? null
}

async function decisionOf(sql: Sql, companyId: string, evidence: Evidence, incidents: ReadonlyMap<string, ReceiptIncident>): Promise<ExplainedDecision> {
  const { rule, ruleId, score, threshold, features, withProblemKey } = evidence
  const keys = [...evidence.considered.map(({ problemKey }) => problemKey), ...(withProblemKey === null ? [] : [withProblemKey])]
  const rows = keys.length === 0 ? [] : await sql.query<{ key: string; title: string; asset: string | null }>('select problem_key as key, title, asset from problems where company_id = $1 and problem_key = any($2::text[])', [companyId, keys])
  const named = new Map(rows.map((row) => [row.key, row]))
  const other = withProblemKey === null ? undefined : named.get(withProblemKey)
  const considered = evidence.considered.map(({ incidentId, problemKey, score: scored, reason }): ExplainedCandidate => {
    const incident = incidents.get(incidentId) ?? null
    const known = incident === null ? undefined : named.get(problemKey)
    return { problemKey, title: known?.title ?? null, asset: known?.asset ?? null, incident, score: scored, reason }
  })
  return {
    sentence: decisionSentence(evidence, other?.title ?? null), rule, ruleId, score, threshold, features,
    with: withProblemKey === null ? null : { problemKey: withProblemKey, title: other?.title ?? null, asset: other?.asset ?? null }, considered,
  }
}

async function rulesOf({ sql, openUntil }: ExplainPorts, scope: Scope, companyId: string, revision: number | null, subject: Subject, atMs: number): Promise<ExplainedRules | null> {
  const book = await effectiveAt(sql, companyId, revision)
  if (book === null) return null
  const [saved] = await sql.query<{ at: string }>(`select ${iso('created_at')} as at from company_rules where company_id = $1 and revision = $2`, [companyId, book.revision])
  const { matched, nearest, asked } = tryRules(book.document, subject, atMs, openUntil)
  const mayRead = scope.role === 'msp_admin' || scope.role === 'company_admin'
  return { revision: book.revision, mspRevision: book.mspRevision, companyRevision: book.companyRevision, savedAt: saved?.at ?? null, asked, matched, nearest: mayRead ? nearest : null }
}

/** The settings in force when it came. */
async function settingsOf(sql: Sql, companyId: string, at: string): Promise<ExplainedSettings | null> {
  const [row] = await sql.query<{ revision: number; since: string; presentRevision: number; settings: Omit<ExplainedSettings, 'revision' | 'since' | 'presentRevision'> }>(
    `select ${whole('s.revision')} as revision, ${iso('s.created_at')} as since, ${whole('c.settings_revision')} as "presentRevision", s.settings
     from company_settings_revisions s join companies c on c.id = s.company_id where s.company_id = $1 and s.created_at <= $2::timestamptz order by s.revision desc limit 1`, [companyId, at],
  )
  return row === undefined ? null : { revision: row.revision, since: row.since, presentRevision: row.presentRevision, ...row.settings }
}
