/**
 * Rule books: append-only revisions of the MSP and of each company. Saving one tells the company's log in the same transaction; saving the MSP's leaves
 * every company due under a new revision in one transaction, and their records follow in batches.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Caller, Scope } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { EffectiveRules, RuleBookDraft, RuleBookView, RuleOrigin, RuleRevision } from '../../schemas/rule-views.ts'
import { ruleBookFrom } from '../../schemas/rules-check.ts'
import { effectiveRules, RULE_LISTS, type StoredRuleBook } from '../../schemas/rules.ts'
import type { Page, PageQuery } from '../../schemas/views.ts'
import { writeAudit } from './audit.ts'
import { enqueueSettings } from './company-settings.ts'
import { announceChange } from './integration-settings.ts'
import { refuseStale } from './msp-settings.ts'
import { managedCompanies } from './scope.ts'
import { atMs, decodeCursor, iso, Params, toPage, whole, type Sql, type SqlDatabase } from './sql.ts'

/** The scope of the MSP's own rule book. */
export const MSP_SCOPE = 'msp'

const REVISION = `b.scope, ${whole('b.revision')} as revision, b.author, b.comment, ${whole('b.rolled_back_to')} as "rolledBackTo", ${iso('b.created_at')} as "createdAt"`
const NOTHING = { revision: 0, author: null, comment: '', rolledBackTo: null, createdAt: null, document: {} } as const

/** Since which revision each rule stands as it does, by `<list>/<id>`. */
export type RuleOrigins = Readonly<Record<string, number>>

/** The rules of a book by `<list>/<id>`; switches stand by their names. */
export function rulesByName(book: StoredRuleBook): ReadonlyMap<string, unknown> {
  const rules = new Map<string, unknown>()
  for (const list of RULE_LISTS) for (const rule of book[list] ?? []) rules.set(`${list}/${rule.id}`, rule)
  for (const [name, value] of Object.entries(book.switches ?? {})) rules.set(`switches/${name}`, value)
  return rules
}

/** Gives a new company the MSP's rules, where there are any; called in the transaction that makes it. */
export async function takeMspRules(sql: Sql, companyId: string, nowMs: number): Promise<void> {
  const [head] = await sql.query<{ revision: number | null }>(`select ${whole('max(revision)')} as revision from rule_books where scope = '${MSP_SCOPE}'`)
  if (typeof head?.revision !== 'number') return
  await sql.query('update companies set rules_revision = 1 where id = $1', [companyId])
  await sql.query(`insert into company_rules (company_id, revision, msp_revision, company_revision, created_at) values ($1, 1, $2, 0, ${atMs('$3')})`, [companyId, head.revision, nowMs])
}

