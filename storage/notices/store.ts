/** Notices in the database: who has to be told of which request, and what became of it. */
import { CHANNEL_KINDS, type ChannelKind, type Notice } from '../../schemas/notices.ts'
import type { Clock } from '../../schemas/clock.ts'
import type { AppError } from '../../schemas/errors.ts'
import type { Mode } from '../../schemas/settings.ts'
import { MODES } from '../../schemas/settings.ts'
import { atMs, type Sql, type SqlDatabase } from '../queries/sql.ts'
import { opened, type SecretBox } from '../secret-box.ts'

/** People told of one request, at most; those of the company first. */
const PEOPLE_MAX = 20
const REQUESTS_AT_ONCE = 50
/** Longer than a call may take. */
const CLAIM_MS = 60_000

/** What the store needs besides the database. */
export interface NoticeStoreOptions {
  readonly clock: Clock
  readonly box: SecretBox
  /** Whether people are told by mail. */
  readonly hasMail: boolean
  /** AW_MODE; below sandbox nothing is sent. */
  readonly mode: Mode
  /** Base of addresses of ours, without a slash at the end. */
  readonly publicUrl: string
  /** Makes a one-time link of a request for one person and answers its token. */
  readonly link: (approvalId: string, userId: string) => Promise<string>
  readonly damaged: (error: AppError) => void
}

interface DueRow {
  readonly id: number
  readonly attempts: number
  readonly approvalId: string
  readonly channelId: string | null
  readonly kind: ChannelKind | null
  readonly sealed: Uint8Array | null
  readonly userId: string | null
  readonly email: string | null
  readonly pending: boolean
  readonly expiresAt: string
  readonly runId: string
  readonly risk: string
  readonly reason: string
  readonly question: string
  readonly company: string
  readonly summary: string
  readonly runbookId: string
  readonly assets: readonly string[]
  readonly incident: string | null
}

/** The store of the role `notify`. */
export function noticeStore(db: SqlDatabase, options: NoticeStoreOptions) {
  const { clock, box } = options
  return {
    async writeDown(): Promise<number> {
      const nowMs = clock.now()
      const waiting = await db.query('select 1 from run_approvals where status = \'pending\' and noticed_at is null limit 1')
      if (waiting.length === 0) return 0
      return db.transaction(async (sql) => {
        const requests = await sql.query<{ id: string }>(
          `update run_approvals set noticed_at = ${atMs('$1')} where id in (select id from run_approvals where status = 'pending' and noticed_at is null order by requested_at limit ${REQUESTS_AT_ONCE} for update skip locked) returning id`, [nowMs])
        let count = 0
        for (const { id } of requests) count += await writeNotices(sql, id, options.hasMail, nowMs)
        return count
      }, { durable: true })
    },

    async claim(limit: number) {
      const nowMs = clock.now()
      const isSilent = MODES.indexOf(options.mode) < MODES.indexOf('sandbox')
      const rows = await db.transaction(async (sql) => {
        const taken = await sql.query<{ id: number }>(
          `update notices set claimed_until = ${atMs('$2')} where id in (
             select id from notices where status = 'waiting' and due_at <= ${atMs('$1')} and (claimed_until is null or claimed_until <= ${atMs('$1')}) order by due_at, id limit $3 for update skip locked)
           returning id::float8 as id`, [nowMs, nowMs + CLAIM_MS, limit])
        return sql.query<DueRow>(
          `select n.id::float8 as id, n.attempts, n.approval_id as "approvalId", n.channel_id as "channelId", h.kind, h.address as sealed, n.user_id as "userId", u.email,
             (p.status = 'pending' and p.expires_at > ${atMs('$2')} and coalesce(h.enabled, true) and u.disabled_at is null) as pending,
             to_char(p.expires_at at time zone 'utc', 'YYYY-MM-DD HH24:MI "UTC"') as "expiresAt", r.id as "runId", r.risk, p.reason, p.question, c.name as company,
             coalesce(r.runbook ->> 'summary', r.runbook_id) as summary, r.runbook_id as "runbookId", array(select t ->> 'asset' from jsonb_array_elements(r.plan -> 'targets') t) as assets, i.title as incident
           from notices n join run_approvals p on p.id = n.approval_id join runs r on r.id = p.run_id join companies c on c.id = n.company_id
             left join notice_channels h on h.id = n.channel_id left join users u on u.id = n.user_id left join incidents i on i.id = r.incident_id and i.company_id = r.company_id
           where n.id = any($1::bigint[]) order by n.id`, [taken.map(({ id }) => id), nowMs])
      }, { durable: false })
      const due = []
      for (const row of rows) {
        const address = row.sealed === null ? row.email : opened(box, row.sealed, row.channelId ?? '', options.damaged)
        if (!row.pending) await settle(db, row.id, 'void', null, nowMs)
        else if (isSilent) await settle(db, row.id, 'shown', null, nowMs)
        else if (address === null) await settle(db, row.id, 'dead', 'the address of the channel does not open: store it again', nowMs)
        else due.push({ id: row.id, attempts: row.attempts, kind: row.kind ?? 'mail' as const, address, notice: await noticeOf(row, options) })
      }
      return due
    },

    async end(id: number, end: { readonly kind: 'sent' } | { readonly kind: 'again'; readonly dueAtMs: number; readonly error: string } | { readonly kind: 'gave_up'; readonly error: string }): Promise<void> {
      const nowMs = clock.now()
      if (end.kind === 'again') {
        await db.query(`update notices set attempts = attempts + 1, claimed_until = null, due_at = ${atMs('$2')}, last_error = $3 where id = $1 and status = 'waiting'`, [id, end.dueAtMs, end.error])
        await db.query('update notice_channels h set last_error = $2 from notices n where n.id = $1 and h.id = n.channel_id', [id, end.error])
      } else await settle(db, id, end.kind === 'sent' ? 'sent' : 'dead', end.kind === 'sent' ? null : end.error, nowMs)
    },
  }
}

