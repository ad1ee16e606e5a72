/** Makes a target of a place where the machine is. */
import type { FoundTarget, PlanAccount, PlanAsset, TargetWish } from '../../schemas/remediation-match.ts'
import type { System } from '../../schemas/runbooks.ts'
import type { RunTarget } from '../../schemas/runs.ts'
import type { CloudMachine } from '../executors/port.ts'
import { regionsOf } from './accounts.ts'
import type { Pointer } from './pointers.ts'

/** An account with what its machine is known by; at least one of `machine`, `asset` and `pointer` is there. */
export interface Place {
  readonly account: PlanAccount
  readonly machine: CloudMachine | null
  readonly asset: PlanAsset | null
  readonly pointer: Pointer | null
  readonly foundBy: RunTarget['foundBy']
}

const SYSTEM_TAGS = ['os', 'platform', 'system', 'operatingsystem', 'operating_system']
const WINDOWS = /windows/i
const LINUX = /linux|ubuntu|debian|red ?hat|rhel|centos|rocky|alma|suse|amazon|fedora/i

/** The target, or what is missing to make it. */
export function targetOf({ account, machine, asset, pointer, foundBy }: Place, { wish, systems }: { readonly wish: TargetWish; readonly systems: readonly System[] }): FoundTarget | { readonly code: 'target_unknown' | 'system_unsupported'; readonly why: string } {
  const name = asset?.name ?? wish.asset
  const tags = { ...machine?.tags, ...asset?.tags }
  const remarks: string[] = []
  const instanceId = machine?.instanceId ?? asset?.instanceId ?? asset?.vmName ?? pointer?.instanceId ?? ''
  const regions = regionsOf(account)
  const group = account.cloud === 'aws' ? null : machine?.group ?? asset?.resourceGroup ?? pointer?.group ?? null
  const region = machine?.region ?? asset?.region ?? pointer?.region ?? (regions.length === 1 ? regions[0] : undefined) ?? (account.cloud === 'gcp' ? group?.replace(/-[a-z]$/, '') : undefined) ?? ''
  if (region === '') return { code: 'target_unknown', why: `Nobody says in which region ${name} is; give the asset its region on the asset list.` }
  if (account.cloud === 'aws' && regions.length > 0 && !regions.includes(region)) return { code: 'target_unknown', why: `${name} is in ${region}, which the cloud account ${account.name} does not name; add the region there, or correct the asset.` }
  if (account.cloud !== 'aws' && group === null) return { code: 'target_unknown', why: `Nobody says in which ${account.cloud === 'azure' ? 'resource group' : 'zone'} ${name} is; give it to the asset on the asset list (as resource group).` }
  const known = systemOf(tags, machine)
  const [only, ...others] = systems
  const system = known ?? (others.length === 0 ? only : undefined)
  if (system === undefined) return { code: 'system_unsupported', why: `Nobody says whether ${name} runs Linux or Windows; give the asset a tag os on the asset list.` }
  if (known === null) remarks.push(`Nobody says what ${name} runs; it is taken for ${system}, the only system the runbook is written for.`)
  if (machine !== null && !machine.isOnline) remarks.push(`${name} does not take commands now: its agent is offline.`)
  if (foundBy === 'label') remarks.push(`${name} was found by the label ${pointer?.label ?? ''} of the alert; the machine is called ${machine?.name ?? instanceId} in ${account.name}.`)
  const target: RunTarget = { asset: name, cloud: account.cloud, cloudAccountId: account.id, system, region, instanceId, group, foundBy, isCritical: asset?.isCritical ?? false }
  return { target, tags, remarks }
}

/** What the asset list says of the system, else what the cloud says. */
function systemOf(tags: Readonly<Record<string, string>>, machine: CloudMachine | null): System | null {
  for (const [name, value] of Object.entries(tags)) {
    if (!SYSTEM_TAGS.includes(name.toLowerCase())) continue
    if (WINDOWS.test(value)) return 'windows'
    if (LINUX.test(value)) return 'linux'
  }
  return machine?.system ?? null
}