/** Rule books over the database. A company id of null means the MSP's own, which only MSP Admins reach. */
export function ruleStore(db: SqlDatabase, { clock }: { readonly clock: Clock }) {
  /** The scope's name. Throws `not_found` for a company the caller does not manage, `forbidden` for the MSP's. */
  async function scopeOf(sql: Sql, scope: Scope, companyId: string | null): Promise<string> {
    if (companyId === null) {
      if (scope.role !== 'msp_admin') throw new AppError('forbidden', 'only an MSP Admin reaches the rules that hold for all companies')
      return MSP_SCOPE
    }
    const params = new Params()
    const rows = await sql.query(`select 1 from companies c where c.id = ${params.add(companyId)} and ${managedCompanies(scope, params, 'c.id')}`, params.values)
    if (rows.length === 0) throw new AppError('not_found', 'there is no such company')
    return companyId
  }

  async function bookAt(sql: Sql, name: string, revision: number | null): Promise<(RuleBookView & { origins: RuleOrigins }) | null> {
    const rows = await sql.query<RuleBookView & { origins: RuleOrigins }>(
      `select ${REVISION}, b.document, b.origins from rule_books b where b.scope = $1 and ($2::bigint is null or b.revision = $2) order by b.revision desc limit 1`, [name, revision],
    )
    return rows[0] ?? null
  }

  /** Appends a revision and tells the logs it concerns. `write` is handed the present book. */
  async function append(caller: Caller, companyId: string | null, draft: Omit<RuleBookDraft, 'document'>, make: (sql: Sql, name: string) => Promise<{ document: StoredRuleBook; rolledBackTo: number | null }>): Promise<RuleBookView> {
    const nowMs = clock.now()
    const saved = await db.transaction(async (sql) => {
      const name = await scopeOf(sql, caller.scope, companyId)
      // Whoever saves first is first; the other one sees what was saved.
      await sql.query(companyId === null ? 'select 1 from msp_settings for update' : 'select 1 from companies where id = $1 for update', companyId === null ? [] : [companyId])
      const present = await bookAt(sql, name, null)
      const revision = (present?.revision ?? 0) + 1
      refuseStale(draft.expectedRevision, revision - 1)
      const { document, rolledBackTo } = await make(sql, name)
      await sql.query(
        `insert into rule_books (scope, revision, document, origins, rolled_back_to, author, comment, created_at) values ($1, $2, $3::json, $4::jsonb, $5, $6::jsonb, $7, ${atMs('$8')})`,
        [name, revision, JSON.stringify(document), JSON.stringify(originsOf(document, revision, present)), rolledBackTo, JSON.stringify({ kind: caller.kind, id: caller.id, name: caller.name }), draft.comment, nowMs],
      )
      await sql.query(
        `update companies set settings_revision = settings_revision + 1, rules_revision = rules_revision + 1, announced_at = null ${companyId === null ? '' : 'where id = $1'}`, companyId === null ? [] : [companyId],
      )
      await sql.query(
        `insert into company_rules (company_id, revision, msp_revision, company_revision, created_at)
         select c.id, c.rules_revision, coalesce((select max(revision) from rule_books where scope = '${MSP_SCOPE}'), 0), coalesce((select max(revision) from rule_books where scope = c.id), 0), ${atMs('$1')}
         from companies c ${companyId === null ? '' : 'where c.id = $2'}`, companyId === null ? [nowMs] : [nowMs, companyId],
      )
      if (companyId !== null) await enqueueSettings(sql, companyId, nowMs)
      const counts = Object.fromEntries(RULE_LISTS.map((list) => [list, document[list]?.length ?? 0]))
      await writeAudit(sql, caller, { companyId, action: rolledBackTo === null ? 'rules.saved' : 'rules.rolled_back', subject: name, before: { revision: revision - 1 }, after: { revision, rolledBackTo, comment: draft.comment, rules: counts } }, nowMs)
      return bookAt(sql, name, revision)
    }, { durable: true })
    if (saved === null) throw new AppError('internal', 'the rule book just saved is not there')
    // What this leaves, the announcer finds due.
    if (companyId === null) await announceChange(db, nowMs)
    return shown(saved)
  }

  return {
    /** The present rule book of a scope, empty at revision 0; or one of its revisions. Throws `not_found`, `forbidden`. */
    async get(scope: Scope, companyId: string | null, revision: number | null = null): Promise<RuleBookView> {
      const name = await scopeOf(db, scope, companyId)
      const book = await bookAt(db, name, revision)
      if (book === null && revision !== null && revision !== 0) throw new AppError('not_found', `there is no revision ${revision} of these rules`)
      return book === null ? { scope: name, ...NOTHING } : shown(book)
    },

    /** Revisions of a scope, newest first. */
    async revisions(scope: Scope, companyId: string | null, query: PageQuery): Promise<Page<RuleRevision>> {
      const params = new Params()
      const where = [`b.scope = ${params.add(await scopeOf(db, scope, companyId))}`]
      if (query.cursor !== null) where.push(`b.revision < ${params.add(decodeCursor(query.cursor, 'number'))}`)
      const rows = await db.query<RuleRevision>(`select ${REVISION} from rule_books b where ${where.join(' and ')} order by b.revision desc limit ${params.add(query.limit + 1)}`, params.values)
      return toPage(rows, query.limit, (row) => row.revision)
    },

    /** Saves a rule book as a new revision. Throws `bad_request` with every mistake, `conflict` where somebody saved in the meantime. */
    save: (caller: Caller, companyId: string | null, draft: RuleBookDraft): Promise<RuleBookView> => {
      const document = ruleBookFrom(draft.document)
      return append(caller, companyId, draft, async () => ({ document, rolledBackTo: null }))
    },

    /** Puts the document of an earlier revision in force again, as a new revision. */
    rollback: (caller: Caller, companyId: string | null, draft: { readonly revision: number; readonly comment: string; readonly expectedRevision: number | null }): Promise<RuleBookView> =>
      append(caller, companyId, draft, async (sql, name) => {
        const book = await bookAt(sql, name, draft.revision)
        if (book === null) throw new AppError('not_found', `there is no revision ${draft.revision} of these rules`)
        // Checked again: a later release may judge more strictly than the one that saved it.
        return { document: ruleBookFrom(book.document), rolledBackTo: draft.revision }
      }),

    /** A company's rules in effect, now or at a revision that evidence names. */
    async effective(scope: Scope, companyId: string, revision: number | null = null): Promise<EffectiveRules> {
      await scopeOf(db, scope, companyId)
      const found = await effectiveAt(db, companyId, revision)
      if (found === null) throw new AppError('not_found', `there is no revision ${revision ?? 0} of the rules in effect`)
      return found
    },

    /** What a company would have without rules of its own. */
    async inherited(scope: Scope, companyId: string): Promise<StoredRuleBook> {
      await scopeOf(db, scope, companyId)
      return (await bookAt(db, MSP_SCOPE, null))?.document ?? {}
    },
  }
}

