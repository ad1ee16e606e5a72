/**
 * Azure as a program sees it: Entra ID's token endpoint, Resource Manager with machines, managed and action run commands and their long-running operations, and blobs. Held to
 * ../shared/specs/azure and entra-id where those are there; lists of machines and networks, managed identity and blobs are in no description, and only this fake judges them.
 *
 * A command goes on by one step each time it is read, so nothing here needs time.
 */
import { holdCallsTo, type CallJudge } from './openapi.ts'
import { startCloudServer, type CloudAnswer, type CloudCall, type CloudServer, type Trouble } from './cloud-server.ts'

/** A virtual machine. */
export interface FakeVm {
  readonly group: string
  readonly name: string
  readonly region: string
  readonly system: 'linux' | 'windows'
  readonly tags: Readonly<Record<string, string>>
  readonly address: string
  readonly computerName: string
  power: 'running' | 'deallocated'
  isAgentReady: boolean
}

/** How a script ends on a machine. `reads`: how often it is seen running first (1). */
export interface FakeEnd {
  readonly stdout?: string
  readonly stderr?: string
  readonly exitCode?: number
  readonly state?: 'TimedOut' | 'Canceled'
  readonly reads?: number
}

/** A script that was started on a machine. */
export interface FakeStart {
  readonly by: 'managed' | 'action'
  readonly name: string
  readonly vm: string
  readonly script: string
  wasStopped: boolean
}

interface Managed { body: { properties: Record<string, unknown>; location: string }; start: FakeStart | null; end: Required<FakeEnd>; isOver: boolean; operation: string }
interface Pending { reads: number; end: CloudAnswer; result: unknown }
type Rights = Readonly<{ managed: boolean; action: boolean; list: boolean }>

const KEPT_BYTES = 4_096
const SUBSCRIPTION = '6f0e3a34-7c55-4a0e-9f2b-0d8f8b6f1b11'
const VIEW_STATES = { running: 'Running', ok: 'Succeeded', failed: 'Failed' } as const

/** The fake. */
export class FakeAzure {
  readonly tenantId = '0b9bd8a1-2d58-4b3e-9c39-3f4b7a1f9c20'
  readonly subscriptionId = SUBSCRIPTION
  readonly clientId = '9f7d6d5e-1c1b-4e0a-8a55-5d6a0b6a7c11'
  readonly clientSecret = 'Zq8~fake.client-secret_value~do-not-tell'
  readonly sas = 'sv=2022-11-02&sr=c&sp=racw&sig=ZmFrZS1zaWduYXR1cmUtZG8tbm90LXRlbGw%3D'
  readonly vms: FakeVm[] = []
  readonly starts: FakeStart[] = []
  readonly blobs = new Map<string, string>()
  /** Bodies of managed commands, as they came. */
  readonly putBodies: unknown[] = []
  /** Where operations are said to be; null: here. */
  operationHost: string | null = null
  rights: Rights = { managed: true, action: true, list: true }
  /** Machines on a page of a list. */
  pageSize = 2
  /** Seconds a token is good for. */
  tokenSeconds = 3_599
  tokensGiven = 0
  /** How often an operation is seen under way. */
  operationReads = 1
  #server: CloudServer | null = null
  #tokens = new Map<string, string>()
  #managed = new Map<string, Managed>()
  #operations = new Map<string, Pending>()
  #busy = new Map<string, string>()
  #next = 0
  #ends: (script: string) => FakeEnd = () => ({})

