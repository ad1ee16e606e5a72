/** Devices of the company's site. */
import type { System } from '../../../schemas/runbooks.ts'
import { ExecutorError, type CloudMachine } from '../port.ts'
import type { DattoSession } from './session.ts'

/** A device, as far as it is used. */
export interface Device {
  readonly id?: number
  readonly uid?: string
  readonly siteUid?: string
  readonly siteName?: string
  readonly hostname?: string
  readonly domain?: string
  readonly intIpAddress?: string
  readonly extIpAddress?: string
  readonly operatingSystem?: string
  readonly online?: boolean
  readonly suspended?: boolean
  readonly deleted?: boolean
  readonly udf?: Readonly<Record<string, string | null>>
}

const FOUND_MAX = 50
const PAGE = 250
const PAGES_MAX = 80

/** One device of the site. Throws `not_found`, also for one of another site. */
export async function readDevice(session: DattoSession, uid: string): Promise<Device> {
  const device = await session.call<Device>('reading a device', 'GET', `/v2/device/${encodeURIComponent(uid)}`)
  if (device.siteUid !== session.settings.siteUid || device.deleted === true) throw new ExecutorError('not_found', 'the site of the account has no such device')
  return device
}

/** Devices whose host name, uid, number, address or tag fits. User-defined fields that read `name=value` count as tags. */
export async function dattoMachines(session: DattoSession, query: { readonly text: string | null; readonly tag: { readonly key: string; readonly value: string } | null }): Promise<readonly CloudMachine[]> {
  const found: CloudMachine[] = []
  for (let page = 0; page < PAGES_MAX; page++) {
    const { devices = [], pageDetails } = await session.call<{ devices?: readonly Device[]; pageDetails?: { readonly nextPageUrl?: string | null } }>('listing devices', 'GET', `/v2/site/${session.settings.siteUid}/devices?page=${page}&max=${PAGE}`)
    for (const device of devices) if (device.deleted !== true && fits(device, query)) found.push(described(device))
    // The page's own address is not followed: it is the service's word where to send the token.
    if (found.length >= FOUND_MAX || typeof pageDetails?.nextPageUrl !== 'string' || pageDetails.nextPageUrl === '') return found.slice(0, FOUND_MAX)
  }
  // Half a list could make two devices of one name look like one.
  throw new ExecutorError('invalid', `listing devices: the site has more than ${PAGE * PAGES_MAX}; put the machine on the asset list`)
}

/** Null for what no script is written for. */
export function systemOf({ operatingSystem = '' }: Device): System | null {
  return /windows/i.test(operatingSystem) ? 'windows' : /linux|ubuntu|debian|centos|red ?hat|suse|fedora|rocky|alma/i.test(operatingSystem) ? 'linux' : null
}

function fits(device: Device, { text, tag }: { readonly text: string | null; readonly tag: { readonly key: string; readonly value: string } | null }): boolean {
  if (tag !== null && tagsOf(device)[tag.key] !== tag.value) return false
  if (text === null) return true
  const wanted = text.toLowerCase()
  const name = (device.hostname ?? '').toLowerCase()
  return wanted !== '' && (wanted === name || name !== '' && wanted.startsWith(`${name}.`) || wanted === device.uid?.toLowerCase() || wanted === String(device.id) || addressesOf(device).includes(wanted))
}

function described(device: Device): CloudMachine {
  return { instanceId: device.uid ?? '', name: device.hostname ?? null, group: null, region: device.siteName ?? '', system: systemOf(device), addresses: addressesOf(device), tags: tagsOf(device), isOnline: device.online === true && device.suspended !== true }
}

/** The outer address is shared by a whole site, so it finds no machine. */
function addressesOf({ intIpAddress }: Device): readonly string[] {
  return intIpAddress === undefined || intIpAddress === '' ? [] : [intIpAddress]
}

function tagsOf({ udf = {} }: Device): Readonly<Record<string, string>> {
  const filled = Object.entries(udf).filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '')
  return Object.fromEntries(filled.map(([name, value]) => {
    const pair = /^([\w.-]{1,60})=(.{1,200})$/.exec(value)
    return pair === null ? [name, value] : [pair[1] ?? '', pair[2] ?? '']
  }))
}
