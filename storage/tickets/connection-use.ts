/** Notes that a connection was used: in the audit log once a process and hour, and in its row at most once a minute. */
import type { Caller } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { writeAudit } from '../queries/audit.ts'
import { atMs, type SqlDatabase } from '../queries/sql.ts'
import type { ConnectionRow } from './connection-rows.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
/** Uses that are known to be noted; beyond it the oldest are noted again. */
const NOTED_MAX = 10_000
const PROGRAM: Caller = { kind: 'system', id: 'tickets', name: 'tickets', ip: null, scope: { role: 'viewer', userId: 'tickets', companyIds: [] } }

/** Why a connection is opened. */
export interface ConnectionUse {
  readonly purpose: 'work' | 'check' | 'look-up' | 'connect'
  /** Null: the program by itself. */
  readonly caller: Caller | null
}

/** A noter for one process. */
export function connectionUse(db: SqlDatabase, clock: Clock): (row: ConnectionRow, use: ConnectionUse) => Promise<void> {
  const audited = new Map<string, number>()
  const touched = new Map<string, number>()
  return async (row, { purpose, caller }) => {
    const nowMs = clock.now()
    const key = `${row.id} ${purpose} ${caller?.id ?? ''}`
    const isAudited = nowMs - (audited.get(key) ?? -HOUR_MS) < HOUR_MS
    if (isAudited && nowMs - (touched.get(row.id) ?? -MINUTE_MS) < MINUTE_MS) return
    await db.transaction(async (sql) => {
      await sql.query(`update connections set last_used_at = ${atMs('$2')} where id = $1`, [row.id, nowMs])
      if (!isAudited) await writeAudit(sql, caller ?? PROGRAM, { companyId: row.companyId, action: 'connection.used', subject: row.id, before: null, after: { purpose, name: row.name } }, nowMs)
    }, { durable: !isAudited })
    note(touched, row.id, nowMs)
    if (!isAudited) note(audited, key, nowMs)
  }
}

function note(noted: Map<string, number>, key: string, nowMs: number): void {
  noted.delete(key)
  noted.set(key, nowMs)
  for (const oldest of noted.keys()) {
    if (noted.size <= NOTED_MAX) break
    noted.delete(oldest)
  }
}