  /** Starts it on a free port. */
  static async start(): Promise<FakeAzure> {
    const fake = new FakeAzure()
    fake.#server = await startCloudServer({
      judges: [armJudge(), holdCallsTo('entra-id/openapi.json', { isStrict: false })],
      answer: (call) => fake.#answer(call),
    })
    return fake
  }

  /** Whether calls are held to the descriptions. */
  static get isHeld(): boolean {
    return holdCallsTo('azure/compute-run-command.openapi.json').isThere && holdCallsTo('entra-id/openapi.json').isThere
  }

  get server(): CloudServer {
    if (this.#server === null) throw new Error('the fake is not started')
    return this.#server
  }

  get url(): string {
    return this.server.url
  }

  get faults(): readonly string[] {
    return this.server.faults
  }

  close(): Promise<void> {
    return this.server.close()
  }

  trouble(trouble: Trouble): void {
    this.server.trouble(trouble)
  }

  /** Adds a machine that runs. */
  addVm(vm: Partial<FakeVm> & { readonly name: string }): FakeVm {
    const whole: FakeVm = { group: 'servers', region: 'westeurope', system: 'linux', tags: {}, address: `10.0.0.${this.vms.length + 4}`, computerName: vm.name, power: 'running', isAgentReady: true, ...vm }
    this.vms.push(whole)
    return whole
  }

  /** How scripts that start from now on end. */
  scriptsEnd(end: FakeEnd | ((script: string) => FakeEnd)): void {
    this.#ends = typeof end === 'function' ? end : () => end
  }

  /** No token that was given is taken any more. */
  expireTokens(): void {
    this.#tokens.clear()
  }

  /** Names of the managed commands that are still kept. */
  get kept(): readonly string[] {
    return [...this.#managed.keys()].map((key) => key.split('/').at(-1) ?? '')
  }

  #answer(call: CloudCall): CloudAnswer | null {
    const { url, method } = call
    if (url.pathname.endsWith('/oauth2/v2.0/token') && method === 'POST') return this.#token(url, call.body as Record<string, string>)
    if (url.pathname.endsWith('/.well-known/openid-configuration')) return { status: 200, json: { token_endpoint: `${this.url}/${this.tenantId}/oauth2/v2.0/token`, authorization_endpoint: `${this.url}/${this.tenantId}/oauth2/v2.0/authorize`, issuer: `${this.url}/${this.tenantId}/v2.0`, jwks_uri: `${this.url}/keys` } }
    if (url.pathname === '/msi/token') return call.headers['x-identity-header'] === 'msi-header' ? { status: 200, json: { access_token: this.#give('https://management.azure.com'), expires_on: String(4_102_444_800), resource: url.searchParams.get('resource'), token_type: 'Bearer' } } : { status: 400, json: {} }
    if (url.pathname.startsWith('/blobs/')) return this.#blob(call)
    const scope = this.#tokens.get((call.headers.authorization ?? '').replace(/^Bearer /, ''))
    if (scope !== 'https://management.azure.com') return refuse(401, 'InvalidAuthenticationToken', 'The access token is invalid.')
    return this.#arm(call)
  }

  #give(audience: string): string {
    this.tokensGiven += 1
    const token = `fake-access-token-${this.tokensGiven}`
    this.#tokens.set(token, audience)
    return token
  }

  #token(url: URL, form: Record<string, string>): CloudAnswer {
    const error = (status: number, code: number, word: string, text: string): CloudAnswer => ({ status, json: { error: word, error_description: `AADSTS${code}: ${text} Trace ID: 0 Correlation ID: 0`, error_codes: [code], timestamp: '2026-01-01 00:00:00Z', trace_id: '0', correlation_id: '0' } })
    if (!url.pathname.startsWith(`/${this.tenantId}/`)) return error(400, 90_002, 'invalid_request', 'Tenant not found.')
    if (form.client_id !== this.clientId) return error(400, 700_016, 'unauthorized_client', `Application with identifier '${form.client_id}' was not found in the directory.`)
    if (form.client_secret !== this.clientSecret) return error(401, 7_000_215, 'invalid_client', `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${form.client_id}'.`)
    const audience = (form.scope ?? '').split(' ').find((one) => one.endsWith('/.default'))?.slice(0, -'/.default'.length) ?? ''
    return { status: 200, json: { token_type: 'Bearer', expires_in: this.tokenSeconds, ext_expires_in: this.tokenSeconds, access_token: this.#give(audience) } }
  }

  #blob({ method, url, headers }: CloudCall): CloudAnswer {
    const isSigned = url.search === `?${this.sas}`
    const isStorage = this.#tokens.get((headers.authorization ?? '').replace(/^Bearer /, '')) === 'https://storage.azure.com'
    if (method !== 'GET' || !(isSigned || isStorage && headers['x-ms-version'] !== undefined)) return { status: 403, text: '<Error><Code>AuthenticationFailed</Code></Error>' }
    const text = this.blobs.get(url.pathname)
    return text === undefined ? { status: 404, text: '<Error><Code>BlobNotFound</Code></Error>' } : { status: 200, text }
  }

  #arm(call: CloudCall): CloudAnswer | null {
    const { method, url } = call
    const path = url.pathname
    const base = `/subscriptions/${SUBSCRIPTION}`
    if (!path.startsWith(`${base}/`)) return refuse(404, 'SubscriptionNotFound', 'The subscription could not be found.')
    const operation = new RegExp(`^${base}/providers/Microsoft.Compute/locations/[^/]+/operations/([^/]+)$`).exec(path)
    if (operation !== null && method === 'GET') return this.#operation(operation[1] ?? '', url)
    if (path === `${base}/providers/Microsoft.Network/networkInterfaces` && method === 'GET') return this.#networks()
    const list = new RegExp(`^${base}(?:/resourceGroups/([^/]+))?/providers/Microsoft.Compute/virtualMachines$`).exec(path)
    if (list !== null && method === 'GET') return this.#list(url, list[1])
    const one = new RegExp(`^${base}/resourceGroups/([^/]+)/providers/Microsoft.Compute/virtualMachines/([^/]+)(?:/(instanceView|runCommand|runCommands)(?:/([^/]+))?)?$`).exec(path)
    if (one === null) return null
    const vm = this.vms.find(({ group, name }) => group.toLowerCase() === one[1]?.toLowerCase() && name.toLowerCase() === one[2]?.toLowerCase())
    if (vm === undefined) return refuse(404, 'ResourceNotFound', `The Resource 'Microsoft.Compute/virtualMachines/${one[2]}' under resource group '${one[1]}' was not found.`)
    if (one[3] === 'instanceView') return { status: 200, json: viewOf(vm) }
    if (one[3] === 'runCommand' && method === 'POST') return this.#action(vm, call.body as { commandId: string; script: string[] })
    if (one[3] === 'runCommands' && one[4] !== undefined) return this.#managedCall(vm, one[4], call)
    return null
  }

  #managedCall(vm: FakeVm, name: string, { method, url, body }: CloudCall): CloudAnswer | null {
    const verb = method === 'GET' ? 'read' : method === 'PUT' ? 'write' : 'delete'
    if (!this.rights.managed) return refuse(403, 'AuthorizationFailed', `The client does not have authorization to perform action 'Microsoft.Compute/virtualMachines/runCommands/${verb}'.`)
    const key = `${vm.name}/${name}`
    const found = this.#managed.get(key)
    if (method === 'PUT') return this.#put(vm, name, key, body as Managed['body'])
    if (method === 'DELETE') {
      if (found === undefined) return { status: 204 }
      if (found.start !== null && !found.isOver) found.start.wasStopped = true
      this.#managed.delete(key)
      return { status: 202, headers: this.#underWay(vm.region, { status: 200, json: { status: 'Succeeded' } }, undefined) }
    }
    if (method !== 'GET') return null
    if (found === undefined) return refuse(404, 'ResourceNotFound', `The Resource 'Microsoft.Compute/virtualMachines/${vm.name}/runCommands/${name}' was not found.`)
    return { status: 200, json: this.#shown(vm, name, found, url.searchParams.get('$expand') === 'instanceView') }
  }

  #put(vm: FakeVm, name: string, key: string, body: Managed['body']): CloudAnswer {
    if (vm.power !== 'running') return refuse(409, 'OperationNotAllowed', 'Cannot modify extensions in the VM when the VM is not running.')
    this.putBodies.push(body)
    const isNew = !this.#managed.has(key)
    const script = (body.properties.source as { script: string }).script
    const end = { stdout: '', stderr: '', exitCode: 0, reads: 1, state: undefined as never, ...this.#ends(script) }
    const managed: Managed = { body, start: null, end, isOver: false, operation: `operation-${this.#next + 1}` }
    this.#managed.set(key, managed)
    if (vm.isAgentReady) {
      managed.start = { by: 'managed', name, vm: vm.name, script, wasStopped: false }
      this.starts.push(managed.start)
    }
    const last: CloudAnswer = { status: 200, json: vm.isAgentReady ? { status: 'Succeeded' } : { status: 'Failed', error: { code: 'VMAgentStatusCommunicationError', message: `VM '${vm.name}' has not reported status for VM agent or extensions.` } } }
    return { status: isNew ? 201 : 200, json: this.#shown(vm, name, managed, false), headers: this.#underWay(vm.region, last, undefined) }
  }

  #shown(vm: FakeVm, name: string, managed: Managed, withView: boolean): unknown {
    const { body, end, start } = managed
    const isOnTheWay = start === null || (this.#operations.get(managed.operation)?.reads ?? 0) > 0 && end.reads > 0
    const state = isOnTheWay ? 'Pending' : managed.isOver || end.reads <= 0 ? end.state ?? (end.exitCode === 0 ? VIEW_STATES.ok : VIEW_STATES.failed) : VIEW_STATES.running
    if (withView && start !== null && !managed.isOver) {
      if (end.reads <= 0) this.#finish(managed)
      else managed.end = { ...end, reads: end.reads - 1 }
    }
    const isOver = managed.isOver
    const view = { executionState: state, ...(isOver ? { exitCode: end.exitCode, output: tail(end.stdout), error: tail(end.stderr), startTime: '2026-01-01T00:00:00Z', endTime: '2026-01-01T00:00:09Z' } : {}) }
    const { outputBlobUri, errorBlobUri, ...properties } = body.properties
    const shownUris = { ...(typeof outputBlobUri === 'string' ? { outputBlobUri: outputBlobUri.split('?')[0] } : {}), ...(typeof errorBlobUri === 'string' ? { errorBlobUri: errorBlobUri.split('?')[0] } : {}) }
    return {
      id: `/subscriptions/${SUBSCRIPTION}/resourceGroups/${vm.group}/providers/Microsoft.Compute/virtualMachines/${vm.name}/runCommands/${name}`, name, type: 'Microsoft.Compute/virtualMachines/runCommands', location: body.location,
      properties: { ...properties, ...shownUris, provisioningState: start === null ? 'Creating' : 'Succeeded', ...(withView ? { instanceView: view } : {}) },
    }
  }

  #finish(managed: Managed): void {
    managed.isOver = true
    for (const [uri, text] of [[managed.body.properties.outputBlobUri, managed.end.stdout], [managed.body.properties.errorBlobUri, managed.end.stderr]] as const) {
      if (typeof uri === 'string' && text !== '') this.blobs.set(new URL(uri).pathname, text)
    }
  }

  #action(vm: FakeVm, { commandId, script }: { readonly commandId: string; readonly script: readonly string[] }): CloudAnswer {
    if (!this.rights.action) return refuse(403, 'AuthorizationFailed', "The client does not have authorization to perform action 'Microsoft.Compute/virtualMachines/runCommand/action'.")
    if (vm.power !== 'running') return refuse(409, 'OperationNotAllowed', 'The operation requires the VM to be running (or set to run).')
    if (commandId !== (vm.system === 'linux' ? 'RunShellScript' : 'RunPowerShellScript')) return refuse(400, 'InvalidParameter', `The entity was not found: ${commandId}.`)
    const running = this.#busy.get(vm.name)
    if (running !== undefined && this.#operations.has(running)) return refuse(409, 'Conflict', 'Run command extension execution is in progress. Please wait for completion before invoking a run command.')
    const text = script.join('\n')
    const start: FakeStart = { by: 'action', name: '', vm: vm.name, script: text, wasStopped: false }
    this.starts.push(start)
    const { stdout = '', stderr = '', exitCode = 0 } = this.#ends(text)
    const level = exitCode === 0 ? 'succeeded' : 'failed'
    const value = vm.system === 'windows'
      ? [{ code: 'ComponentStatus/StdOut/succeeded', level: 'Info', displayStatus: 'Provisioning succeeded', message: tail(stdout) }, { code: 'ComponentStatus/StdErr/succeeded', level: 'Info', displayStatus: 'Provisioning succeeded', message: tail(stderr) }]
      : [{ code: `ProvisioningState/${level}`, level: 'Info', displayStatus: `Provisioning ${level}`, message: `Enable ${exitCode === 0 ? 'succeeded' : `failed: failed to execute command: command terminated with exit status=${exitCode}`}: \n[stdout]\n${tail(stdout)}\n[stderr]\n${tail(stderr)}` }]
    const headers = this.#underWay(vm.region, { status: 200, json: { status: 'Succeeded', properties: { output: { value } } } }, { value })
    this.#busy.set(vm.name, headers['azure-asyncoperation']?.split('/operations/')[1]?.split('?')[0] ?? '')
    return { status: 202, headers }
  }

  /** A long-running operation under way: the headers that name it. */
  #underWay(region: string, end: CloudAnswer, result: unknown): Record<string, string> {
    const id = `operation-${++this.#next}`
    this.#operations.set(id, { reads: this.operationReads, end, result })
    const address = `${this.operationHost ?? this.url}/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Compute/locations/${region}/operations/${id}?api-version=2024-07-01`
    return { 'azure-asyncoperation': address, location: address.replace('?', '?monitor=true&'), 'retry-after': '7' }
  }

  #operation(id: string, url: URL): CloudAnswer {
    const pending = this.#operations.get(id)
    if (pending === undefined) return refuse(404, 'NotFound', 'The entity was not found.')
    if (url.searchParams.get('monitor') === 'true') return pending.reads > 0 ? { status: 202, headers: { location: url.href, 'retry-after': '7' } } : { status: 200, json: pending.result }
    if (pending.reads > 0) {
      pending.reads -= 1
      return { status: 200, json: { startTime: '2026-01-01T00:00:00Z', status: 'InProgress', name: id }, headers: { 'retry-after': '7' } }
    }
    for (const [name, running] of this.#busy) if (running === id) this.#busy.delete(name)
    return pending.end
  }

  #list(url: URL, group: string | undefined): CloudAnswer {
    if (!this.rights.list) return refuse(403, 'AuthorizationFailed', "The client does not have authorization to perform action 'Microsoft.Compute/virtualMachines/read'.")
    const all = this.vms.filter((vm) => group === undefined || vm.group.toLowerCase() === group.toLowerCase())
    const from = Number(url.searchParams.get('$skiptoken') ?? 0)
    const next = new URL(url)
    next.searchParams.set('$skiptoken', String(from + this.pageSize))
    return { status: 200, json: { value: all.slice(from, from + this.pageSize).map(described), ...(from + this.pageSize < all.length ? { nextLink: next.href } : {}) } }
  }

  #networks(): CloudAnswer {
    return { status: 200, json: { value: this.vms.map((vm) => ({ name: `${vm.name}-nic`, properties: { virtualMachine: { id: idOf(vm) }, ipConfigurations: [{ properties: { privateIPAddress: vm.address } }] } })) } }
  }
}

