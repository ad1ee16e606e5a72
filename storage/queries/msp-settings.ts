/** What an MSP sets for all of its companies, and where each value of a company's settings comes from. */
import type { Caller, Scope } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { CompanySettingsView, MspSettingsView } from '../../schemas/rule-views.ts'
import { cascading, effectiveSettings, fieldsOf, mergedSettings, nextMarks, OWN_SETTINGS, SETTING_NAMES, type MspOverrides, type Overrides, type SettingMark, type SettingMarks } from '../../schemas/settings-cascade.ts'
import { settingsMistakes } from '../../schemas/settings-rules.ts'
import { writeAudit } from './audit.ts'
import { announceChange } from './integration-settings.ts'
import { managedCompanies } from './scope.ts'
import { atMs, iso, Params, whole, type Sql, type SqlDatabase } from './sql.ts'

/** Everybody who changes something says why. */
export function markOf(caller: Caller, nowMs: number, comment: string): SettingMark {
  return { by: { kind: caller.kind, id: caller.id, name: caller.name }, at: new Date(nowMs).toISOString(), comment }
}

/** Every company is due to hear its settings again, under a new revision: one statement, whatever their number; the records follow in batches. */
export async function reviseCompanies(sql: Sql): Promise<void> {
  await sql.query('update companies set settings_revision = settings_revision + 1, announced_at = null')
}

interface Row { settings: MspOverrides; marks: SettingMarks; revision: number; updatedAt: string | null }

/** Settings of the MSP over the database. */
export function mspSettingsStore(db: SqlDatabase, { clock }: { readonly clock: Clock }) {
  const read = async (sql: Sql, lock = ''): Promise<Row> => {
    const [row] = await sql.query<Row>(`select settings, origins as marks, ${whole('revision')} as revision, ${iso('updated_at')} as "updatedAt" from msp_settings ${lock}`)
    if (row === undefined) throw new AppError('internal', 'the settings of the MSP have no row')
    return { ...row, settings: cascading(row.settings), marks: cascading(row.marks) }
  }
  const view = ({ settings, marks, ...row }: Row): MspSettingsView => ({ ...row, overrides: settings, settings: effectiveSettings(settings, {}), origins: marks })

  return {
    /** What is set for all. */
    get: async (): Promise<MspSettingsView> => view(await read(db)),

    /** Sets it anew as a whole and tells every company's log, in batches. Throws `forbidden`, `conflict` where `expectedRevision` is not the present one, `bad_request` with every mistake. */
    async put(caller: Caller, draft: { readonly settings: MspOverrides; readonly comment: string; readonly expectedRevision: number | null }): Promise<MspSettingsView> {
      if (caller.scope.role !== 'msp_admin') throw new AppError('forbidden', 'only an MSP Admin sets what holds for all companies')
      const nowMs = clock.now()
      const mistakes = [
        ...settingsMistakes(mergedSettings(draft.settings, {}), draft.settings, caller.scope.role),
        ...OWN_SETTINGS.filter((name) => name in draft.settings).map((name) => `${name} is set for each company`),
      ]
      if (mistakes.length > 0) throw new AppError('bad_request', mistakes.join('; '), { details: { mistakes } })
      const changed = await db.transaction(async (sql) => {
        const before = await read(sql, 'for update')
        refuseStale(draft.expectedRevision, before.revision)
        const marks = nextMarks(before.settings, draft.settings, before.marks, markOf(caller, nowMs, draft.comment))
        await sql.query(`update msp_settings set settings = $1::jsonb, origins = $2::jsonb, revision = revision + 1, updated_at = ${atMs('$3')}`, [JSON.stringify(draft.settings), JSON.stringify(marks), nowMs])
        await reviseCompanies(sql)
        await writeAudit(sql, caller, { companyId: null, action: 'settings.updated', subject: 'msp', before: before.settings, after: { ...draft.settings, comment: draft.comment } }, nowMs)
        return view(await read(sql))
      }, { durable: true })
      // What this leaves, the announcer finds due.
      await announceChange(db, nowMs)
      return changed
    },

    /** A company's settings and where each comes from. Throws `not_found` for what the caller does not manage. */
    async ofCompany(scope: Scope, companyId: string): Promise<CompanySettingsView> {
      const params = new Params()
      const [row] = await db.query<{ revision: number; settings: Overrides; marks: SettingMarks }>(
        `select ${whole('c.settings_revision')} as revision, c.settings, c.settings_origins as marks from companies c where c.id = ${params.add(companyId)} and ${managedCompanies(scope, params, 'c.id')}`,
        params.values,
      )
      if (row === undefined) throw new AppError('not_found', 'there is no such company')
      const msp = await read(db)
      const [own, general] = [fieldsOf(row.settings), fieldsOf(msp.settings)]
      const origins: Record<string, CompanySettingsView['origins'][string]> = {}
      for (const field of new Set([...SETTING_NAMES, ...general.keys(), ...own.keys()])) {
        origins[field] = own.has(field) ? { from: 'company', set: row.marks[field] ?? null } : general.has(field) ? { from: 'msp', set: msp.marks[field] ?? null } : { from: 'built_in', set: null }
      }
      return { companyId, settingsRevision: row.revision, overrides: row.settings, settings: effectiveSettings(msp.settings, row.settings), origins }
    },
  }
}

/** Throws `conflict` where somebody else saved in the meantime. */
export function refuseStale(expected: number | null, present: number): void {
  if (expected !== null && expected !== present) throw new AppError('conflict', `it is at revision ${present} now, the change was made on ${expected}: read it again and repeat the change`)
}
