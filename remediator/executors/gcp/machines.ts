/** Instances of a project. */
import { ExecutorError, type CloudMachine } from '../port.ts'
import type { GcpSession } from './session.ts'

/** An instance, as far as it is used. */
export interface Instance {
  readonly id?: string
  readonly name?: string
  readonly status?: string
  readonly zone?: string
  readonly hostname?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly disks?: readonly { readonly guestOsFeatures?: readonly { readonly type?: string }[] }[]
  readonly networkInterfaces?: readonly { readonly networkIP?: string; readonly accessConfigs?: readonly { readonly natIP?: string }[] }[]
}

const FOUND_MAX = 50
const PAGE = 500
const PAGES_MAX = 40

/** One instance. Throws `not_found`. */
export function readInstance(session: GcpSession, zone: string, name: string): Promise<Instance> {
  const { compute, projectId } = session.settings
  return session.call<Instance>('reading an instance', 'GET', `${compute}/projects/${projectId}/zones/${zone}/instances/${encodeURIComponent(name)}`)
}

/** Whether it runs; whether its agent is well only a report tells. */
export function isRunning({ status }: Instance): boolean {
  return status === 'RUNNING'
}

/** Instances whose name, host name, number, address or label fits. */
export async function gcpMachines(session: GcpSession, query: { readonly text: string | null; readonly tag: { readonly key: string; readonly value: string } | null }): Promise<readonly CloudMachine[]> {
  const { compute, projectId } = session.settings
  const found: CloudMachine[] = []
  let pageToken = ''
  for (let page = 0; page < PAGES_MAX; page++) {
    const parameters = new URLSearchParams({ maxResults: String(PAGE), returnPartialSuccess: 'true', ...(pageToken === '' ? {} : { pageToken }) })
    const { items = {}, nextPageToken = '', unreachables = [] } = await session.call<{ items?: Readonly<Record<string, { readonly instances?: readonly Instance[] }>>; nextPageToken?: string; unreachables?: readonly string[] }>('listing instances', 'GET', `${compute}/projects/${projectId}/aggregated/instances?${parameters.toString()}`)
    for (const instance of Object.values(items).flatMap(({ instances = [] }) => instances)) if (fits(instance, query) && isInZones(session, instance)) found.push(described(instance))
    const lost = unreachables.map((scope) => scope.split('/').at(-1) ?? '').filter((zone) => session.settings.zones.length === 0 || session.settings.zones.includes(zone))
    // Half a list could make two machines of one name look like one.
    if (lost.length > 0) throw new ExecutorError('unavailable', `listing instances: Google does not reach ${lost.slice(0, 5).map((zone) => zone.replace(/[^\w-]/g, '').slice(0, 40)).join(', ')}; where that stays so, name the other zones in the account`)
    if (found.length >= FOUND_MAX || nextPageToken === '') return found.slice(0, FOUND_MAX)
    pageToken = nextPageToken
  }
  throw new ExecutorError('invalid', `listing instances: there are more than ${PAGE * PAGES_MAX}; put the machine on the asset list`)
}

function isInZones({ settings }: GcpSession, { zone = '' }: Instance): boolean {
  return settings.zones.length === 0 || settings.zones.includes(zone.split('/').at(-1) ?? '')
}

function fits(instance: Instance, { text, tag }: { readonly text: string | null; readonly tag: { readonly key: string; readonly value: string } | null }): boolean {
  if (tag !== null && instance.labels?.[tag.key] !== tag.value) return false
  if (text === null) return true
  const wanted = text.toLowerCase()
  const { name = '', hostname = name } = instance
  return wanted !== '' && (wanted === name || wanted === hostname.toLowerCase() || wanted.startsWith(`${name}.`) || wanted === instance.id || addressesOf(instance).includes(wanted))
}

function described(instance: Instance): CloudMachine {
  const zone = instance.zone?.split('/').at(-1) ?? ''
  const isWindows = instance.disks?.some(({ guestOsFeatures = [] }) => guestOsFeatures.some(({ type }) => type === 'WINDOWS')) === true
  return { instanceId: instance.name ?? '', name: instance.name ?? null, group: zone, region: zone.replace(/-[a-z]$/, ''), system: instance.disks === undefined ? null : isWindows ? 'windows' : 'linux', addresses: addressesOf(instance), tags: instance.labels ?? {}, isOnline: isRunning(instance) }
}

function addressesOf({ networkInterfaces = [] }: Instance): readonly string[] {
  return networkInterfaces.flatMap(({ networkIP, accessConfigs = [] }) => [networkIP, ...accessConfigs.map(({ natIP }) => natIP)]).filter((address) => address !== undefined)
}
