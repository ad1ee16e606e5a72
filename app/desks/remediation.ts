/** Remediation as the API asks for it: library, planner, guard and stores joined. Nothing here calls a cloud; the look-up of machines and the check of an account are behind ports. */
import type { Remediation, Runs } from '../../api/remediation-ports.ts'
import { signedLinks } from '../../api/signed-links.ts'
import { cloudAccounts } from '../../remediator/cloud/accounts.ts'
import type { RemediationParts } from '../parts/remediation.ts'
import { replayIncidents } from './remediation-replay.ts'
import { runPreview, shownVerdict, type Previewed } from './run-preview.ts'
import { runbookDesk } from './runbooks.ts'
import type { Caller } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import { effectiveRisk } from '../../schemas/remediation-settings.ts'
import type { RunDetail, RunRequest, SuggestedRunbook } from '../../schemas/remediation-views.ts'
import type { Runbook } from '../../schemas/runbooks.ts'
import type { Mode } from '../../schemas/settings.ts'
import { requireManaged } from '../../storage/queries/companies.ts'
import { getIncident, requireVisibleCompany } from '../../storage/queries/incidents.ts'
import type { SqlDatabase } from '../../storage/queries/sql.ts'
import { approvalStore } from '../../storage/remediation/approval-store.ts'
import { remediationStats } from '../../storage/remediation/run-rates.ts'
import { remediationLayers, remediationSettingsStore } from '../../storage/remediation/settings-store.ts'

/** What the desk is joined from. */
export interface DeskParts extends Pick<RemediationParts, 'shelf' | 'runs' | 'accounts' | 'executors' | 'loaded' | 'planner'> {
  readonly database: SqlDatabase
  readonly clock: Clock
  /** AW_MODE. */
  readonly ceiling: Mode
  /** AW_TOKEN_FOUR_EYES is `never`; it counts unless told. */
  readonly isTokenBarred?: boolean
  /** Signs links. */
  readonly secret: Uint8Array
  /** Who this program is for Amazon; null where it cannot be found out. */
  readonly awsPrincipal: () => Promise<string | null>
  /** Told when a run wants to be looked at. */
  readonly changed: () => void
}

/** How far back a replay goes unless it is told. */
const REPLAY_MS = 7 * 86_400_000
/** Runbooks suggested for an incident at most. */
const SUGGESTED_MAX = 5

