/** Questions to people: answered once, by who may, for the plan that was asked about; by the API or by a one-time link of which only the hash is kept. */
import { createHash, randomBytes } from 'node:crypto'
import { covers, type Caller, type Scope } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { ApprovalView, RunPlan, RunTarget, RunView } from '../../schemas/runs.ts'
import type { Role } from '../../schemas/settings.ts'
import { couldBeOne, type Handed } from '../../schemas/hands.ts'
import { writeAudit } from '../queries/audit.ts'
import { visibleRuns } from '../queries/scope.ts'
import { atMs, Params, type Sql, type SqlDatabase } from '../queries/sql.ts'
import { handsOf } from '../queries/user-hands.ts'
import { APPROVAL_COLUMNS, getRun, listApprovals, type ApprovalQuery } from './run-queries.ts'
import { ms } from './run-rows.ts'

/** A person's answer. */
export interface Decision {
  readonly yes: boolean
  readonly comment: string | null
  /** question target: the instance id of one of the candidates. */
  readonly instanceId: string | null
}

/** Roles that may answer what is asked of a role. */
const MAY_DECIDE: Readonly<Record<ApprovalView['role'], readonly Role[]>> = { technician: ['technician', 'company_admin', 'msp_admin'], company_admin: ['company_admin', 'msp_admin'], msp_admin: ['msp_admin'] }

const SAME_HANDS = 'same_hands: this yes is no second pair of eyes, since one person could have asked for the run and given it. An administrator among the two set the other\'s password, e-mail address, role or companies, or a third set both; or the admin token asked, answers or set one of them, and it does not count here (AW_TOKEN_FOUR_EYES). Set a password of your own (POST /api/me/password); 24 hours later it counts. Until then somebody else has to approve'
const PROGRAM: Scope = { role: 'msp_admin', userId: 'remediator', companyIds: 'all' }
const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()

interface AskedRow {
  readonly id: string; readonly runId: string; readonly companyId: string; readonly status: ApprovalView['status']; readonly question: ApprovalView['question']; readonly role: ApprovalView['role']; readonly fourEyes: boolean
  readonly planDigest: string; readonly presentDigest: string; readonly runStatus: string; readonly expiresAtMs: number; readonly requesterId: string; readonly plan: RunPlan
}
interface LinkRow { readonly approvalId: string; readonly userId: string; readonly name: string; readonly role: Role; readonly companyIds: string[] }

/** What questions are answered with. */
export interface ApprovalOptions {
  readonly clock: Clock
  /** Called after an answer, so that the run need not wait for its next look. */
  readonly decided: () => void
  /** AW_TOKEN_FOUR_EYES is `never`; it counts unless told. */
  readonly isTokenBarred?: boolean
}

