/** Which company, thing or person of a PSA is which of ours: kept here, found by rules, and where those are unsure said by a person. */
import type { Caller, Scope } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { MatchFound, MatchKind, MatchStatus, MatchView } from '../../schemas/ticket-matches.ts'
import { writeAudit } from '../queries/audit.ts'
import { managedCompanies } from '../queries/scope.ts'
import { atMs, iso, Params, whole, type Sql, type SqlDatabase } from '../queries/sql.ts'
import { listAnew } from './queue.ts'

/** What rules found is looked up again after this long, what they did not find sooner. */
const FRESH_MS = { matched: 30 * 86_400_000, asked: 600_000, none: 86_400_000 } as const
const LISTED_MAX = 200
/** Mail that says nothing of a company. */
const FREE_MAIL = ['gmail.com', 'googlemail.com', 'outlook.com', 'hotmail.com', 'live.com', 'yahoo.com', 'icloud.com', 'me.com', 'aol.com', 'gmx.de', 'gmx.net', 'web.de', 'proton.me', 'protonmail.com', 'mail.com', 'example.com']

/** A person's word. */
export interface MatchWord {
  readonly companyId: string
  readonly kind: MatchKind
  readonly name: string
  /** Null: there is none there, and no ticket is made for want of it. */
  readonly externalId: string | null
  readonly externalName: string | null
}

/** Matches over the database. */
export function matchStore(db: SqlDatabase, { clock, changed }: { readonly clock: Clock; readonly changed?: () => void }) {
  const one = async (word: Pick<MatchWord, 'companyId' | 'kind' | 'name'>, connectionId: string): Promise<MatchView> => {
    const [row] = await db.query<MatchView>(`${VIEW} where m.connection_id = $1 and m.company_id = $2 and m.kind = $3 and m.name = $4`, [connectionId, word.companyId, word.kind, word.name])
    if (row === undefined) throw new AppError('internal', 'a match was not written')
    return row
  }
  return {
    /** Those known by name; `isStale`: rules may look again. A person's word is never stale. */
    async known(connectionId: string, companyId: string, kind: MatchKind, names: readonly string[]): Promise<ReadonlyMap<string, MatchFound & { readonly isStale: boolean }>> {
      const rows = await db.query<MatchFound & { name: string; lookedAtMs: number; isPersons: boolean }>(
        `select name, status, external_id as "externalId", external_name as "externalName", by, candidates, (extract(epoch from looked_at) * 1000)::float8 as "lookedAtMs", by like 'person %' as "isPersons"
         from external_matches where connection_id = $1 and company_id = $2 and kind = $3 and name = any($4::text[])`, [connectionId, companyId, kind, [...names]])
      return new Map(rows.map(({ name, lookedAtMs, isPersons, ...found }) => [name, { ...found, isStale: !isPersons && clock.now() - lookedAtMs > FRESH_MS[found.status] }]))
    },

    /** Keeps what rules found; a person's word stays. */
    async keep(connectionId: string, companyId: string, kind: MatchKind, name: string, found: MatchFound): Promise<void> {
      await db.query(
        `insert into external_matches as m (connection_id, company_id, kind, name, status, external_id, external_name, by, candidates, looked_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, ${atMs('$10')})
         on conflict (connection_id, company_id, kind, name) do update set status = excluded.status, external_id = excluded.external_id, external_name = excluded.external_name, by = excluded.by, candidates = excluded.candidates,
           looked_at = excluded.looked_at where m.by not like 'person %'`,
        [connectionId, companyId, kind, name, found.status, found.externalId, found.externalName, `rule: ${found.by}`, JSON.stringify(found.candidates), clock.now()])
    },

    /** Names and domains of a company as rules use them, and which companies of the PSA are others' already. */
    async company(connectionId: string, companyId: string): Promise<{ readonly name: string; readonly aliases: readonly string[]; readonly domains: readonly string[]; readonly taken: ReadonlySet<string> }> {
      const [row] = await db.query<{ name: string; aliases: string[]; domains: string[]; taken: string[] }>(
        `select c.name,
           array(select distinct m.external_name from external_matches m where m.company_id = c.id and m.kind = 'company' and m.by like 'person %' and m.external_name is not null) as aliases,
           array(select distinct split_part(u.email, '@', 2) from users u join user_companies uc on uc.user_id = u.id where uc.company_id = c.id and u.disabled_at is null
             and not exists (select 1 from users o join user_companies oc on oc.user_id = o.id where oc.company_id <> c.id and split_part(o.email, '@', 2) = split_part(u.email, '@', 2))
             and not exists (select 1 from users o where o.role = 'msp_admin' and split_part(o.email, '@', 2) = split_part(u.email, '@', 2)) and split_part(u.email, '@', 2) <> all($3::text[])) as domains,
           array(select m.external_id from external_matches m where m.connection_id = $1 and m.kind = 'company' and m.company_id <> c.id and m.external_id is not null) as taken
         from companies c where c.id = $2`, [connectionId, companyId, FREE_MAIL])
      if (row === undefined) throw new AppError('not_found', 'there is no such company')
      return { ...row, taken: new Set(row.taken) }
    },

    /** Other names of assets of the company, by name. */
    async aliases(companyId: string, assets: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
      const rows = await db.query<{ name: string; aliases: string[] }>('select name, aliases from assets where company_id = $1 and name = any($2::text[])', [companyId, [...assets]])
      return new Map(rows.map(({ name, aliases }) => [name, aliases]))
    },

    /** Matches of companies the caller manages, those that wait for an answer first. Names of other clients are an MSP Admin's alone to see. */
    async list(scope: Scope, query: { readonly status: MatchStatus | null; readonly companyId: string | null; readonly connectionId: string | null }): Promise<readonly MatchView[]> {
      const params = new Params()
      const where = [managedCompanies(scope, params, 'm.company_id')]
      if (query.status !== null) where.push(`m.status = ${params.add(query.status)}`)
      if (query.companyId !== null) where.push(`m.company_id = ${params.add(query.companyId)}`)
      if (query.connectionId !== null) where.push(`m.connection_id = ${params.add(query.connectionId)}`)
      const rows = await db.query<MatchView & { isShared: boolean }>(`${VIEW} where ${where.join(' and ')} order by (m.status = 'asked') desc, m.looked_at desc, m.name limit ${LISTED_MAX}`, params.values)
      return rows.map(({ isShared, ...row }) => (isShared && row.kind === 'company' && scope.role !== 'msp_admin' ? { ...row, candidates: [] } : row))
    },

    /**
     * Keeps a person's word, and looks again at incidents that waited for it. Whose a company of an MSP's system is, an MSP Admin alone says. Throws `not_found`, `forbidden`, `bad_request`.
     */
    async decide(caller: Caller, connectionId: string, word: MatchWord): Promise<MatchView> {
      const nowMs = clock.now()
      await db.transaction(async (sql) => {
        const params = new Params()
        const [found] = await sql.query<{ isShared: boolean }>(
          `select c.company_id is null as "isShared" from connections c join companies k on k.id = ${params.add(word.companyId)} where c.id = ${params.add(connectionId)} and (c.company_id is null or c.company_id = k.id) and ${managedCompanies(caller.scope, params, 'k.id')}`, params.values)
        if (found === undefined) throw new AppError('not_found', 'there is no such connection for this company')
        if (found.isShared && word.kind === 'company' && caller.scope.role !== 'msp_admin') throw new AppError('forbidden', 'the connection is shared by all clients: an MSP Admin says which of them is which')
        if (word.kind === 'company' && word.name !== word.companyId) throw new AppError('bad_request', 'name: of a company it is the id of that company')
        const [row] = await sql.query<Pick<MatchView, 'status' | 'externalId' | 'candidates'>>('select status, external_id as "externalId", candidates from external_matches where connection_id = $1 and company_id = $2 and kind = $3 and name = $4 for update', [connectionId, word.companyId, word.kind, word.name])
        const isShown = word.externalId === null || row?.externalId === word.externalId || row?.candidates.some(({ externalId }) => externalId === word.externalId) === true
        // Else an id that was guessed could name what is another client's.
        if (found.isShared && caller.scope.role !== 'msp_admin' && !isShown) throw new AppError('forbidden', 'the connection is shared by all clients: choose one of the candidates, or ask an MSP Admin')
        const before = row === undefined ? undefined : { status: row.status, externalId: row.externalId }
        const status: MatchStatus = word.externalId === null ? 'none' : 'matched'
        await sql.query(
          `insert into external_matches as m (connection_id, company_id, kind, name, status, external_id, external_name, by, candidates, looked_at) values ($1, $2, $3, $4, $5, $6, $7, $8, '[]', ${atMs('$9')})
           on conflict (connection_id, company_id, kind, name) do update set status = excluded.status, external_id = excluded.external_id, external_name = excluded.external_name, by = excluded.by, candidates = '[]', looked_at = excluded.looked_at`,
          [connectionId, word.companyId, word.kind, word.name, status, word.externalId, word.externalName, `person ${caller.id}`, nowMs])
        await writeAudit(sql, caller, { companyId: word.companyId, action: 'ticket_match.decided', subject: connectionId, before: before ?? null, after: { ...word, status } }, nowMs)
        const waiting = await sql.query<{ incidentId: string; companyId: string }>(`select incident_id as "incidentId", company_id as "companyId" from ticket_queue where company_id = $1 and reason = 'company_unmatched'`, [word.companyId])
        await listAnew(sql, waiting, nowMs)
      }, { durable: true })
      changed?.()
      return one(word, connectionId)
    },
  }
}