/** The desk. */
export function openRemediationDesk(parts: DeskParts): Remediation {
  const { database, clock, ceiling, isTokenBarred = false, shelf, planner, runs, accounts, executors, loaded, awsPrincipal, secret, changed } = parts
  const preview = runPreview(parts)
  const riskOf = async (companyId: string) => {
    const risks = new Map((await shelf.list(companyId)).map(({ id, risk }) => [id, risk]))
    return (runbookId: string) => risks.get(runbookId) ?? null
  }

  /** The runbook and the incident are what the caller may use and see. */
  async function usable(caller: Caller, { companyId, runbookId, incidentId }: Pick<RunRequest, 'companyId' | 'runbookId' | 'incidentId'>): Promise<Runbook> {
    await requireVisible(caller, companyId, incidentId)
    const book = await shelf.get(companyId, runbookId)
    if (book === null || book.origin === 'draft') throw new AppError('not_found', 'this company has no such runbook; GET /api/runbooks?company= lists those it has')
    return book
  }

  async function requireVisible(caller: Caller, companyId: string, incidentId: string | null): Promise<void> {
    await requireVisibleCompany(database, caller.scope, companyId)
    if (incidentId !== null && (await getIncident(database, caller.scope, incidentId)).companyId !== companyId) throw new AppError('not_found', 'there is no such incident')
  }

  type Key = { readonly key: string; readonly request: unknown } | null

  /** Answers a repeated request with the run it made, whatever has changed since; else makes one. */
  async function once(caller: Caller, companyId: string, key: Key, make: () => Promise<{ readonly id: string }>): Promise<RunDetail> {
    const known = key === null ? null : await runs.known(caller, companyId, key)
    const id = known ?? (await make()).id
    return runs.get(caller.scope, id)
  }

  /** Writes the run down. Where no plan can be made, the sentence why is the answer; where only the choice of a machine is left, the guard asks for it. */
  async function start(caller: Caller, runbook: Runbook, request: Omit<RunRequest, 'runbookId'>, key: Key): Promise<{ readonly id: string }> {
    const { runId, mode, risk, problemKey, plan, verdict } = await preview({ ...request, runbook, caller })
    if (plan === null) throw new AppError('bad_request', verdict.why, { details: { reason: 'code' in verdict ? verdict.code : null } })
    return runs.create(caller, { id: runId, companyId: request.companyId, incidentId: request.incidentId, problemKey, runbook, risk, mode, trigger: 'person', plan }, key)
  }

  const desk: Runs = {
    async plan(caller, request) {
      const runbook = await usable(caller, request)
      return planView(request, runbook, await preview({ ...request, runbook, caller }))
    },
    async execute(caller, request, key) {
      const runbook = await usable(caller, request)
      const named = key === null ? null : { key, request }
      return once(caller, request.companyId, named, () => start(caller, runbook, request, named))
    },
    async script(caller, request, key) {
      await requireVisible(caller, request.companyId, request.incidentId)
      const named = key === null ? null : { key, request }
      return once(caller, request.companyId, named, async () => start(caller, await shelf.draft(caller, request), { ...request, inputs: {} }, named))
    },
    list: (scope, query) => runs.list(scope, query),
    get: (scope, id) => runs.get(scope, id),
    output: (scope, id, cursor) => runs.output(scope, id, cursor),
    cancel: (caller, id) => runs.cancel(caller, id),
    async replay({ scope }, { companyId, fromMs, toMs, limit }) {
      await requireManaged(database, scope, companyId)
      const untilMs = toMs ?? clock.now()
      return replayIncidents({ companyId, fromMs: fromMs ?? untilMs - REPLAY_MS, toMs: untilMs, limit }, { sql: database, library: shelf, executors: await loaded() })
    },
    async suggest(scope, { id, companyId }) {
      await requireVisibleCompany(database, scope, companyId)
      const answer = await (await planner()).match(companyId, id)
      if (answer === null) return []
      const { msp, company } = await remediationLayers(database, companyId)
      const told = await toldSuggestions(database, id)
      // Of an incident that is over nothing fits any more; what was told of it stays.
      if (answer.fits.length + answer.suggested.length === 0) return told
      return [...answer.fits.map(({ runbook, why }) => ({ runbook, fits: true, why })), ...answer.suggested.map((runbook) => ({ runbook, fits: false, why: ['The analyst named it; its criteria do not hold.'] }))]
        .slice(0, SUGGESTED_MAX).map(({ runbook, fits, why }) => ({ id: runbook.id, summary: runbook.summary, effectiveRisk: effectiveRisk(runbook, msp, company), fits, why, refusal: told.find((one) => one.id === runbook.id)?.refusal ?? null }))
    },
  }

  return {
    runbooks: runbookDesk({ database, shelf }), runs: desk,
    clouds: cloudAccounts({ store: accounts, executors, callsClouds: ceiling !== 'demo', awsPrincipal }),
    approvals: signedLinks(approvalStore(database, { clock, decided: changed, isTokenBarred }), secret),
    settings: remediationSettingsStore(database, { clock, riskOf }),
    stats: (span) => remediationStats(database, span),
  }
}

function planView({ companyId, incidentId }: RunRequest, runbook: Runbook, { mode, risk, plan, verdict }: Previewed) {
  return { companyId, incidentId, runbookId: runbook.id, runbookVersion: runbook.version, summary: runbook.summary, mode, risk, plan, verdict: shownVerdict(verdict) }
}

/** What the role `remediate` told of the incident. */
async function toldSuggestions(sql: SqlDatabase, incidentId: string): Promise<readonly SuggestedRunbook[]> {
  const [row] = await sql.query<{ suggested: readonly SuggestedRunbook[] }>('select suggested_runbooks as suggested from incidents where id = $1', [incidentId])
  return row?.suggested ?? []
}
