/** Clouds of companies as the API asks for them: what is stored, how it is set up, and whether it works. */
import type { Caller, Scope } from '../../schemas/access.ts'
import { AppError } from '../../schemas/errors.ts'
import type { CloudAccountDraft, CloudOnboarding } from '../../schemas/remediation-views.ts'
import type { Cloud, CloudAccountView, CloudCheck } from '../../schemas/runs.ts'
import type { System } from '../../schemas/runbooks.ts'
import { ExecutorError, type CloudAccount, type Executor } from '../executors/port.ts'
import { awsSteps } from './onboarding/aws.ts'
import { azureSteps } from './onboarding/azure.ts'
import { dattoSteps } from './onboarding/datto-rmm.ts'
import { gcpSteps } from './onboarding/gcp.ts'

/** A check that takes longer is ended. */
const CHECK_WITHIN_MS = 300_000

/** What is stored; storage fits it by shape. */
export interface CloudAccountStorePort {
  list(scope: Scope, companyId: string): Promise<readonly CloudAccountView[]>
  get(scope: Scope, companyId: string, id: string): Promise<CloudAccountView>
  /** The same for a person; told in the audit log. */
  read(caller: Caller, companyId: string, id: string): Promise<CloudAccountView>
  create(caller: Caller, companyId: string, draft: CloudAccountDraft): Promise<CloudAccountView>
  update(caller: Caller, companyId: string, id: string, change: Partial<Omit<CloudAccountDraft, 'cloud'>>): Promise<CloudAccountView>
  remove(caller: Caller, companyId: string, id: string): Promise<void>
  open(companyId: string, id: string, use: { readonly purpose: 'check'; readonly runId: null; readonly caller: Caller }): Promise<CloudAccount & { readonly updatedAt: string }>
  keepCheck(caller: Caller, companyId: string, id: string, report: CloudCheck, checked: Pick<CloudAccountView, 'fields' | 'environment' | 'updatedAt'>): Promise<CloudAccountView>
}

/** A machine to try a harmless command on. */
export interface CheckMachine { readonly instanceId: string; readonly group: string | null; readonly region: string; readonly system: System }

/** What the accounts need. */
export interface CloudAccountsOptions {
  readonly store: CloudAccountStorePort
  /** Executors by cloud, as executors/registry.ts gives them. */
  readonly executors: (cloud: Cloud) => Promise<Pick<Executor, 'check'>>
  /** False in mode demo, where no cloud is called. */
  readonly callsClouds: boolean
  /** Who this program is for Amazon, as an ARN that a trust policy takes; null where it cannot be found out. */
  readonly awsPrincipal: () => Promise<string | null>
}

/** Cloud accounts, for the API. */
export function cloudAccounts({ store, executors, callsClouds, awsPrincipal }: CloudAccountsOptions) {
  return {
    list: (scope: Scope, companyId: string): Promise<readonly CloudAccountView[]> => store.list(scope, companyId),
    get: (caller: Caller, companyId: string, id: string): Promise<CloudAccountView> => store.read(caller, companyId, id),
    create: (caller: Caller, companyId: string, draft: CloudAccountDraft): Promise<CloudAccountView> => store.create(caller, companyId, draft),
    update: (caller: Caller, companyId: string, id: string, change: Partial<Omit<CloudAccountDraft, 'cloud'>>): Promise<CloudAccountView> => store.update(caller, companyId, id, change),
    remove: (caller: Caller, companyId: string, id: string): Promise<void> => store.remove(caller, companyId, id),

    /** What is to be done in the cloud, made from the account's own fields. */
    async onboarding(caller: Caller, companyId: string, id: string): Promise<CloudOnboarding> {
      const account = await store.read(caller, companyId, id)
      const { cloud, fields } = account
      return { account, steps: cloud === 'aws' ? awsSteps(fields, callsClouds ? await awsPrincipal() : null) : cloud === 'azure' ? azureSteps(fields) : cloud === 'gcp' ? gcpSteps(fields) : dattoSteps() }
    },

    /** Calls the cloud and keeps what was found. Throws `conflict` in mode demo, and where the account was changed meanwhile. */
    async check(caller: Caller, companyId: string, id: string, machine: CheckMachine | null): Promise<CloudAccountView> {
      // Rights before anything is opened or called.
      const { cloud } = await store.get(caller.scope, companyId, id)
      if (!callsClouds) throw new AppError('conflict', 'AW_MODE is demo, in which no cloud is called: start the program with dry-run, sandbox or production to check accounts')
      const account = await store.open(companyId, id, { purpose: 'check', runId: null, caller })
      return store.keepCheck(caller, companyId, id, await checked(() => executors(cloud), account, machine), account)
    },
  }
}

async function checked(executor: () => Promise<Pick<Executor, 'check'>>, account: CloudAccount, machine: CheckMachine | null): Promise<CloudCheck> {
  try {
    return await (await executor()).check({ account, signal: AbortSignal.timeout(CHECK_WITHIN_MS) }, machine)
  } catch (error) {
    if (!(error instanceof ExecutorError)) throw error
    return { ok: false, findings: [{ name: 'check', ok: false, message: error.message }] }
  }
}
