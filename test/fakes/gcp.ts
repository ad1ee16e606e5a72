/**
 * Google Cloud as a program sees it: OS policy assignments with their operations and reports, instances, and IAM Credentials. Held to ../shared/specs/gcp where that is there; the list of
 * instances and IAM Credentials are in no description, and only this fake judges them.
 *
 * The agent of a machine does what the real one does: it runs `validate`, then `enforce` where that said 101, and reports the output file. It goes on by one step each time its report is
 * read, so nothing here needs time.
 */
import { createPublicKey, generateKeyPairSync, verify, type KeyObject } from 'node:crypto'
import { startCloudServer, type CloudAnswer, type CloudCall, type CloudServer, type Trouble } from './cloud-server.ts'
import { holdCallsTo, type CallJudge } from './openapi.ts'

/** An instance. */
export interface FakeInstance {
  readonly id: string
  readonly name: string
  readonly zone: string
  readonly system: 'linux' | 'windows'
  readonly labels: Readonly<Record<string, string>>
  readonly address: string
  status: 'RUNNING' | 'TERMINATED'
  hasAgent: boolean
}

/** How a command ends. `reads`: how often its report is not there yet. */
export interface FakeGcpEnd {
  readonly stdout?: string
  readonly stderr?: string
  readonly exitCode?: number
  readonly reads?: number
  /** A reason of the report in place of output. */
  readonly reason?: string
}

/** A command a machine was handed. */
export interface GcpStart {
  readonly assignment: string
  readonly description: string
  readonly instance: string
  readonly script: string
}

interface Body { description: string; instanceFilter: { inclusionLabels?: { labels: Record<string, string> }[] }; osPolicies: { resourceGroups: { resources: { exec: { validate: { script: string }; enforce: { script: string; outputFilePath: string; interpreter: string } } }[] }[] }[] }
interface Assignment { readonly body: Body; readonly id: string; readonly zone: string; left: Map<string, number>; readonly end: FakeGcpEnd }

const PROJECT = 'acme-servers'
const SCRIPT_MAX = 32_768
interface KeyPair { readonly privatePem: string; readonly publicKey: KeyObject }
/** One for all fakes of a process: making a key takes longer than most tests. */
let keys: KeyPair | null = null

/** The fake. */
export class FakeGcp {
  readonly projectId = PROJECT
  readonly email = 'alert-whisperer@acme-servers.iam.gserviceaccount.com'
  readonly instances: FakeInstance[] = []
  readonly starts: GcpStart[] = []
  pageSize = 2
  /** Rights the service account has. */
  rights = { policies: true, list: true, impersonate: true }
  tokensGiven = 0
  #server: CloudServer | null = null
  #assignments = new Map<string, Assignment>()
  #tokens = new Set<string>()
  #end: FakeGcpEnd = {}

  /** Starts it on a free port. */
  static async start(): Promise<FakeGcp> {
    const fake = new FakeGcp()
    fake.#server = await startCloudServer({ judges: judges(), answer: (call) => fake.#answer(call) })
    return fake
  }