/** Over the database. */
export function approvalStore(db: SqlDatabase, { clock, decided, isTokenBarred = false }: ApprovalOptions) {
  const handed = async (sql: Sql, id: string, nowMs: number): Promise<Handed> => ({ id, hands: await handsOf(sql, id, nowMs, isTokenBarred) })

  /** Null: it is written down that this yes was no second pair of eyes, and nothing else was done. */
  async function answer(sql: Sql, caller: Caller, id: string, decision: Decision, via: 'api' | 'link' | 'chat' | 'psa'): Promise<ApprovalView | null> {
    const nowMs = clock.now()
    const asked = await read(sql, caller.scope, id, 'for update of a')
    const why = reasonAgainst(asked, caller)
    if (why !== null) throw new AppError('forbidden', why)
    if (asked.status !== 'pending') throw new AppError('conflict', `the request is ${asked.status} already`)
    if (asked.expiresAtMs <= nowMs) throw new AppError('conflict', 'the request has expired; ask for the run anew')
    if (asked.runStatus !== 'awaiting_approval' || asked.planDigest !== asked.presentDigest) throw new AppError('conflict', 'the plan is not the one that was asked about any more; read the run again')
    // A no needs no second person, and a no of whoever it was keeps everybody safe.
    if (asked.fourEyes && decision.yes && couldBeOne(await handed(sql, caller.id, nowMs), await handed(sql, asked.requesterId, nowMs))) {
      await writeAudit(sql, caller, { companyId: asked.companyId, action: 'run.approve_barred', subject: asked.runId, before: { approvalId: id, status: 'pending' }, after: { approvalId: id, via, code: 'same_hands', requesterId: asked.requesterId } }, nowMs)
      return null
    }
    const target = asked.question === 'target' && decision.yes ? chosen(asked.plan, decision.instanceId) : null
    await sql.query(
      `update run_approvals set status = $2, decided_at = ${atMs('$3')}, decided_by = $4::jsonb, decided_role = $5, via = $6, comment = $7, target = $8::jsonb where id = $1`,
      [id, decision.yes ? 'approved' : 'refused', nowMs, JSON.stringify({ kind: caller.kind, id: caller.id, name: caller.name }), caller.scope.role, via, decision.comment, target === null ? null : JSON.stringify(target)])
    // The worker does what follows; only it changes the run.
    await sql.query(`update runs set due_at = ${atMs('$2')} where id = $1`, [asked.runId, nowMs])
    await writeAudit(sql, caller, {
      companyId: asked.companyId, action: decision.yes ? 'run.approve' : 'run.decline', subject: asked.runId, before: { approvalId: id, status: 'pending' },
      after: { approvalId: id, via, comment: decision.comment, planDigest: asked.planDigest, target },
    }, nowMs)
    return view(sql, id)
  }

  function taken(answered: ApprovalView | null): ApprovalView {
    if (answered === null) throw new AppError('forbidden', SAME_HANDS)
    decided()
    return answered
  }

  return {
    /** Questions the caller may see, newest first. */
    list: (scope: Scope, query: ApprovalQuery) => listApprovals(db, scope, query),

    /** Throws `not_found`, `forbidden` with the reason (`same_hands` where one person could be behind both), `conflict` where it was decided, is over or the plan has changed, `bad_request` for a machine that is no candidate. */
    async decide(caller: Caller, id: string, decision: Decision, via: 'api' | 'link' | 'chat' | 'psa'): Promise<ApprovalView> {
      const decidedView = await db.transaction((sql) => answer(sql, caller, id, decision, via), { durable: true })
      return taken(decidedView)
    },

    /** A one-time link for one person; the token is shown this once. Only they get it, or the program and its own token. Throws `not_found`, `forbidden`, `conflict`. */
    async link(caller: Caller, id: string, userId: string | null): Promise<{ readonly token: string; readonly userId: string; readonly expiresAt: string }> {
      const person = userId ?? caller.id
      if (caller.kind === 'user' && person !== caller.id) throw new AppError('forbidden', 'a link speaks for one person, and only they may have it')
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        const asked = await read(sql, caller.scope, id, '')
        const user = await personOf(sql, person)
        const why = user === null ? 'there is no such user' : reasonAgainst(asked, user)
        if (why !== null) throw new AppError('forbidden', why)
        if (isTokenBarred && asked.fourEyes && caller.kind === 'token') throw new AppError('forbidden', 'where four eyes are asked for, the admin token gets no link that speaks for somebody (AW_TOKEN_FOUR_EYES); they have their mail, or make one themselves')
        if (asked.status !== 'pending' || asked.expiresAtMs <= nowMs) throw new AppError('conflict', 'the request does not wait for an answer any more')
        const token = randomBytes(32).toString('base64url')
        await sql.query(`insert into approval_links (token_hash, approval_id, user_id, expires_at) values ($1, $2, $3, ${atMs('$4')})`, [hashOf(token), id, person, asked.expiresAtMs])
        await writeAudit(sql, caller, { companyId: asked.companyId, action: 'approval.link', subject: asked.runId, before: null, after: { approvalId: id, userId: person } }, nowMs)
        return { token, userId: person, expiresAt: new Date(asked.expiresAtMs).toISOString() }
      }, { durable: true })
    },

    /** Whom a link speaks for and what it asks; null where it does not work. Changes nothing. */
    async byLink(token: string): Promise<{ readonly approval: ApprovalView; readonly run: RunView; readonly name: string } | null> {
      const link = await findLink(db, token, clock.now(), '')
      if (link === null) return null
      const asked = await read(db, PROGRAM, link.approvalId, '')
      if (asked.status !== 'pending' || reasonAgainst(asked, callerOf(link, null)) !== null) return null
      return { approval: await view(db, link.approvalId), run: await getRun(db, PROGRAM, asked.runId), name: link.name }
    },

    /** Decides once by the link. Throws `not_found` for one that does not work, and what `decide` throws. */
    async decideByLink(token: string, decision: Decision, ip: string): Promise<ApprovalView> {
      const approval = await db.transaction(async (sql) => {
        const link = await findLink(sql, token, clock.now(), 'for update of l')
        if (link === null) throw new AppError('not_found', 'this link does not work: it is unknown, was used, or is over')
        const answered = await answer(sql, callerOf(link, ip), link.approvalId, decision, 'link')
        if (answered !== null) await sql.query(`update approval_links set used_at = ${atMs('$2')} where token_hash = $1`, [hashOf(token), clock.now()])
        return answered
      }, { durable: true })
      return taken(approval)
    },
  }
}

