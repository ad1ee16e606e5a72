/** All runbooks: the files that ship, read once, and those of people from the database. */
import { randomUUID } from 'node:crypto'
import type { ScriptRequest } from '../../api/remediation-ports.ts'
import { requireDeservedRisk } from '../../remediator/library/content-risk.ts'
import { draftOf } from '../../remediator/library/draft.ts'
import type { RunbookFiles } from '../../remediator/library/definition.ts'
import type { RunbookLibrary } from '../../remediator/library/port.ts'
import { shippedRunbooks } from '../../remediator/library/shipped.ts'
import type { Caller } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import type { Runbook } from '../../schemas/runbooks.ts'
import type { SqlDatabase } from '../../storage/queries/sql.ts'
import { runbookStore } from '../../storage/remediation/runbook-store.ts'

/** A one-off script as it is handed in. */
export type Draft = Pick<ScriptRequest, 'companyId' | 'summary' | 'system' | 'script' | 'timeoutMs'>

/** Runbooks, and what people may do with their own. A company id of null means the MSP's. */
export interface RunbookShelf extends RunbookLibrary {
  /** Stores a runbook that was read and checked, as a new version. Throws `forbidden`, also for a lower risk than its content deserves, `not_found`, `conflict` where the id is somebody else's. */
  save(caller: Caller, companyId: string | null, runbook: Runbook, files: RunbookFiles): Promise<Runbook>
  remove(caller: Caller, companyId: string | null, id: string): Promise<void>
  /** Makes a runbook of a one-off script, which no list shows. Throws `bad_request` for a script that no machine is sent. */
  draft(caller: Caller, script: Draft): Promise<Runbook>
}

/** Opens the shelf. `shipped` stands in for the files in tests. */
export async function openRunbookShelf(database: SqlDatabase, { clock, shipped }: { readonly clock: Clock; readonly shipped?: readonly Runbook[] }): Promise<RunbookShelf> {
  const files = new Map((shipped ?? await shippedRunbooks()).map((runbook) => [runbook.id, runbook]))
  const store = runbookStore(database, { clock, isShipped: (id) => files.has(id) })
  return {
    async list(companyId) {
      // A release may bring an id that somebody took before: theirs stays stored and the one that ships counts.
      const own = (await store.list(companyId)).filter(({ id }) => !files.has(id))
      return [...files.values(), ...own].sort((a, b) => (a.id < b.id ? -1 : 1))
    },
    get: async (companyId, id) => files.get(id) ?? store.get(companyId, id),
    async save(caller, companyId, runbook, texts) {
      requireDeservedRisk(runbook, caller.scope.role === 'msp_admin')
      return store.save(caller, companyId, runbook, texts)
    },
    remove: (caller, companyId, id) => store.remove(caller, companyId, id),
    async draft(caller, script) {
      const { runbook, files: texts } = draftOf(script, `draft-${randomUUID()}`)
      return store.draft(caller, script.companyId, runbook, texts)
    },
  }
}
