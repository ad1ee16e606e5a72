/** All runbooks: the files that ship, read once, and those of people from the database. */
import { randomUUID } from 'node:crypto'
import type { ScriptRequest } from './api/remediation-ports.ts'
import { digestOf } from './remediator/library/digest.ts'
import type { RunbookFiles } from './remediator/library/load.ts'
import type { RunbookLibrary } from './remediator/library/port.ts'
import { shippedRunbooks } from './remediator/library/shipped.ts'
import type { Caller } from './schemas/access.ts'
import type { Clock } from './schemas/clock.ts'
import { AppError } from './schemas/errors.ts'
import type { Runbook } from './schemas/runbooks.ts'
import type { SqlDatabase } from './storage/queries/sql.ts'
import { runbookStore } from './storage/remediation/runbook-store.ts'

/** A one-off script as it is handed in. */
export type Draft = Pick<ScriptRequest, 'companyId' | 'summary' | 'system' | 'script' | 'timeoutMs'>

/** Runbooks, and what people may do with their own. A company id of null means the MSP's. */
export interface RunbookShelf extends RunbookLibrary {
  /** Stores a runbook that was read and checked, as a new version. Throws `forbidden`, `not_found`, `conflict` where the id is somebody else's. */
  save(caller: Caller, companyId: string | null, runbook: Runbook, files: RunbookFiles): Promise<Runbook>
  remove(caller: Caller, companyId: string | null, id: string): Promise<void>
  /** Makes a runbook of a one-off script, which no list shows. Throws `bad_request` for a script that no machine is sent. */
  draft(caller: Caller, script: Draft): Promise<Runbook>
}

/** A request for a one-off script is void after this. */
const DRAFT_APPROVAL_MS = 60 * 60_000
/** What Systems Manager would put something else in the place of. */
const PLACEHOLDER = /\{\{\s*\/?(?:ssm|ssm-secure|secretsmanager|global|automation)\b/i

/** Opens the shelf. `shipped` stands in for the files in tests. */
export async function openRunbookShelf(database: SqlDatabase, { clock, shipped }: { readonly clock: Clock; readonly shipped?: readonly Runbook[] }): Promise<RunbookShelf> {
  const files = new Map((shipped ?? await shippedRunbooks()).map((runbook) => [runbook.id, runbook]))
  const store = runbookStore(database, { clock, isShipped: (id) => files.has(id) })
  return {
    async list(companyId) {
      return [...files.values(), ...await store.list(companyId)].sort((a, b) => (a.id < b.id ? -1 : 1))
    },
    get: async (companyId, id) => files.get(id) ?? store.get(companyId, id),
    save: (caller, companyId, runbook, texts) => store.save(caller, companyId, runbook, texts),
    remove: (caller, companyId, id) => store.remove(caller, companyId, id),
    draft(caller, script) {
      const { runbook, files: texts } = draftOf(script)
      return store.draft(caller, script.companyId, runbook, texts)
    },
  }
}

/** Always high risk, always somebody else's yes, never matched and never run again by itself. */
function draftOf({ companyId, summary, system, script, timeoutMs }: Draft): { readonly runbook: Runbook; readonly files: RunbookFiles } {
  if (PLACEHOLDER.test(script)) throw new AppError('bad_request', 'the script holds a placeholder such as {{ssm:…}}, in whose place the cloud would put something that nobody was shown; write it otherwise')
  const id = `draft-${randomUUID()}`
  const file = system === 'linux' ? 'script.sh' : 'script.ps1'
  const definition = {
    id, version: 1, summary, description: 'A one-off script that a person wrote for this run.', category: 'one-off', risk: 'high' as const, systems: [system], match: { all: [], any: [] }, inputs: [],
    limits: { maxRunsPerHour: 100, cooldownMs: 0, maxTargets: 5, maxFailures: 1 }, approval: { role: 'msp_admin' as const, timeoutMs: DRAFT_APPROVAL_MS, fourEyes: true },
    steps: [{ id: 'script', summary, shell: { [system]: { file, text: script } }, automation: null, timeoutMs, changes: true, onFailure: 'stop' as const }], rollback: [], verify: null,
  }
  return { runbook: { ...definition, origin: 'draft', companyId, digest: digestOf(definition) }, files: { [file]: script } }
}