  /** Whether calls are held to the descriptions. */
  static get isHeld(): boolean {
    return judges().every(({ isThere }) => isThere)
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

  /** The file of the service account's key. */
  get keyFile(): string {
    return JSON.stringify({ type: 'service_account', project_id: PROJECT, private_key_id: 'key-1', private_key: pair().privatePem, client_email: this.email, token_uri: 'https://oauth2.googleapis.com/token' })
  }

  /** Names of the assignments that are kept. */
  get kept(): readonly string[] {
    return [...this.#assignments.keys()]
  }

  close(): Promise<void> {
    return this.server.close()
  }

  trouble(trouble: Trouble): void {
    this.server.trouble(trouble)
  }

  /** Adds an instance that runs, with its own label unless others are given. */
  addInstance(instance: Partial<FakeInstance> & { readonly name: string }): FakeInstance {
    const id = instance.id ?? String(4_000_000_000_000_000_000n + BigInt(this.instances.length))
    const whole: FakeInstance = { zone: 'europe-west3-a', system: 'linux', labels: { 'alert-whisperer-instance': id }, address: `10.156.0.${this.instances.length + 2}`, status: 'RUNNING', hasAgent: true, ...instance, id }
    this.instances.push(whole)
    return whole
  }

  /** Takes a token from now on. */
  knows(token: string): void {
    this.#tokens.add(token)
  }

  /** How commands that are made from now on end. */
  commandsEnd(end: FakeGcpEnd): void {
    this.#end = end
  }

  #answer(call: CloudCall): CloudAnswer | null {
    const { method, url } = call
    const path = url.pathname
    if (path === `/v1/projects/-/serviceAccounts/${encodeURIComponent(this.email)}:generateAccessToken` && method === 'POST') return this.#impersonate(call)
    if (!this.#isKnown((call.headers.authorization ?? '').replace(/^Bearer /, ''))) return refuse(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.')
    if (path === `/compute/v1/projects/${PROJECT}/aggregated/instances` && method === 'GET') return this.#list(url)
    const instance = new RegExp(`^/compute/v1/projects/${PROJECT}/zones/([^/]+)/instances/([^/]+)$`).exec(path)
    if (instance !== null && method === 'GET') {
      const found = this.instances.find(({ zone, name }) => zone === instance[1] && name === instance[2])
      return found === undefined ? refuse(404, undefined, `The resource '${path}' was not found`) : { status: 200, json: shown(found) }
    }
    const location = new RegExp(`^/v1/projects/${PROJECT}/locations/([^/]+)/(.+)$`).exec(path)
    if (location === null) return null
    const [, zone = '', rest = ''] = location
    if (!this.rights.policies) return refuse(403, 'PERMISSION_DENIED', "Permission 'osconfig.osPolicyAssignments.create' denied on resource (or it may not exist).")
    if (rest === 'osPolicyAssignments' && method === 'POST') return this.#create(zone, url.searchParams.get('osPolicyAssignmentId') ?? '', call.body as Body)
    const one = /^osPolicyAssignments\/([^/]+)$/.exec(rest)?.[1]
    if (one !== undefined && method === 'GET') return this.#of(zone, one, ({ body, id }) => ({ status: 200, json: { ...body, name: `projects/1/locations/${zone}/osPolicyAssignments/${id}`, rolloutState: 'IN_PROGRESS', revisionId: 'r1', uid: 'u1' } }))
    if (one !== undefined && method === 'DELETE') {
      return this.#of(zone, one, ({ id }) => {
        this.#assignments.delete(id)
        return { status: 200, json: operation(zone, id) }
      })
    }
    const report = /^instances\/([^/]+)\/osPolicyAssignments\/([^/]+)\/report$/.exec(rest)
    if (report !== null && method === 'GET') return this.#report(zone, report[1] ?? '', report[2] ?? '')
    const inventory = /^instances\/([^/]+)\/inventory$/.exec(rest)?.[1]
    if (inventory !== undefined && method === 'GET') return this.instances.some(({ name, hasAgent }) => name === inventory && hasAgent) ? { status: 200, json: { name: inventory, osInfo: { shortName: 'debian' } } } : refuse(404, 'NOT_FOUND', 'Inventory was not found.')
    return null
  }

  #isKnown(token: string): boolean {
    if (this.#tokens.has(token)) return true
    const [head = '', claims = '', signature = ''] = token.split('.')
    if (signature === '') return false
    const { iss, scope, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { iss: string; scope: string; exp: number }
    return iss === this.email && scope === 'https://www.googleapis.com/auth/cloud-platform' && exp > 0 && verify('RSA-SHA256', Buffer.from(`${head}.${claims}`), pair().publicKey, Buffer.from(signature, 'base64url'))
  }

  #impersonate({ headers, body }: CloudCall): CloudAnswer {
    if (headers.authorization !== 'Bearer own-identity-token') return refuse(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.')
    if (!this.rights.impersonate) return refuse(403, 'PERMISSION_DENIED', "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).")
    if ((body as { scope?: string[] }).scope?.[0] !== 'https://www.googleapis.com/auth/cloud-platform') return refuse(400, 'INVALID_ARGUMENT', 'scope')
    const token = `ya29.fake-token-${++this.tokensGiven}`
    this.#tokens.add(token)
    return { status: 200, json: { accessToken: token, expireTime: '2099-01-01T00:00:00Z' } }
  }

  #create(zone: string, id: string, body: Body): CloudAnswer {
    if (!/^[a-z]([a-z0-9-]{0,61}[a-z0-9])$/.test(id)) return refuse(400, 'INVALID_ARGUMENT', 'The OS policy assignment id is invalid.')
    if (this.#assignments.has(id)) return refuse(409, 'ALREADY_EXISTS', 'The OS policy assignment already exists.')
    const exec = body.osPolicies[0]?.resourceGroups[0]?.resources[0]?.exec
    if (exec === undefined || exec.enforce.script.length > SCRIPT_MAX || exec.validate.script.length > SCRIPT_MAX) return refuse(400, 'INVALID_ARGUMENT', 'The size of the script is limited to 32KiB.')
    const hit = this.instances.filter((one) => one.zone === zone && (body.instanceFilter.inclusionLabels ?? []).some(({ labels }) => Object.entries(labels).every(([key, value]) => one.labels[key] === value)))
    const assignment: Assignment = { body, id, zone, end: this.#end, left: new Map(hit.map(({ name }) => [name, this.#end.reads ?? 1])) }
    this.#assignments.set(id, assignment)
    for (const instance of hit) if (instance.hasAgent && this.#end.reason === undefined && exec.validate.script.includes(`'${instance.id}'`)) this.starts.push({ assignment: id, description: body.description, instance: instance.name, script: scriptIn(exec.enforce.script) })
    return { status: 200, json: operation(zone, id) }
  }

  #of(zone: string, id: string, make: (assignment: Assignment) => CloudAnswer): CloudAnswer {
    const found = this.#assignments.get(id)
    return found === undefined || found.zone !== zone ? refuse(404, 'NOT_FOUND', 'The OS policy assignment was not found.') : make(found)
  }

  #report(zone: string, name: string, id: string): CloudAnswer {
    const assignment = this.#assignments.get(id)
    const instance = this.instances.find((one) => one.name === name && one.zone === zone)
    const left = assignment?.left.get(name)
    if (assignment === undefined || instance === undefined || left === undefined) return refuse(404, 'NOT_FOUND', 'The report was not found.')
    assignment.left.set(name, left - 1)
    const envelope = { name: `projects/1/locations/${zone}/instances/${instance.id}/osPolicyAssignments/${id}/report`, instance: name, osPolicyAssignment: id, updateTime: '2026-01-01T00:00:00Z', lastRunId: 'run-1' }
    const policy = (parts: object): CloudAnswer => ({ status: 200, json: { ...envelope, osPolicyCompliances: [{ osPolicyId: 'command', ...parts }] } })
    const { stdout = '', stderr = '', exitCode = 0, reason } = assignment.end
    const why = instance.hasAgent ? reason : 'no-agent-detected'
    if (left > 1) return refuse(404, 'NOT_FOUND', 'The report was not found.')
    if (left > 0) return policy({ complianceState: 'UNKNOWN', complianceStateReason: 'os-policy-execution-pending', osPolicyResourceCompliances: [] })
    if (why !== undefined) return policy({ complianceState: 'UNKNOWN', complianceStateReason: why, osPolicyResourceCompliances: [] })
    const steps = ['VALIDATION', 'DESIRED_STATE_CHECK', 'DESIRED_STATE_ENFORCEMENT', 'DESIRED_STATE_CHECK_POST_ENFORCEMENT'].map((type) => ({ type }))
    return policy({ complianceState: 'COMPLIANT', osPolicyResourceCompliances: [{ osPolicyResourceId: 'script', complianceState: 'COMPLIANT', configSteps: steps, execResourceOutput: { enforcementOutput: outputFile(exitCode, stdout, stderr).toString('base64') } }] })
  }

  #list(url: URL): CloudAnswer {
    if (!this.rights.list) return refuse(403, undefined, "Required 'compute.instances.list' permission for 'projects/acme-servers'", 'forbidden')
    const from = Number(url.searchParams.get('pageToken') ?? 0)
    const page = this.instances.slice(from, from + this.pageSize)
    const items: Record<string, { instances: unknown[] }> = {}
    for (const one of page) (items[`zones/${one.zone}`] ??= { instances: [] }).instances.push(shown(one))
    return { status: 200, json: { kind: 'compute#instanceAggregatedList', items, ...(from + this.pageSize < this.instances.length ? { nextPageToken: String(from + this.pageSize) } : {}) } }
  }
}

