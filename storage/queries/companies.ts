import { randomUUID } from 'node:crypto'
import type { Caller, Scope } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import { settingsMistakes } from '../../schemas/settings-rules.ts'
import { effectiveSettings, mergedSettings, nextMarks, unknownFields, without, type MspOverrides, type Overrides, type SettingMarks } from '../../schemas/settings-cascade.ts'
import type { CompanySettings } from '../../schemas/settings.ts'
import type { CompanyView, IssuedKey, Page, PageQuery } from '../../schemas/views.ts'
import type { SecretBox } from '../secret-box.ts'
import { writeAudit } from './audit.ts'
import { enqueueSettings, mspOverrides } from './company-settings.ts'
import { announceIntegration } from './integration-settings.ts'
import { markOf } from './msp-settings.ts'
import { takeMspRules } from './rules.ts'
import { issueKey } from './keys.ts'
import { managedCompanies, visibleCompanies } from './scope.ts'
import { atMs, decodeCursor, iso, Params, toPage, whole, type Sql, type SqlDatabase } from './sql.ts'

const COLUMNS = `c.id, c.name, c.settings, (select settings from msp_settings) as msp, ${whole('c.settings_revision')} as "settingsRevision", ${iso('c.created_at')} as "createdAt", ${iso('c.updated_at')} as "updatedAt"`

type Row = Omit<CompanyView, 'settings'> & { settings: Overrides; msp: MspOverrides }

const view = ({ msp, ...row }: Row): CompanyView => ({ ...row, settings: effectiveSettings(msp, row.settings) })

/** A change of a company: what it sets, and what it takes from the MSP again (`windowMs`, `weights`, `weights.text`). */
export interface CompanyChange {
  readonly name?: string
  readonly settings: Partial<CompanySettings>
  readonly inherit?: readonly string[]
  /** Why, for those who compare companies later. */
  readonly comment?: string
}

/** Throws `not_found` when the caller may not see the company, `forbidden` when they may see but not change it. */
export async function requireManaged(sql: Sql, scope: Scope, companyId: string): Promise<void> {
  const params = new Params()
  const rows = await sql.query<{ managed: boolean }>(
    `select ${managedCompanies(scope, params, 'c.id')} as managed from companies c where c.id = ${params.add(companyId)} and ${visibleCompanies(scope, params, 'c.id')}`,
    params.values,
  )
  if (rows[0] === undefined) throw new AppError('not_found', 'there is no such company')
  if (!rows[0].managed) throw new AppError('forbidden', 'your role may not change this company')
}