async function read(sql: Sql, scope: Scope, id: string, lock: '' | 'for update of a'): Promise<AskedRow> {
  const params = new Params()
  const [row] = await sql.query<AskedRow>(
    `select a.id, a.run_id as "runId", a.company_id as "companyId", a.status, a.question, a.role, a.four_eyes as "fourEyes", a.plan_digest as "planDigest", r.plan_digest as "presentDigest", r.status as "runStatus",
       ${ms('a.expires_at')} as "expiresAtMs", r.requested_by ->> 'id' as "requesterId", r.plan
     from run_approvals a join runs r on r.id = a.run_id where a.id = ${params.add(id)} and ${visibleRuns(scope, params, 'r')} ${lock}`, params.values)
  if (row === undefined) throw new AppError('not_found', 'there is no such request')
  return row
}

function reasonAgainst(asked: AskedRow, { id, scope }: Pick<Caller, 'id' | 'scope'>): string | null {
  if (!covers(scope, asked.companyId)) return 'the company is not yours'
  if (!MAY_DECIDE[asked.role].includes(scope.role)) return `it takes the role ${asked.role} to decide this`
  return asked.fourEyes && id === asked.requesterId ? 'somebody other than who asked for the run has to decide' : null
}

function chosen(plan: RunPlan, instanceId: string | null): RunTarget {
  const [target, other] = plan.candidates.filter((candidate) => candidate.instanceId === instanceId)
  if (target === undefined || other !== undefined) throw new AppError('bad_request', `instanceId: name one of ${plan.candidates.map((candidate) => candidate.instanceId).join(', ')}`)
  return target
}

async function findLink(sql: Sql, token: string, nowMs: number, lock: '' | 'for update of l'): Promise<LinkRow | null> {
  const [row] = await sql.query<LinkRow>(
    `select l.approval_id as "approvalId", u.id as "userId", u.name, u.role, array(select company_id from user_companies c where c.user_id = u.id) as "companyIds"
     from approval_links l join users u on u.id = l.user_id where l.token_hash = $1 and l.used_at is null and l.expires_at > ${atMs('$2')} and u.disabled_at is null ${lock}`, [hashOf(token), nowMs])
  return row ?? null
}

async function personOf(sql: Sql, userId: string): Promise<Pick<Caller, 'id' | 'scope'> | null> {
  const [row] = await sql.query<{ role: Role; companyIds: string[] }>('select u.role, array(select company_id from user_companies c where c.user_id = u.id) as "companyIds" from users u where u.id = $1 and u.disabled_at is null', [userId])
  return row === undefined ? null : { id: userId, scope: scopeOf(userId, row.role, row.companyIds) }
}

function callerOf(link: LinkRow, ip: string | null): Caller {
  return { kind: 'user', id: link.userId, name: link.name, ip, scope: scopeOf(link.userId, link.role, link.companyIds) }
}

function scopeOf(userId: string, role: Role, companyIds: readonly string[]): Scope {
  return { role, userId, companyIds: role === 'msp_admin' ? 'all' : companyIds }
}

async function view(sql: Sql, id: string): Promise<ApprovalView> {
  const [row] = await sql.query<ApprovalView>(`select ${APPROVAL_COLUMNS} from run_approvals a join runs r on r.id = a.run_id where a.id = $1`, [id])
  if (row === undefined) throw new AppError('not_found', 'there is no such request')
  return row
}
