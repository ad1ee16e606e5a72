/** What the MSP and companies allow the remediator, in the database: read, set anew, and the stop switch. Every change is in the audit log. */
import { isDeepStrictEqual } from 'node:util'
import type { Caller, Scope } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import { remediationMistakes, wideningMistakes } from '../../schemas/remediation-mistakes.ts'
import { isRunbookEnabled, mspLayer, remediationLimits, type RemediationGrant } from '../../schemas/remediation-settings.ts'
import type { RemediationSettingsView } from '../../schemas/remediation-views.ts'
import { higherRisk, type Risk } from '../../schemas/runbooks.ts'
import type { RemediationSettings, RunbookPolicy } from '../../schemas/runs.ts'
import { writeAudit } from '../queries/audit.ts'
import { requireManaged } from '../queries/companies.ts'
import { requireVisibleCompany } from '../queries/incidents.ts'
import { refuseStale } from '../queries/msp-settings.ts'
import { atMs, iso, whole, type Sql, type SqlDatabase } from '../queries/sql.ts'

/** The key of the MSP's own row. */
const MSP = ''

interface Row {
  settings: RemediationSettings
  granted: RemediationGrant
  revision: number
  updatedAt: string | null
  updatedBy: { kind: string; id: string; name: string } | null
}

const NONE: Row = { settings: {}, granted: {}, revision: 0, updatedAt: null, updatedBy: null }

/** What a scope set, by its key; nothing where it never did. */
async function read(sql: Sql, key: string, lock = ''): Promise<Row> {
  const [row] = await sql.query<Row>(
    `select settings, granted, ${whole('revision')} as revision, ${iso('updated_at')} as "updatedAt", case when revision > 0 then updated_by end as "updatedBy" from remediation_settings where company_id = $1 ${lock}`, [key],
  )
  return row === undefined ? NONE : row.revision === 0 ? { ...row, updatedAt: null } : row
}

/** Locks the row of a company, or of the MSP, until the transaction ends; makes it where there is none. Admissions of runs do the same, so they come one after the other. */
export async function lockRemediation(sql: Sql, companyId: string, nowMs: number): Promise<void> {
  await sql.query(
    `insert into remediation_settings (company_id, revision, updated_by, updated_at) values ($1, 0, '{"kind":"system","id":"remediator","name":"remediator"}', ${atMs('$2')}) on conflict (company_id) do nothing`, [companyId, nowMs],
  )
  await sql.query('select 1 from remediation_settings where company_id = $1 for update', [companyId])
}

/** The two layers the guard judges by. */
export async function remediationLayers(sql: Sql, companyId: string): Promise<{ readonly msp: RemediationSettings; readonly company: RemediationSettings }> {
  const [forAll, own] = [await read(sql, MSP), await read(sql, companyId)]
  return { msp: mspLayer(forAll.settings, own.granted), company: own.settings }
}