/** The file a machine leaves, as the real scripts write it. */
function outputFile(exitCode: number, stdout: string, stderr: string): Buffer {
  const out = Buffer.from(stdout)
  const err = Buffer.from(stderr)
  const keptOut = out.subarray(-65_536)
  const keptErr = err.subarray(-16_384)
  return Buffer.concat([Buffer.from(`aw1 ${exitCode} ${out.length} ${keptOut.length} ${err.length} ${keptErr.length}\n`), keptOut, keptErr])
}

/** The command inside of `enforce`. */
function scriptIn(enforce: string): string {
  const encoded = /AW_END' \|\| exit 1\n([A-Za-z0-9+/=]*)\nAW_END/.exec(enforce)?.[1] ?? /FromBase64String\('([A-Za-z0-9+/=]*)'\)/.exec(enforce)?.[1] ?? ''
  return Buffer.from(encoded, 'base64').toString('utf8')
}

function pair(): KeyPair {
  if (keys !== null) return keys
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  keys = { privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), publicKey: createPublicKey(privateKey) }
  return keys
}

const judges = (): readonly CallJudge[] => [holdCallsTo('gcp/osconfig.openapi.json'), holdCallsTo('gcp/compute.openapi.json', { prefix: '/compute/v1' })]
const operation = (zone: string, id: string): unknown => ({ name: `projects/${PROJECT}/locations/${zone}/osPolicyAssignments/${id}/operations/op-1`, metadata: { rolloutState: 'IN_PROGRESS' }, done: false })
const refuse = (code: number, status: string | undefined, message: string, reason?: string): CloudAnswer => ({ status: code, json: { error: { code, message, ...(status === undefined ? {} : { status }), ...(reason === undefined ? {} : { errors: [{ message, domain: 'global', reason }] }) } } })
const shown = (one: FakeInstance): unknown => ({
  id: one.id, name: one.name, status: one.status, zone: `https://www.googleapis.com/compute/v1/projects/${PROJECT}/zones/${one.zone}`, labels: one.labels,
  disks: [{ guestOsFeatures: [{ type: one.system === 'windows' ? 'WINDOWS' : 'VIRTIO_SCSI_MULTIQUEUE' }] }], networkInterfaces: [{ networkIP: one.address }],
})
