/** Machines that Systems Manager knows: by instance id, by their own name or address, by a tag. */
import { DescribeInstanceInformationCommand, type InstanceInformation, type InstanceInformationStringFilter } from '@aws-sdk/client-ssm'
import type { System } from '../../../schemas/runbooks.ts'
import { ExecutorError, type CloudMachine, type Executor } from '../port.ts'
import { INSTANCE_ID } from './access.ts'
import type { Called } from './clients.ts'
import { nameOf } from './faults.ts'

/** Answered at most. */
export const MACHINES_MAX = 50
const PAGE_SIZE = 50
const PAGES_MAX = 40

type Query = Parameters<Executor['machines']>[0]

/** Machines of one region that fit; at most `MACHINES_MAX`. Names and addresses are no filters of the service, so every machine is looked at for them. */
export async function machinesIn(region: string, { text, tag }: Query, called: Called): Promise<readonly CloudMachine[]> {
  if (text?.trim() === '' || tag?.key === '' || tag?.value === '') return []
  if (tag !== null) return listed(region, [{ Key: `tag:${tag.key}`, Values: [tag.value] }], { [tag.key]: tag.value }, called, (machine) => text === null || isMeant(machine, text))
  if (text === null) return listed(region, [], {}, called, () => true)
  if (INSTANCE_ID.test(text)) {
    return listed(region, [{ Key: 'InstanceIds', Values: [text] }], {}, called, () => true).catch((thrown: unknown) => {
      // An id that this region does not know.
      if (nameOf(thrown) === 'InvalidInstanceId') return []
      throw thrown
    })
  }
  // The name people see in the console is a tag, which a machine itself knows nothing of.
  const named = await listed(region, [{ Key: 'tag:Name', Values: [text] }], { Name: text }, called, () => true)
  const found = await listed(region, [], {}, called, (machine) => isMeant(machine, text))
  return [...named, ...found.filter(({ instanceId }) => !named.some((other) => other.instanceId === instanceId))].slice(0, MACHINES_MAX)
}

async function listed(region: string, filters: InstanceInformationStringFilter[], tags: Readonly<Record<string, string>>, { ssm, abortSignal, turn }: Called, fits: (machine: CloudMachine) => boolean): Promise<readonly CloudMachine[]> {
  const found: CloudMachine[] = []
  let nextToken: string | undefined
  for (let page = 0; page < PAGES_MAX; page++) {
    await turn?.()
    const { InstanceInformationList: machines = [], NextToken } = await ssm.send(new DescribeInstanceInformationCommand({
      MaxResults: PAGE_SIZE, ...(filters.length === 0 ? {} : { Filters: filters }), ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    }), { abortSignal })
    found.push(...machines.map((machine) => machineOf(machine, region, tags)).filter(fits))
    if (found.length >= MACHINES_MAX || NextToken === undefined || NextToken === '') return found.slice(0, MACHINES_MAX)
    nextToken = NextToken
  }
  // Half a list could make two machines of one name look like one.
  throw new ExecutorError('invalid', `${region} has more than ${PAGE_SIZE * PAGES_MAX} managed machines: store the instance id with the asset, or look by tag`)
}

function machineOf({ InstanceId, Name, ComputerName, IPAddress, PlatformType, PingStatus }: InstanceInformation, region: string, tags: Readonly<Record<string, string>>): CloudMachine {
  return {
    instanceId: InstanceId ?? '', name: ComputerName ?? Name ?? null, group: null, region, system: systemOf(PlatformType), addresses: IPAddress === undefined || IPAddress === '' ? [] : [IPAddress],
    tags: Name === undefined || Name === '' || tags['Name'] !== undefined ? tags : { ...tags, Name }, isOnline: PingStatus === 'Online',
  }
}

function systemOf(platform: string | undefined): System | null {
  return platform === 'Linux' ? 'linux' : platform === 'Windows' ? 'windows' : null
}

/** The whole name, or the name before the domain where one of the two has none. */
function isMeant({ instanceId, name, addresses, tags }: CloudMachine, text: string): boolean {
  const wanted = text.toLowerCase()
  return instanceId === wanted || addresses.some((address) => address.toLowerCase() === wanted) || [name, tags['Name'] ?? null].some((one) => {
    const has = one?.toLowerCase() ?? ''
    return has !== '' && (has === wanted || (has.split('.')[0] === wanted.split('.')[0] && has.includes('.') !== wanted.includes('.')))
  })
}
