/** The chain of the audit log, read in order: to be exported within a scope, or checked against the log itself. */
import type { Scope } from '../../schemas/access.ts'
import { ChainCheck, type ChainedLine, type ChainReport } from '../../schemas/audit-chain.ts'
import { visibleAudit } from '../queries/scope.ts'
import { atMs, Params, whole, type SqlDatabase } from '../queries/sql.ts'

const PAGE_LINES = 1_000
const COLUMNS = `${whole('c.seq')} as seq, c.body as entry, encode(c.hash, 'hex') as hash, coalesce(encode(p.hash, 'hex'), repeat('00', 32)) as previous`

/** Which lines of the audit log are exported. */
export interface AuditExportQuery {
  readonly companyId: string | null
  readonly fromMs: number | null
  readonly toMs: number | null
}

/** Lines the caller may see, oldest first. */
export async function* exportChain(db: SqlDatabase, scope: Scope, query: AuditExportQuery): AsyncGenerator<ChainedLine> {
  for (let after = 0; ;) {
    const params = new Params()
    const where = [visibleAudit(scope, params, 'a'), `c.seq > ${params.add(after)}`]
    if (query.companyId !== null) where.push(`a.company_id = ${params.add(query.companyId)}`)
    if (query.fromMs !== null) where.push(`a.at >= ${atMs(params.add(query.fromMs))}`)
    if (query.toMs !== null) where.push(`a.at < ${atMs(params.add(query.toMs))}`)
    const lines = await db.query<ChainedLine>(
      `select ${COLUMNS} from audit_chain c join audit_log a on a.id = c.audit_id left join audit_chain p on p.seq = c.seq - 1 where ${where.join(' and ')} order by c.seq limit ${PAGE_LINES}`, params.values)
    yield* lines
    const last = lines.at(-1)
    if (last === undefined || lines.length < PAGE_LINES) return
    after = last.seq
  }
}

/** Checks every link, that each line of the log is the one that was chained, and that none stands outside the chain. */
export async function verifyChain(db: SqlDatabase, expected: { readonly seq: number; readonly hash: string } | null): Promise<ChainReport> {
  const check = new ChainCheck(expected)
  // The head first: lines that are added meanwhile are not judged.
  const [head] = await db.query<{ seq: number; hash: string | null; last: number }>(
    `select coalesce(${whole('h.seq')}, 0) as seq, encode(h.hash, 'hex') as hash, ${whole('c.last')} as last from (select coalesce(max(seq), 0) as last from audit_chain) c left join audit_head h on true`)
  const end = Math.max(head?.seq ?? 0, head?.last ?? 0)
  for (let after = 0; after < end;) {
    const lines = await db.query<ChainedLine & { now: string | null }>(
      `select ${COLUMNS}, case when a.id is not null then audit_body(a) end as now from audit_chain c left join audit_log a on a.id = c.audit_id left join audit_chain p on p.seq = c.seq - 1
       where c.seq > $1 and c.seq <= $2 order by c.seq limit ${PAGE_LINES}`, [after, end])
    for (const { now, ...line } of lines) {
      if (line.seq !== after + 1) check.fail(after + 1, 'the chain has no such line')
      check.take(line)
      if (now === null) check.fail(line.seq, 'the log has no such line any more')
      else if (now !== line.entry) check.fail(line.seq, 'the line of the log was changed')
      after = line.seq
    }
    if (lines.length === 0) check.fail(after + 1, 'the chain has no such line')
    if (lines.length === 0) break
  }
  const report = check.report()
  if (!report.ok) return report
  if (end > (head?.seq ?? 0)) return { ...report, ok: false, broken: { seq: (head?.seq ?? 0) + 1, reason: 'the chain goes on after the line the head names: the head was set back' } }
  if (end > 0 && report.head?.hash !== head?.hash) return { ...report, ok: false, broken: { seq: end, reason: 'the newest line is not the one the head names' } }
  const [outside] = await db.query<{ id: number }>(`select ${whole('a.id')} as id from audit_log a where not exists (select 1 from audit_chain c where c.audit_id = a.id) order by a.id limit 1`)
  return outside === undefined ? report : { ...report, ok: false, broken: { seq: 0, reason: `line ${outside.id} of the log stands outside the chain: it was slipped in` } }
}