/** A company's rules in effect at a revision; null where there is none of this number. The caller has seen to it that the company may be read. */
export async function effectiveAt(sql: Sql, companyId: string, revision: number | null): Promise<EffectiveRules | null> {
  const [row] = await sql.query<{ revision: number; mspRevision: number | null; companyRevision: number | null; msp: StoredRuleBook | null; company: StoredRuleBook | null; mspOrigins: RuleOrigins | null; companyOrigins: RuleOrigins | null }>(
    `select ${whole('coalesce($2::bigint, c.rules_revision)')} as revision, ${whole('r.msp_revision')} as "mspRevision", ${whole('r.company_revision')} as "companyRevision",
       mb.document as msp, mb.origins as "mspOrigins", cb.document as company, cb.origins as "companyOrigins"
     from companies c left join company_rules r on r.company_id = c.id and r.revision = coalesce($2::bigint, c.rules_revision)
     left join rule_books mb on mb.scope = '${MSP_SCOPE}' and mb.revision = r.msp_revision
     left join rule_books cb on cb.scope = c.id and cb.revision = r.company_revision
     where c.id = $1`, [companyId, revision],
  )
  if (row === undefined || (row.mspRevision === null && row.revision !== 0)) return null
  const [msp, company] = [row.msp ?? {}, row.company ?? {}]
  const document = effectiveRules(msp, company)
  const own = rulesByName(company)
  const origins = [...rulesByName(document).keys()].map((name): RuleOrigin => {
    const [list = '', id = ''] = name.split('/')
    const from = own.has(name) ? 'company' : 'msp'
    return { list: list as RuleOrigin['list'], id, from, since: (from === 'company' ? row.companyOrigins : row.mspOrigins)?.[name] ?? 0 }
  })
  return { companyId, revision: row.revision, mspRevision: row.mspRevision ?? 0, companyRevision: row.companyRevision ?? 0, document, origins }
}

function originsOf(document: StoredRuleBook, revision: number, present: { readonly document: StoredRuleBook; readonly origins: RuleOrigins } | null): RuleOrigins {
  const were = rulesByName(present?.document ?? {})
  const origins: Record<string, number> = {}
  for (const [name, rule] of rulesByName(document)) origins[name] = were.has(name) && isDeepStrictEqual(were.get(name), rule) ? present?.origins[name] ?? revision : revision
  return origins
}

function shown({ scope, revision, author, comment, rolledBackTo, createdAt, document }: RuleBookView): RuleBookView {
  return { scope, revision, author, comment, rolledBackTo, createdAt, document }
}
