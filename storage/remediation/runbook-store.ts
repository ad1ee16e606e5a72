/** Runbooks that people made, in the database: the MSP's, companies' own, and one-off scripts. Those that ship are files, whose ids nobody else may take. */
import { covers, type Caller, type Scope } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { Runbook } from '../../schemas/runbooks.ts'
import { writeAudit } from '../queries/audit.ts'
import { requireManaged } from '../queries/companies.ts'
import { requireVisibleCompany } from '../queries/incidents.ts'
import { atMs, type Sql, type SqlDatabase } from '../queries/sql.ts'

/** Runbooks that one company, or the MSP, keeps at most. */
const KEPT_MAX = 500

type Files = Readonly<Record<string, string>>

interface Row {
  companyId: string | null
  kind: 'msp' | 'company' | 'draft'
  version: number
  definition: Runbook
  removed: boolean
}

/** Runbooks over the database. `isShipped` tells the ids that are taken by files. */
export function runbookStore(db: SqlDatabase, { clock, isShipped }: { readonly clock: Clock; readonly isShipped: (id: string) => boolean }) {
  async function locked(sql: Sql, id: string): Promise<Row | null> {
    const [row] = await sql.query<Row>('select company_id as "companyId", kind, version, definition, removed_at is not null as removed from runbooks where id = $1 for update', [id])
    return row ?? null
  }

  /** Throws `forbidden` or `not_found` where the caller may not change runbooks of this owner. */
  async function requireOwner(sql: Sql, { scope }: Caller, companyId: string | null): Promise<void> {
    if (companyId !== null) await requireManaged(sql, scope, companyId)
    else if (scope.role !== 'msp_admin') throw new AppError('forbidden', 'only an MSP Admin changes runbooks of all companies')
  }

  async function write(sql: Sql, caller: Caller, companyId: string | null, kind: Row['kind'], runbook: Runbook, files: Files, nowMs: number): Promise<void> {
    const values = [runbook.id, companyId, kind, runbook.version, JSON.stringify(runbook), JSON.stringify(files), JSON.stringify({ kind: caller.kind, id: caller.id, name: caller.name }), nowMs]
    await sql.query(
      `insert into runbooks (id, company_id, kind, version, definition, files, created_by, created_at, updated_at) values ($1, $2, $3, $4, $5::jsonb, $6::jsonb, $7::jsonb, ${atMs('$8')}, ${atMs('$8')})
       on conflict (id) do update set version = excluded.version, definition = excluded.definition, files = excluded.files, updated_at = excluded.updated_at, removed_at = null`, values,
    )
    await sql.query(`insert into runbook_versions (id, version, definition, files, created_by, created_at) values ($1, $2, $3::jsonb, $4::jsonb, $5::jsonb, ${atMs('$6')})`, [...values.slice(0, 1), ...values.slice(3)])
  }

  return {
    /** The MSP's and the company's own, by id, without drafts. */
    async list(companyId: string): Promise<readonly Runbook[]> {
      const rows = await db.query<{ definition: Runbook }>(`select definition from runbooks where removed_at is null and kind <> 'draft' and (company_id is null or company_id = $1) order by id`, [companyId])
      return rows.map(({ definition }) => definition)
    },

    /** The newest version of one that the company may use, its drafts included. */
    async get(companyId: string, id: string): Promise<Runbook | null> {
      const [row] = await db.query<{ definition: Runbook }>('select definition from runbooks where id = $2 and removed_at is null and (company_id is null or company_id = $1)', [companyId, id])
      return row?.definition ?? null
    },

    /** Stores a runbook that was read and checked. Whoever changes one raises its version, so that a version says what ran. Throws `forbidden`, `not_found`, `conflict`. */
    async save(caller: Caller, companyId: string | null, runbook: Runbook, files: Files): Promise<Runbook> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        await requireOwner(sql, caller, companyId)
        const before = await locked(sql, runbook.id)
        if (isShipped(runbook.id) || (before !== null && (before.companyId !== companyId || before.kind === 'draft'))) throw new AppError('conflict', `the id "${runbook.id}" is taken; call yours otherwise, such as "own-${runbook.id}"`)
        if (before !== null && !before.removed && before.definition.digest === runbook.digest) return before.definition
        if (before !== null && before.version >= runbook.version) throw new AppError('conflict', `version ${before.version} of ${runbook.id} was stored before; raise "version" to ${before.version + 1}`)
        if (before === null) await refuseMore(sql, companyId)
        await write(sql, caller, companyId, companyId === null ? 'msp' : 'company', runbook, files, nowMs)
        await writeAudit(sql, caller, { companyId, action: before === null ? 'runbook.created' : 'runbook.updated', subject: runbook.id, before: before === null ? null : told(before.definition), after: { ...told(runbook), files } }, nowMs)
        return runbook
      }, { durable: true })
    },

    /** Takes one out of the library; its versions stay, for runs that were made of them. */
    async remove(caller: Caller, companyId: string | null, id: string): Promise<void> {
      const nowMs = clock.now()
      await db.transaction(async (sql) => {
        await requireOwner(sql, caller, companyId)
        const before = await locked(sql, id)
        if (before === null || before.removed || before.kind === 'draft' || before.companyId !== companyId) throw new AppError('not_found', 'there is no such runbook that people made here; those that ship are switched off in the settings')
        await sql.query(`update runbooks set removed_at = ${atMs('$2')}, updated_at = ${atMs('$2')} where id = $1`, [id, nowMs])
        await writeAudit(sql, caller, { companyId, action: 'runbook.removed', subject: id, before: told(before.definition), after: null }, nowMs)
      }, { durable: true })
    },

    /** Stores a one-off script, which no list shows. */
    async draft(caller: Caller, companyId: string, runbook: Runbook, files: Files): Promise<Runbook> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        await requireWorker(sql, caller.scope, companyId)
        await write(sql, caller, companyId, 'draft', runbook, files, nowMs)
        await writeAudit(sql, caller, { companyId, action: 'runbook.drafted', subject: runbook.id, before: null, after: { ...told(runbook), files } }, nowMs)
        return runbook
      }, { durable: true })
    },
  }
}

/** Throws `not_found` or `forbidden` for whoever may not ask for runs in the company. */
async function requireWorker(sql: Sql, scope: Scope, companyId: string): Promise<void> {
  await requireVisibleCompany(sql, scope, companyId)
  if (!covers(scope, companyId) || scope.role === 'viewer') throw new AppError('forbidden', 'your role may read runs, not ask for them')
}

async function refuseMore(sql: Sql, companyId: string | null): Promise<void> {
  const [counted] = await sql.query<{ count: number }>(`select count(*)::float8 as count from runbooks where kind <> 'draft' and removed_at is null and company_id is not distinct from $1`, [companyId])
  if ((counted?.count ?? 0) >= KEPT_MAX) throw new AppError('conflict', `${KEPT_MAX} runbooks are kept already; remove some`)
}

function told({ id, version, summary, risk, digest }: Runbook): object {
  return { id, version, summary, risk, digest }
}
