/** The parts of remediation that the API and the role `remediate` stand on alike: library, runs, clouds, and the planner over them. */
import { cloudAccountRules } from '../../remediator/cloud/rules.ts'
import type { Executor } from '../../remediator/executors/port.ts'
import { makeExecutors, type Executors } from '../../remediator/executors/registry.ts'
import { pacedInventory } from '../../remediator/plan/paced-inventory.ts'
import { makePlanner, type Planner } from '../../remediator/plan/planner.ts'
import { callGate } from '../../remediator/runs/call-gate.ts'
import type { CallGate } from '../../remediator/runs/ports.ts'
import { openRunbookShelf, type RunbookShelf } from './runbook-shelf.ts'
import type { Clock } from '../../schemas/clock.ts'
import { CLOUDS, type Cloud } from '../../schemas/runs.ts'
import type { Runbook } from '../../schemas/runbooks.ts'
import type { Mode } from '../../schemas/settings.ts'
import type { SqlDatabase } from '../../storage/queries/sql.ts'
import { cloudAccountStore, type CloudAccountStore } from '../../storage/remediation/cloud-account-store.ts'
import { planRecords } from '../../storage/remediation/plan-records.ts'
import { openRunStore, type RunStore } from '../../storage/remediation/run-store.ts'
import { callAccounts } from '../../storage/tickets/call-accounts.ts'
import { openSecretBox, type MasterKey } from '../../storage/secret-box.ts'

/** What they are opened with. */
export interface RemediationOptions {
  readonly database: SqlDatabase
  readonly clock: Clock
  /** AW_MODE. */
  readonly ceiling: Mode
  /** AW_TOKEN_FOUR_EYES is `never`; it counts unless told. */
  readonly isTokenBarred?: boolean
  readonly masterKey: MasterKey
  /** Called after something lies in the outbox or a run is due. */
  readonly changed: () => void
  /** Those there are, unless a test gives its own. */
  readonly executors?: Executors
  /** In place of the runbooks that ship. */
  readonly shipped?: readonly Runbook[]
}

/** The parts. */
export interface RemediationParts {
  readonly shelf: RunbookShelf
  readonly runs: RunStore
  readonly accounts: CloudAccountStore
  readonly executors: Executors
  /** Shares its counts with all processes. */
  readonly gate: CallGate
  /** Loads the clouds' libraries with its first use. */
  planner(): Promise<Planner>
  /** The executors there are, loaded. */
  loaded(): Promise<Readonly<Partial<Record<Cloud, Executor>>>>
}

/** Opens them. */
export async function openRemediationParts(options: RemediationOptions): Promise<RemediationParts> {
  const { database, clock, ceiling, isTokenBarred = false, masterKey, changed, executors = makeExecutors(clock), shipped } = options
  const shelf = await openRunbookShelf(database, { clock, ...(shipped === undefined ? {} : { shipped }) })
  const accounts = cloudAccountStore(database, { clock, box: openSecretBox(masterKey), rules: cloudAccountRules })
  let loading: Promise<Readonly<Partial<Record<Cloud, Executor>>>> | null = null
  let planner: Promise<Planner> | null = null

  const loaded = (): Promise<Readonly<Partial<Record<Cloud, Executor>>>> => loading ??= Promise.all(CLOUDS.map(async (cloud) => {
    const [result] = await Promise.allSettled([executors(cloud)])
    return result.status === 'fulfilled' ? ([cloud, result.value] as const) : null
  })).then((made) => Object.fromEntries(made.filter((one) => one !== null)))

  const gate = callGate(callAccounts(database, { clock }))
  return {
    shelf, accounts, executors, loaded, gate,
    runs: openRunStore(database, { clock, changed, ceiling, isTokenBarred }),
    planner: () => planner ??= loaded().then((known) => makePlanner({
      library: shelf, records: planRecords(database), executors: known,
      inventory: pacedInventory({ open: (companyId, accountId) => accounts.open(companyId, accountId, { purpose: 'look-up', runId: null, caller: null }), executors, gate, clock }),
    })),
  }
}

/** Finds out who this program is for Amazon, as a trust policy names it; null without credentials. */
export function awsPrincipal(clock: Clock): () => Promise<string | null> {
  return async () => {
    const [{ awsIdentity }, { principalOf }] = await Promise.all([import('../../remediator/executors/aws/index.ts'), import('../../remediator/cloud/onboarding/aws.ts')])
    // Every region of the token service gives the same answer.
    const identity = await awsIdentity({ region: 'us-east-1' }, clock)
    return identity === null ? null : principalOf(identity)
  }
}