/** Settings over the database. `riskOf` tells the risk of a runbook the company may use, so that lowering one is refused when it is set, and not only when it is judged. */
export function remediationSettingsStore(db: SqlDatabase, { clock, riskOf = () => Promise.resolve(() => null) }: { readonly clock: Clock; readonly riskOf?: (companyId: string) => Promise<(runbookId: string) => Risk | null> }) {
  async function view(sql: Sql, companyId: string | null): Promise<RemediationSettingsView> {
    const row = await read(sql, companyId ?? MSP)
    const forAll = companyId === null ? {} : (await read(sql, MSP)).settings
    return { companyId, ...row, effective: companyId === null ? together(row.settings, {}) : together(mspLayer(forAll, row.granted), row.settings) }
  }

  /** Throws `not_found` or `forbidden` where the caller may not change the settings of this scope. */
  async function requireWriter(sql: Sql, caller: Caller, companyId: string | null): Promise<void> {
    if (companyId !== null) await requireManaged(sql, caller.scope, companyId)
    else if (caller.scope.role !== 'msp_admin') throw new AppError('forbidden', 'only an MSP Admin sets what holds for all companies')
  }

  async function write(sql: Sql, caller: Caller, companyId: string | null, action: string, before: Row, after: Pick<Row, 'settings' | 'granted'>, nowMs: number): Promise<void> {
    await sql.query(
      `update remediation_settings set settings = $2::jsonb, granted = $3::jsonb, revision = revision + 1, updated_by = $4::jsonb, updated_at = ${atMs('$5')} where company_id = $1`,
      [companyId ?? MSP, JSON.stringify(after.settings), JSON.stringify(after.granted), JSON.stringify({ kind: caller.kind, id: caller.id, name: caller.name }), nowMs],
    )
    await writeAudit(sql, caller, { companyId, action, subject: companyId ?? 'msp', before: { settings: before.settings, granted: before.granted }, after: { settings: after.settings, granted: after.granted } }, nowMs)
  }

  /** Turns the stop switch of a scope. */
  async function turn(caller: Caller, companyId: string | null, reason: string | null): Promise<RemediationSettingsView> {
    const mistakes = reason === null ? [] : remediationMistakes({ stoppedReason: reason })
    if (mistakes.length > 0) throw new AppError('bad_request', mistakes.join('; '), { details: { mistakes } })
    const nowMs = clock.now()
    return db.transaction(async (sql) => {
      await requireWriter(sql, caller, companyId)
      await lockRemediation(sql, companyId ?? MSP, nowMs)
      const before = await read(sql, companyId ?? MSP)
      const settings = { ...withoutStop(before.settings), ...(reason === null ? {} : { stopped: true, stoppedReason: reason }) }
      await write(sql, caller, companyId, reason === null ? 'remediation.resumed' : 'remediation.stopped', before, { granted: before.granted, settings }, nowMs)
      return view(sql, companyId)
    }, { durable: true })
  }

  return {
    /** What a scope allows. Throws `not_found`, or `forbidden` for the MSP's where the caller is no MSP Admin. */
    async get(scope: Scope, companyId: string | null): Promise<RemediationSettingsView> {
      if (companyId !== null) await requireVisibleCompany(db, scope, companyId)
      else if (scope.role !== 'msp_admin') throw new AppError('forbidden', 'only an MSP Admin reads what holds for all companies')
      return view(db, companyId)
    },

    /** Sets it anew as a whole, but for the stop switch: it stays as it is where nothing is said of it. Throws `not_found`, `forbidden`, `conflict` where somebody saved since `expectedRevision`, `bad_request` with every mistake. */
    async put(caller: Caller, companyId: string | null, draft: { readonly settings: RemediationSettings; readonly granted?: RemediationGrant; readonly expectedRevision: number | null }): Promise<RemediationSettingsView> {
      const nowMs = clock.now()
      // Before the transaction: the library asks the same database.
      const risks = companyId === null ? null : await riskOf(companyId)
      return db.transaction(async (sql) => {
        await requireWriter(sql, caller, companyId)
        // The MSP's row first, so that what it allows does not change under a company's change.
        if (companyId !== null) await lockRemediation(sql, MSP, nowMs)
        await lockRemediation(sql, companyId ?? MSP, nowMs)
        const before = await read(sql, companyId ?? MSP)
        refuseStale(draft.expectedRevision, before.revision)
        const granted = draft.granted ?? before.granted
        if (!isDeepStrictEqual(granted, before.granted) && (companyId === null || caller.scope.role !== 'msp_admin')) {
          throw new AppError(companyId === null ? 'bad_request' : 'forbidden', companyId === null ? 'granted is set for one company' : 'only an MSP Admin grants a company more than holds for all')
        }
        const form = [...remediationMistakes(draft.settings), ...remediationMistakes(granted, 'grant').map((mistake) => `granted: ${mistake}`)]
        const mistakes = form.length > 0 || companyId === null ? form : wideningMistakes(mspLayer((await read(sql, MSP)).settings, granted), draft.settings, risks ?? undefined)
        if (mistakes.length > 0) throw new AppError('bad_request', mistakes.join('; '), { details: { mistakes } })
        const { stopped, stoppedReason } = before.settings
        const kept = draft.settings.stopped === undefined && stopped !== undefined ? { ...withoutStop(draft.settings), stopped, ...(stoppedReason === undefined ? {} : { stoppedReason }) } : draft.settings
        await write(sql, caller, companyId, 'remediation.updated', before, { settings: kept, granted }, nowMs)
        return view(sql, companyId)
      }, { durable: true })
    },

    /** Stops every run of the scope. A company admin stops their own company, an MSP Admin any and all. */
    stop: (caller: Caller, companyId: string | null, reason: string): Promise<RemediationSettingsView> => turn(caller, companyId, reason),
    /** Releases the scope's own stop switch; that of the MSP stays as it is. */
    resume: (caller: Caller, companyId: string | null): Promise<RemediationSettingsView> => turn(caller, companyId, null),
  }
}

function withoutStop(settings: RemediationSettings): RemediationSettings {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => name !== 'stopped' && name !== 'stoppedReason'))
}

/** What the two layers come to, in the form of settings. */
function together(msp: RemediationSettings, company: RemediationSettings): RemediationSettings {
  const { stoppedBy, stoppedReason, ...limits } = remediationLimits(msp, company)
  const ids = [...new Set([...Object.keys(msp.runbooks ?? {}), ...Object.keys(company.runbooks ?? {})])].sort()
  const runbooks = Object.fromEntries(ids.map((id): [string, RunbookPolicy] => {
    const [base, own] = [msp.runbooks?.[id]?.risk, company.runbooks?.[id]?.risk]
    const risk = base !== undefined && own !== undefined ? higherRisk(base, own) : base ?? own
    return [id, { enabled: isRunbookEnabled(id, msp, company), ...(risk === undefined ? {} : { risk }) }]
  }))
  return { ...limits, stopped: stoppedBy !== null, ...(stoppedReason === null ? {} : { stoppedReason }), runbooks }
}