/** Everybody whose word would do: channels of the company and of the MSP, and people by the role that is asked for. */
async function writeNotices(sql: Sql, approvalId: string, hasMail: boolean, nowMs: number): Promise<number> {
  const channels = await sql.query(
    `insert into notices (approval_id, company_id, channel_id, due_at, created_at)
     select p.id, p.company_id, h.id, ${atMs('$2')}, ${atMs('$2')} from run_approvals p join notice_channels h on (h.company_id is null or h.company_id = p.company_id) and h.enabled where p.id = $1 and h.kind = any($3::text[])
     on conflict do nothing returning 1`, [approvalId, nowMs, [...CHANNEL_KINDS]])
  if (!hasMail) return channels.length
  const people = await sql.query(
    `insert into notices (approval_id, company_id, user_id, due_at, created_at)
     select p.id, p.company_id, u.id, ${atMs('$2')}, ${atMs('$2')} from run_approvals p join runs r on r.id = p.run_id join users u on u.disabled_at is null
     where p.id = $1 and not (p.four_eyes and u.id = r.requested_by ->> 'id') and (u.role = 'msp_admin'
       or (exists (select 1 from user_companies uc where uc.user_id = u.id and uc.company_id = p.company_id) and (p.role in ('company_admin', 'technician') and u.role = 'company_admin' or p.role = 'technician' and u.role = 'technician')))
     order by (u.role = 'msp_admin'), u.id limit ${PEOPLE_MAX} on conflict do nothing returning 1`, [approvalId, nowMs])
  return channels.length + people.length
}

/** A chat is a room of many: its link leads to a page that asks who you are. A mail is for one person: its link is theirs, and works once. */
async function noticeOf(row: DueRow, { publicUrl, link }: NoticeStoreOptions): Promise<Notice> {
  const token = row.userId === null ? null : await link(row.approvalId, row.userId)
  return {
    subject: `${row.question === 'target' ? 'Which machine is meant' : 'May this run'}: ${row.summary} (${row.company})`,
    summary: row.reason,
    facts: [['company', row.company], ['runbook', row.runbookId], ['risk', row.risk], ['machines', row.assets.length === 0 ? 'to be chosen' : row.assets.slice(0, 5).join(', ')], ['incident', row.incident ?? 'none'], ['void after', row.expiresAt]],
    link: token === null ? `${publicUrl}/#/runs/${encodeURIComponent(row.runId)}` : `${publicUrl}/api/approvals/link/${encodeURIComponent(token)}`,
    linkText: token === null ? 'See the plan and decide' : 'See the plan and decide; the link is yours alone and works once',
  }
}

async function settle(db: SqlDatabase, id: number, status: string, error: string | null, nowMs: number): Promise<void> {
  await db.query(`update notices set status = $2, last_error = $3, attempts = attempts + 1, claimed_until = null, sent_at = case when $2 = 'sent' then ${atMs('$4')} end where id = $1 and status = 'waiting'`, [id, status, error, nowMs])
  if (status === 'sent' || status === 'dead') {
    await db.query(`update notice_channels h set last_error = $2, last_sent_at = case when $3 = 'sent' then ${atMs('$4')} else h.last_sent_at end from notices n where n.id = $1 and h.id = n.channel_id`, [id, error, status, nowMs])
  }
}
