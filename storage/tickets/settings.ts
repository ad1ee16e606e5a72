/** What the MSP and companies want of their tickets, in the database. Every change is in the audit log. */
import type { Caller, Scope } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import { effectiveTicketSettings, ticketSettingsMistakes, type TicketOverrides, type TicketSettingsView } from '../../schemas/ticket-settings.ts'
import type { TicketSettings } from '../../schemas/tickets.ts'
import { writeAudit } from '../queries/audit.ts'
import { requireManaged } from '../queries/companies.ts'
import { requireVisibleCompany } from '../queries/incidents.ts'
import { atMs, iso, type Sql, type SqlDatabase } from '../queries/sql.ts'

/** The key of the MSP's own row. */
const MSP = ''

interface Row { readonly settings: TicketOverrides; readonly updatedAt: string | null }

async function read(sql: Sql, key: string, lock = ''): Promise<Row> {
  const [row] = await sql.query<Row>(`select settings, ${iso('updated_at')} as "updatedAt" from ticket_settings where company_id = $1 ${lock}`, [key])
  return row ?? { settings: {}, updatedAt: null }
}

/** What holds for a company. */
export async function ticketSettingsOf(sql: Sql, companyId: string): Promise<TicketSettings> {
  return effectiveTicketSettings((await read(sql, MSP)).settings, (await read(sql, companyId)).settings)
}

/** Settings over the database. */
export function ticketSettingsStore(db: SqlDatabase, { clock }: { readonly clock: Clock }) {
  async function view(sql: Sql, companyId: string | null): Promise<TicketSettingsView> {
    const row = await read(sql, companyId ?? MSP)
    return { companyId, ...row, effective: companyId === null ? effectiveTicketSettings(row.settings, {}) : await ticketSettingsOf(sql, companyId) }
  }

  return {
    /** What a scope wants. Throws `not_found`, or `forbidden` for the MSP's where the caller is no MSP Admin. */
    async get(scope: Scope, companyId: string | null): Promise<TicketSettingsView> {
      if (companyId !== null) await requireVisibleCompany(db, scope, companyId)
      else if (scope.role !== 'msp_admin') throw new AppError('forbidden', 'only an MSP Admin reads what holds for all companies')
      return view(db, companyId)
    },

    /** Sets it anew as a whole; what is left out is inherited. Throws `not_found`, `forbidden`, `bad_request` with every mistake. */
    async put(caller: Caller, companyId: string | null, settings: TicketOverrides): Promise<TicketSettingsView> {
      const mistakes = ticketSettingsMistakes({ ...settings })
      if (mistakes.length > 0) throw new AppError('bad_request', mistakes.join('; '), { details: { mistakes } })
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        if (companyId !== null) await requireManaged(sql, caller.scope, companyId)
        else if (caller.scope.role !== 'msp_admin') throw new AppError('forbidden', 'only an MSP Admin sets what holds for all companies')
        const before = await read(sql, companyId ?? MSP, 'for update')
        await sql.query(
          `insert into ticket_settings (company_id, settings, updated_at) values ($1, $2::jsonb, ${atMs('$3')}) on conflict (company_id) do update set settings = excluded.settings, updated_at = excluded.updated_at`,
          [companyId ?? MSP, JSON.stringify(settings), nowMs])
        await writeAudit(sql, caller, { companyId, action: 'ticket_settings.updated', subject: companyId ?? 'msp', before: before.settings, after: settings }, nowMs)
        return view(sql, companyId)
      }, { durable: true })
    },
  }
}

/** The store as the API has it. */
export type TicketSettingsStore = ReturnType<typeof ticketSettingsStore>
