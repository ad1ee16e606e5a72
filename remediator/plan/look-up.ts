/** Finds out what is known of a machine that is meant: asset list, accounts, and, as far as may be, the clouds themselves. */
import type { FoundTarget, PlanAccount, PlanAsset, TargetWish } from '../../schemas/remediation-match.ts'
import type { System } from '../../schemas/runbooks.ts'
import type { Cloud } from '../../schemas/runs.ts'
import type { Mode } from '../../schemas/settings.ts'
import { ExecutorError, PASSING_FAULTS, type CloudMachine } from '../executors/port.ts'
import { pointersOf } from './pointers.ts'
import { isShownOnly } from './accounts.ts'
import { accountsFor, chooseTarget, type FoundMachine, type TargetAnswer, type TargetRefusal } from './targets.ts'

/** Where machines are looked up. The database gives the first two, the executors the third. */
export interface TargetRecords {
  /** Assets of the company that have one of the names, as name or alias, or one of the instances; in any letter case. At most 100. */
  assets(companyId: string, names: readonly string[], instanceIds: readonly string[]): Promise<readonly PlanAsset[]>
  /** Every cloud account of the company, those that are off too. */
  accounts(companyId: string): Promise<readonly PlanAccount[]>
}

/** Machines of one account by name, address or instance id, or by a tag. Throws ExecutorError where the cloud does not answer. */
export type Inventory = (companyId: string, accountId: string, query: { readonly text: string | null; readonly tag: { readonly key: string; readonly value: string } | null }) => Promise<readonly CloudMachine[]>

/** Whose machines are meant, and in which mode. */
export interface LookUpQuestion {
  readonly companyId: string
  readonly mode: Mode
  readonly cloud: Cloud | null
  readonly systems: readonly System[]
  /** Of the problem; empty where there is none. */
  readonly labels: Readonly<Record<string, string>>
  readonly wishes: readonly TargetWish[]
}

/** All machines, or why one of them cannot be told. `isPassing`: an account was throttled or did not answer, so that another look may tell. */
export type LookUpAnswer = { readonly kind: 'found'; readonly targets: readonly FoundTarget[] } | (TargetRefusal & { readonly wish: TargetWish; readonly isPassing: boolean })

/** Accounts asked for one machine. */
const ACCOUNTS_MAX = 20
/** Tags that name an asset, the more exact one first. */
const NAME_TAGS = ['alert-whisperer-asset', 'Name']

/** Finds every machine that is meant; the first that cannot be told ends it. `inventory` null: clouds are not asked. */
export async function lookUpTargets(question: LookUpQuestion, records: TargetRecords, inventory: Inventory | null): Promise<LookUpAnswer> {
  const accounts = await records.accounts(question.companyId)
  const targets: FoundTarget[] = []
  for (const wish of question.wishes) {
    const answer = await lookUp(question, wish, accounts, records, inventory)
    if (answer.kind === 'refused') return { ...answer, wish }
    targets.push({ target: answer.target, tags: answer.tags, remarks: answer.remarks })
  }
  return { kind: 'found', targets }
}

async function lookUp(question: LookUpQuestion, wish: TargetWish, accounts: readonly PlanAccount[], records: TargetRecords, inventory: Inventory | null): Promise<TargetAnswer & { readonly isPassing: boolean }> {
  const { companyId, mode, cloud, systems, labels } = question
  const pointed = wish.instanceId === null ? pointersOf(labels).map(({ instanceId }) => instanceId) : [wish.instanceId]
  const assets = await records.assets(companyId, [wish.asset], pointed)
  const known = { wish, cloud, mode, systems, labels, assets, accounts }
  const usable = accountsFor(known).slice(0, ACCOUNTS_MAX)
  if (inventory === null || isShownOnly(mode) || usable.length === 0) return { ...chooseTarget({ ...known, machines: [], isInventoryWhole: false }), isPassing: false }
  const ids = [...new Set([...pointed, ...assets.flatMap((asset) => asset.instanceId ?? asset.vmName ?? [])])].slice(0, 10)
  const asked = await Promise.all(usable.map((account) => askAccount(inventory, companyId, account, wish.asset, ids)))
  const faults = asked.flatMap(({ fault }) => fault ?? [])
  const answer = chooseTarget({ ...known, machines: asked.flatMap(({ machines }) => machines), isInventoryWhole: faults.length === 0 && usable.length === accountsFor(known).length })
  const isPassing = asked.some((one) => one.isPassing)
  if (answer.kind === 'refused') return { ...answer, why: [answer.why, ...faults].join(' '), isPassing }
  return { ...answer, remarks: [...answer.remarks, ...faults], isPassing }
}

/** By id where there are ids; else by tag, else by name. An account that does not answer makes the answer incomplete, which is told, and what needed it is refused. */
async function askAccount(inventory: Inventory, companyId: string, { id: accountId, name }: PlanAccount, asset: string, ids: readonly string[]): Promise<{ readonly machines: readonly FoundMachine[]; readonly fault: string | null; readonly isPassing: boolean }> {
  const ask = async (by: FoundMachine['by'], text: string | null, tag: string | null): Promise<FoundMachine[]> =>
    (await inventory(companyId, accountId, { text, tag: tag === null ? null : { key: tag, value: asset } })).map((machine) => ({ accountId, by, machine }))
  try {
    const byId = (await Promise.all(ids.map((id) => ask('id', id, null)))).flat().filter(({ machine }) => ids.some((id) => id.toLowerCase() === machine.instanceId.toLowerCase()))
    if (byId.length > 0) return { machines: byId, fault: null, isPassing: false }
    for (const tag of NAME_TAGS) {
      const byTag = (await ask('tag', null, tag)).filter(({ machine }) => machine.tags[tag]?.toLowerCase() === asset.toLowerCase())
      if (byTag.length > 0) return { machines: byTag, fault: null, isPassing: false }
    }
    return { machines: (await ask('name', asset, null)).filter(({ machine }) => isCalled(machine, asset)), fault: null, isPassing: false }
  } catch (thrown) {
    if (!(thrown instanceof ExecutorError)) throw thrown
    return { machines: [], fault: `The cloud account ${name} could not be asked (${thrown.fault}): ${thrown.message}.`, isPassing: PASSING_FAULTS.includes(thrown.fault) }
  }
}

/** Clouds look for parts of names; only a whole one counts, or a host's without its domain where one of the two has none. */
function isCalled({ name, instanceId, addresses }: CloudMachine, asset: string): boolean {
  const wanted = asset.trim().toLowerCase()
  return [name ?? '', instanceId, ...addresses].some((one) => one !== '' && isSameHost(one.toLowerCase(), wanted))
}

function isSameHost(a: string, b: string): boolean {
  if (a === b) return true
  if (a.includes('.') === b.includes('.') || [a, b].some((one) => /^[\d.]+$/.test(one))) return false
  return a.split('.')[0] === b.split('.')[0]
}
