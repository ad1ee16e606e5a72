/** Rooms of chats in the database; their addresses are sealed. */
import { randomUUID } from 'node:crypto'
import type { Caller, Scope } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import { addressMistake, type NoticeChannelDraft, type NoticeChannelView } from '../../schemas/notices.ts'
import { writeAudit } from '../queries/audit.ts'
import { requireManaged } from '../queries/companies.ts'
import { managedCompanies } from '../queries/scope.ts'
import { atMs, iso, Params, type Sql, type SqlDatabase } from '../queries/sql.ts'
import type { SecretBox } from '../secret-box.ts'

const COLUMNS = `h.id, h.company_id as "companyId", h.kind, h.name, h.enabled, ${iso('h.created_at')} as "createdAt", ${iso('h.updated_at')} as "updatedAt", ${iso('h.last_sent_at')} as "lastSentAt", h.last_error as "lastError"`

/** Channels over the database. A company id of null means the MSP's own, which only an MSP Admin reaches. */
export function channelStore(db: SqlDatabase, { clock, box }: { readonly clock: Clock; readonly box: SecretBox }) {
  const managed = (scope: Scope, params: Params): string => (scope.role === 'msp_admin' ? 'true' : `(h.company_id is not null and ${managedCompanies(scope, params, 'h.company_id')})`)

  async function find(sql: Sql, scope: Scope, id: string): Promise<NoticeChannelView> {
    const params = new Params()
    const [row] = await sql.query<NoticeChannelView>(`select ${COLUMNS} from notice_channels h where h.id = ${params.add(id)} and ${managed(scope, params)}`, params.values)
    if (row === undefined) throw new AppError('not_found', 'there is no such channel')
    return row
  }

  return {
    /** Channels of a company, or the MSP's own, by name. */
    async list(scope: Scope, companyId: string | null): Promise<readonly NoticeChannelView[]> {
      const params = new Params()
      return db.query<NoticeChannelView>(`select ${COLUMNS} from notice_channels h where h.company_id is not distinct from ${params.add(companyId)} and ${managed(scope, params)} order by h.name limit 200`, params.values)
    },

    /** Throws `conflict` for a taken name, `bad_request` for an address that is not the chat's. */
    async create(caller: Caller, companyId: string | null, draft: NoticeChannelDraft): Promise<NoticeChannelView> {
      const mistake = addressMistake(draft.kind, draft.address)
      if (mistake !== null) throw new AppError('bad_request', mistake)
      const [id, nowMs] = [randomUUID(), clock.now()]
      return db.transaction(async (sql) => {
        if (companyId !== null) await requireManaged(sql, caller.scope, companyId)
        else if (caller.scope.role !== 'msp_admin') throw new AppError('forbidden', 'only an MSP Admin may add a channel of the MSP')
        const made = await sql.query(
          `insert into notice_channels (id, company_id, kind, name, address, enabled, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, ${atMs('$7')}, ${atMs('$7')}) on conflict do nothing returning 1`,
          [id, companyId, draft.kind, draft.name, box.seal(draft.address, id), draft.enabled, nowMs])
        if (made.length === 0) throw new AppError('conflict', 'there is a channel of this name already')
        await writeAudit(sql, caller, { companyId, action: 'notice_channel.created', subject: id, before: null, after: { kind: draft.kind, name: draft.name, enabled: draft.enabled } }, nowMs)
        return find(sql, caller.scope, id)
      }, { durable: true })
    },

    /** Switches it on or off, or gives it another address. */
    async update(caller: Caller, id: string, change: { readonly enabled?: boolean; readonly address?: string }): Promise<NoticeChannelView> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        const before = await find(sql, caller.scope, id)
        const mistake = change.address === undefined ? null : addressMistake(before.kind, change.address)
        if (mistake !== null) throw new AppError('bad_request', mistake)
        await sql.query(`update notice_channels set enabled = $2, address = coalesce($3, address), last_error = case when $3::bytea is null then last_error end, updated_at = ${atMs('$4')} where id = $1`,
          [id, change.enabled ?? before.enabled, change.address === undefined ? null : box.seal(change.address, id), nowMs])
        await writeAudit(sql, caller, { companyId: before.companyId, action: 'notice_channel.updated', subject: id, before: { enabled: before.enabled }, after: { enabled: change.enabled ?? before.enabled, hasNewAddress: change.address !== undefined } }, nowMs)
        return find(sql, caller.scope, id)
      }, { durable: true })
    },

    /** Forgets it, with what is still owed to it. */
    async remove(caller: Caller, id: string): Promise<void> {
      const nowMs = clock.now()
      await db.transaction(async (sql) => {
        const before = await find(sql, caller.scope, id)
        await sql.query('delete from notice_channels where id = $1', [id])
        await writeAudit(sql, caller, { companyId: before.companyId, action: 'notice_channel.removed', subject: id, before: { kind: before.kind, name: before.name }, after: null }, nowMs)
      }, { durable: true })
    },
  }
}