/** What `Location` names answers the result itself, not the status document the description has for the same path. */
function armJudge(): CallJudge {
  const { isThere, judge } = holdCallsTo('azure/compute-run-command.openapi.json')
  return { isThere, judge: (call) => (call.url.searchParams.has('monitor') ? null : judge(call)) }
}

const refuse = (status: number, code: string, message: string): CloudAnswer => ({ status, json: { error: { code, message } } })
/** The last bytes; a character that was cut through goes. */
const tail = (text: string): string => {
  const kept = Buffer.from(text).subarray(-KEPT_BYTES)
  return kept.subarray(Math.max(0, kept.findIndex((byte) => (byte & 0xc0) !== 0x80))).toString('utf8')
}
const idOf = ({ group, name }: FakeVm): string => `/subscriptions/${SUBSCRIPTION}/resourceGroups/${group.toUpperCase()}/providers/Microsoft.Compute/virtualMachines/${name}`
const described = (vm: FakeVm): unknown => ({
  id: idOf(vm), name: vm.name, type: 'Microsoft.Compute/virtualMachines', location: vm.region, tags: vm.tags,
  properties: { vmId: `5c0f9a10-0000-4000-8000-${Buffer.from(vm.name).toString('hex').padEnd(12, '0').slice(0, 12)}`, osProfile: { computerName: vm.computerName }, storageProfile: { osDisk: { osType: vm.system === 'linux' ? 'Linux' : 'Windows', createOption: 'FromImage' } }, provisioningState: 'Succeeded' },
})
const viewOf = ({ power, isAgentReady }: FakeVm): unknown => ({
  vmAgent: { vmAgentVersion: '2.9', statuses: [{ code: `ProvisioningState/${isAgentReady ? 'succeeded' : 'Unavailable'}`, level: isAgentReady ? 'Info' : 'Warning', displayStatus: isAgentReady ? 'Ready' : 'Not Ready', time: '2026-01-01T00:00:00Z' }] },
  statuses: [{ code: 'ProvisioningState/succeeded', level: 'Info', displayStatus: 'Provisioning succeeded' }, { code: `PowerState/${power}`, level: 'Info', displayStatus: `VM ${power}` }],
})
