/** Machines of a subscription, or of the resource groups the account is bound to. */
import type { VirtualMachine } from '@azure/arm-compute'
import { isIP } from 'node:net'
import { ExecutorError, type CloudMachine } from '../port.ts'
import type { AzureSession } from './session.ts'

const FOUND_MAX = 50
/** Machines looked through at most. */
const LISTED_MAX = 20_000
/** Power states asked for at the same time. */
const AT_ONCE = 5
const NETWORK_VERSION = '2024-05-01'
const NETWORK_BYTES_MAX = 8_388_608
const PAGES_MAX = 40

/** What is looked for. */
export interface MachineQuery {
  readonly text: string | null
  readonly tag: { readonly key: string; readonly value: string } | null
}

/** Machines whose name, computer name, id, private address or tag fits, with their power state. */
export async function azureMachines(session: AzureSession, query: MachineQuery): Promise<readonly CloudMachine[]> {
  const byAddress = query.text !== null && isIP(query.text) !== 0 ? await addresses(session, query.text) : null
  const found: VirtualMachine[] = []
  for (const group of session.settings.resourceGroups.length === 0 ? [null] : session.settings.resourceGroups) {
    await session.call('listing machines', false, async (client, signal) => {
      const pages = group === null ? client.virtualMachines.listAll({ abortSignal: signal }) : client.virtualMachines.list(group, { abortSignal: signal })
      let listed = 0
      for await (const machine of pages) {
        signal.throwIfAborted()
        if (fits(machine, query, byAddress)) found.push(machine)
        if (found.length >= FOUND_MAX) break
        // Half a list could make two machines of one name look like one.
        if (++listed >= LISTED_MAX) throw new ExecutorError('invalid', `listing machines: there are more than ${LISTED_MAX}; name the resource groups in the account`)
      }
    })
    if (found.length >= FOUND_MAX) break
  }
  const machines: CloudMachine[] = []
  for (let at = 0; at < found.length; at += AT_ONCE) machines.push(...await Promise.all(found.slice(at, at + AT_ONCE).map((machine) => described(session, machine, byAddress))))
  return machines
}

/** Whether a machine takes commands: it runs, and its agent, where one is told of, is ready. */
export async function isOnline(session: AzureSession, group: string, name: string): Promise<boolean> {
  const { statuses = [], vmAgent } = await session.call('reading the state of a machine', false, (client, signal) => client.virtualMachines.instanceView(group, name, { abortSignal: signal }))
  const isRunning = statuses.some(({ code }) => code === 'PowerState/running')
  return isRunning && (vmAgent?.statuses === undefined || vmAgent.statuses.some(({ displayStatus }) => displayStatus === 'Ready'))
}

async function described(session: AzureSession, machine: VirtualMachine, byAddress: ReadonlyMap<string, string> | null): Promise<CloudMachine> {
  const group = groupOf(machine)
  const name = machine.name ?? ''
  const osType = machine.storageProfile?.osDisk?.osType
  const address = byAddress?.get((machine.id ?? '').toLowerCase())
  return {
    instanceId: name, name: machine.osProfile?.computerName ?? name, group, region: machine.location, system: osType === 'Linux' ? 'linux' : osType === 'Windows' ? 'windows' : null,
    addresses: address === undefined ? [] : [address], tags: machine.tags ?? {}, isOnline: group !== null && await isOnline(session, group, name),
  }
}

function fits(machine: VirtualMachine, { text, tag }: MachineQuery, byAddress: ReadonlyMap<string, string> | null): boolean {
  const { tags = {} } = machine
  // Azure's tag names are the same in any case, their values are not.
  if (tag !== null && !Object.entries(tags).some(([key, value]) => key.toLowerCase() === tag.key.toLowerCase() && value === tag.value)) return false
  if (text === null) return true
  if (byAddress !== null) return byAddress.has((machine.id ?? '').toLowerCase())
  const wanted = text.toLowerCase()
  const names = [machine.name, machine.osProfile?.computerName].flatMap((name) => (name === undefined ? [] : [name.toLowerCase()]))
  return [machine.id, machine.vmId].some((id) => id?.toLowerCase() === wanted) || names.some((name) => name === wanted || wanted.startsWith(`${name}.`))
}

function groupOf(machine: VirtualMachine): string | null {
  return /\/resourceGroups\/([^/]+)\//i.exec(machine.id ?? '')?.[1] ?? null
}

/** Machines that have this private address, by id in lower case. Two networks may both have one, so there may be several. */
async function addresses(session: AzureSession, address: string): Promise<ReadonlyMap<string, string>> {
  const { endpoint, scope, subscriptionId } = session.settings
  const { token } = await session.tokens.get(session.context.account, session.settings, scope)
  const found = new Map<string, string>()
  let next: string | null = `${endpoint}/subscriptions/${subscriptionId}/providers/Microsoft.Network/networkInterfaces?api-version=${NETWORK_VERSION}`
  for (let page = 0; next !== null; page++) {
    if (page >= PAGES_MAX || new URL(next).origin !== new URL(endpoint).origin) throw new ExecutorError('invalid', 'listing network interfaces: the list does not end, or goes on elsewhere; look for the machine by its name')
    const answer = await session.get(next, { authorization: `Bearer ${token}`, accept: 'application/json' }, NETWORK_BYTES_MAX)
    // Without the right to read networks, addresses are not known; names and tags still are.
    if (answer?.status === 403) return new Map()
    if (answer?.status !== 200 || answer.isCut) throw unread(answer)
    const { value = [], nextLink } = JSON.parse(answer.text) as { value?: readonly NetworkInterface[]; nextLink?: string }
    for (const { properties } of value) {
      const has = properties?.ipConfigurations?.some((part) => part.properties?.privateIPAddress === address) === true
      if (has && properties.virtualMachine?.id !== undefined) found.set(properties.virtualMachine.id.toLowerCase(), address)
    }
    next = nextLink !== undefined && URL.canParse(nextLink) ? nextLink : null
  }
  return found
}

/** Some networks that were not read could hold the same address. */
function unread(answer: Awaited<ReturnType<AzureSession['get']>>): ExecutorError {
  const what = 'listing network interfaces'
  if (answer?.status !== 429) return new ExecutorError('unavailable', `${what}: ${answer === null ? 'no answer' : answer.isCut ? 'the answer is too long' : `Azure answers ${answer.status}`}; look for the machine by its name`)
  const header = answer.headers['retry-after']
  return new ExecutorError('throttled', `${what}: too many requests (429)`, { retryAfterMs: typeof header === 'string' && /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : null })
}

interface NetworkInterface {
  readonly properties?: { readonly virtualMachine?: { readonly id?: string }; readonly ipConfigurations?: readonly { readonly properties?: { readonly privateIPAddress?: string } }[] }
}