const VIEW = `select m.connection_id as "connectionId", c.name as "connectionName", c.connector, m.company_id as "companyId", k.name as "companyName", m.kind, m.name, coalesce(case m.kind when 'company' then k.name when 'user' then u.name end, m.name) as title, m.status,
  m.external_id as "externalId", m.external_name as "externalName", m.by, m.candidates, ${iso('m.looked_at')} as "lookedAt", c.company_id is null as "isShared",
  case when m.kind = 'company' then ${whole(`(select count(*) from ticket_queue q where q.company_id = m.company_id and q.reason = 'company_unmatched')`)} else 0 end as waiting
  from external_matches m join connections c on c.id = m.connection_id join companies k on k.id = m.company_id left join users u on u.id = m.name and m.kind = 'user'`

/** Incidents without a ticket because a person was asked which company of that system is theirs, and has not said. */
export async function unmatchedIncidents(sql: Sql, connectionId: string): Promise<number> {
  const [row] = await sql.query<{ count: number }>(
    `select ${whole('count(*)')} as count from ticket_queue q join external_matches m on m.company_id = q.company_id and m.connection_id = $1 and m.kind = 'company' and m.status = 'asked' where q.reason = 'company_unmatched'`, [connectionId])
  return row?.count ?? 0
}

/** The store as it is opened. */
export type MatchStore = ReturnType<typeof matchStore>