/** Companies over the database. Secrets are sealed in `box`. */
export function companyStore(db: SqlDatabase, options: { readonly clock: Clock; readonly box: SecretBox }) {
  const { clock, box } = options

  async function find(sql: Sql, scope: Scope, id: string): Promise<CompanyView> {
    const params = new Params()
    const rows = await sql.query<Row>(`select ${COLUMNS} from companies c where c.id = ${params.add(id)} and ${visibleCompanies(scope, params, 'c.id')}`, params.values)
    if (rows[0] === undefined) throw new AppError('not_found', 'there is no such company')
    return view(rows[0])
  }

  return {
    /** A company the caller may see. Throws `not_found`. */
    get: (scope: Scope, id: string): Promise<CompanyView> => find(db, scope, id),

    /** Companies the caller may see, by name. */
    async list(scope: Scope, query: PageQuery): Promise<Page<CompanyView>> {
      const params = new Params()
      const where = [visibleCompanies(scope, params, 'c.id')]
      if (query.cursor !== null) where.push(`c.name > ${params.add(decodeCursor(query.cursor, 'string'))}`)
      const rows = await db.query<Row>(`select ${COLUMNS} from companies c where ${where.join(' and ')} order by c.name limit ${params.add(query.limit + 1)}`, params.values)
      return toPage(rows.map(view), query.limit, (row) => row.name)
    },

    /** Onboards a company: its row, a first integration with key and secret, and its settings on its log, in one durable transaction. MSP Admins only. */
    async create(caller: Caller, name: string, changed: Partial<CompanySettings>): Promise<{ company: CompanyView; key: IssuedKey }> {
      if (caller.scope.role !== 'msp_admin') throw new AppError('forbidden', 'only an MSP Admin may onboard a company')
      const [id, nowMs] = [randomUUID(), clock.now()]
      return db.transaction(async (sql) => {
        // In order with changes for all companies, so that none misses the one being made.
        await sql.query('select 1 from msp_settings for share')
        const msp = await mspOverrides(sql)
        refuse(settingsMistakes(mergedSettings(msp, changed), changed, caller.scope.role))
        const settings = effectiveSettings(msp, changed)
        const marks = nextMarks({}, changed, {}, markOf(caller, nowMs, 'set at onboarding'))
        const made = await sql.query(
          `insert into companies (id, name, settings, settings_origins, created_at, updated_at) values ($1, $2, $3::jsonb, $4::jsonb, ${atMs('$5')}, ${atMs('$5')}) on conflict (name) do nothing returning id`,
          [id, name, JSON.stringify(changed), JSON.stringify(marks), nowMs],
        )
        if (made.length === 0) throw new AppError('conflict', 'a company of this name exists already')
        await takeMspRules(sql, id, nowMs)
        // An unsigned key must not pass for other tools, so it is bound to the generic source.
        const integration = { id: randomUUID(), source: settings.requireHmac ? null : 'generic' }
        await sql.query(
          `insert into integrations (id, company_id, source, name, require_hmac, created_at) values ($1, $2, $3, 'generic', $4, ${atMs('$5')})`,
          [integration.id, id, integration.source, settings.requireHmac, nowMs],
        )
        await announceIntegration(sql, integration.id, nowMs)
        const key = await issueKey(sql, box, integration, nowMs, nowMs)
        await enqueueSettings(sql, id, nowMs)
        await writeAudit(sql, caller, { companyId: id, action: 'company.created', subject: id, before: null, after: { name, ...settings } }, nowMs)
        return { company: await find(sql, caller.scope, id), key }
      }, { durable: true })
    },

    /** Changes name or settings and tells the company's log. Throws `not_found`, `forbidden`, `conflict`, or `bad_request` with every mistake. */
    async update(caller: Caller, id: string, change: CompanyChange): Promise<CompanyView> {
      const { settings: changed, inherit = [], comment = '' } = change
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        await requireManaged(sql, caller.scope, id)
        const rows = await sql.query<{ name: string; settings: Overrides; marks: SettingMarks }>('select name, settings, settings_origins as marks from companies where id = $1 for update', [id])
        const stored = rows[0]
        if (stored === undefined) throw new AppError('not_found', 'there is no such company')
        const msp = await mspOverrides(sql)
        const overrides = without({ ...stored.settings, ...changed }, inherit)
        const before = { name: stored.name, ...effectiveSettings(msp, stored.settings) }
        const settings = effectiveSettings(msp, overrides)
        const isSpanChanged = changed.windowMs !== undefined || changed.maxLifeMs !== undefined
        refuse([
          ...unknownFields(inherit).map((field) => `inherit: "${field}" is no setting`),
          ...settingsMistakes(isSpanChanged ? mergedSettings(msp, overrides) : settings, changed, caller.scope.role),
        ])
        const name = change.name ?? stored.name
        const taken = await sql.query('select 1 from companies where name = $1 and id <> $2', [name, id])
        if (taken.length > 0) throw new AppError('conflict', 'a company of this name exists already')
        const marks = nextMarks(stored.settings, overrides, stored.marks, markOf(caller, nowMs, comment))
        await sql.query(
          `update companies set name = $2, settings = $3::jsonb, settings_origins = $4::jsonb, settings_revision = settings_revision + 1, updated_at = ${atMs('$5')} where id = $1`,
          [id, name, JSON.stringify(overrides), JSON.stringify(marks), nowMs],
        )
        await enqueueSettings(sql, id, nowMs)
        await writeAudit(sql, caller, { companyId: id, action: 'company.updated', subject: id, before, after: { name, ...settings, ...(comment === '' ? {} : { comment }) } }, nowMs)
        return find(sql, caller.scope, id)
      }, { durable: true })
    },
  }
}

function refuse(mistakes: readonly string[]): void {
  if (mistakes.length > 0) throw new AppError('bad_request', mistakes.join('; '), { details: { mistakes } })
}
