/**
 * One-time links of requests. A link speaks for one person and dies with its use, with the decision, and with its time.
 * It is signed, so that what was not made here never reaches the database; of what was made here only a hash is kept.
 */
import { createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Caller } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { ApprovalView, RunView } from '../../schemas/runs.ts'
import type { Role } from '../../schemas/settings.ts'
import { writeAudit } from '../queries/audit.ts'
import { atMs, type Sql, type SqlDatabase } from '../queries/sql.ts'
import { decideIn, refusalOf, seen, type DecisionDraft } from './approvals.ts'
import { getRun } from './run-views.ts'

/** Unused links of one person for one request; more than a few means that somebody plays with it. */
const LINKS_MAX = 20
const SECRET_BYTES = 24
const GONE = 'this link does not work: it was used, is over, or was never given; look at the approvals in the console'

interface Linked {
  approvalId: string
  userId: string
}

/** Whom a link speaks for, and what it asks. */
export interface LinkedApproval {
  readonly approval: ApprovalView
  readonly run: RunView
  /** The person's name. */
  readonly name: string
}

/** Links over the database; `key` signs them. */
export function approvalLinks(db: SqlDatabase, { clock, key }: { readonly clock: Clock; readonly key: Uint8Array }) {
  const signingKey = Buffer.from(hkdfSync('sha256', key, '', 'alert-whisperer approval links', 32))
  const sign = (text: string): Buffer => createHmac('sha256', signingKey).update(text).digest()
  const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()

  /** The text of a link that is ours, else null. */
  function genuine(token: string): string | null {
    const [, signed = '', signature = ''] = /^([A-Za-z0-9_-]{32})\.([A-Za-z0-9_-]{43})$/.exec(token) ?? []
    const given = Buffer.from(signature, 'base64url')
    return given.length === 32 && timingSafeEqual(given, sign(signed)) ? token : null
  }

  /** The link's row and its person as they are now; null where it does not work, or the person may no longer decide. */
  async function open(sql: Sql, token: string, lock: boolean): Promise<{ readonly link: Linked; readonly caller: Caller } | null> {
    if (genuine(token) === null) return null
    const links = await sql.query<Linked>(
      `select approval_id as "approvalId", user_id as "userId" from approval_links where token_hash = $1 and used_at is null and expires_at > ${atMs('$2')}${lock ? ' for update' : ''}`, [hashOf(token), clock.now()],
    )
    const [link] = links
    const caller = link === undefined ? null : await personOf(sql, link.userId)
    return link === undefined || caller === null ? null : { link, caller }
  }

  return {
    /** Makes a link by which a person decides a request. Throws `not_found`, `conflict` where nothing is asked, `forbidden` where the person may not decide it. */
    issue: (caller: Caller, approvalId: string, userId: string | null): Promise<{ readonly token: string; readonly userId: string; readonly expiresAt: string }> => db.transaction(async (sql) => {
      const forUser = userId ?? caller.id
      // A link acts as its person, so it is given to nobody else; the installation's own token sends links on.
      if (forUser !== caller.id && caller.kind === 'user') throw new AppError('forbidden', 'a link speaks for its person, so you may only have one of your own')
      const nowMs = clock.now()
      await seen(sql, caller.scope, approvalId)
      const person = await personOf(sql, forUser)
      if (person === null) throw new AppError('bad_request', 'user must be the id of an active user; the installation\'s own token has no links and decides by the API')
      const asked = await seen(sql, person.scope, approvalId)
      const refusal = refusalOf(person, asked, true, nowMs)
      if (refusal !== null) throw refusal
      const link = await issueLink(sql, { approvalId, userId: forUser, expiresAt: asked.expiresAt }, sign)
      await writeAudit(sql, caller, { companyId: asked.companyId, action: 'approval.link_made', subject: approvalId, before: null, after: { userId: forUser, expiresAt: asked.expiresAt } }, nowMs)
      return { token: link, userId: forUser, expiresAt: asked.expiresAt }
    }, { durable: true }),

    /** Makes a link for a notice, in the transaction of the notice; the person was chosen by the program. */
    issueIn: (sql: Sql, link: { readonly approvalId: string; readonly userId: string; readonly expiresAt: string }): Promise<string> => issueLink(sql, link, sign),

    /** What a link asks, and of whom. Changes nothing, however often it is looked at. */
    async read(token: string): Promise<LinkedApproval | null> {
      const opened = await open(db, token, false)
      if (opened === null) return null
      const { link, caller } = opened
      try {
        const approval = await seen(db, caller.scope, link.approvalId)
        if (refusalOf(caller, approval, false, clock.now()) !== null) return null
        return { approval, run: await getRun(db, caller.scope, approval.runId), name: caller.name }
      } catch (thrown) {
        // Whoever lost the company since sees as little as whoever never had a link.
        if (thrown instanceof AppError && thrown.code === 'not_found') return null
        throw thrown
      }
    },

    /** Decides by a link, once. Throws `not_found` for one that does not work, else as every decision. */
    decide: (token: string, draft: DecisionDraft, ip: string): Promise<ApprovalView> => db.transaction(async (sql) => {
      const opened = await open(sql, token, true)
      if (opened === null) throw new AppError('not_found', GONE)
      return decideIn(sql, { ...opened.caller, ip }, opened.link.approvalId, draft, 'link', clock.now())
    }, { durable: true }),
  }

  async function issueLink(sql: Sql, { approvalId, userId, expiresAt }: { readonly approvalId: string; readonly userId: string; readonly expiresAt: string }, signer: (text: string) => Buffer): Promise<string> {
    const [counted] = await sql.query<{ count: number }>('select count(*)::float8 as count from approval_links where approval_id = $1 and user_id = $2', [approvalId, userId])
    if ((counted?.count ?? 0) >= LINKS_MAX) throw new AppError('rate_limited', 'too many links were made for this request; decide it in the console')
    const secret = randomBytes(SECRET_BYTES).toString('base64url')
    const token = `${secret}.${signer(secret).toString('base64url')}`
    await sql.query('insert into approval_links (token_hash, approval_id, user_id, expires_at) values ($1, $2, $3, $4::timestamptz)', [hashOf(token), approvalId, userId, expiresAt])
    return token
  }
}

/** A user as a caller, as they are now: a lock or a new role holds at once. */
async function personOf(sql: Sql, userId: string): Promise<Caller | null> {
  const rows = await sql.query<{ id: string; name: string; role: Role; companyIds: string[] }>(
    `select u.id, u.name, u.role, coalesce((select array_agg(company_id) from user_companies uc where uc.user_id = u.id), '{}') as "companyIds" from users u where u.id = $1 and u.disabled_at is null`, [userId],
  )
  const user = rows[0]
  if (user === undefined) return null
  return { kind: 'user', id: user.id, name: user.name, ip: null, scope: { role: user.role, userId: user.id, companyIds: user.role === 'msp_admin' ? 'all' : user.companyIds } }
}
