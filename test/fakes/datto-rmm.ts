/**
 * Datto RMM as a program sees it: tokens by password grant, devices of sites, quick jobs and their results. Held to ../shared/specs/datto-rmm where that is there; the token endpoint is
 * in no description, and only this fake judges it.
 *
 * The agent of a device does what the stored component says: it decodes the script, and tells the exit code in the last line of the error output. A job goes on by one step each time
 * its results are read.
 */
import { startCloudServer, type CloudAnswer, type CloudCall, type CloudServer, type Trouble } from './cloud-server.ts'
import { holdCallsTo, type CallJudge } from './openapi.ts'

/** A device. */
export interface FakeDevice {
  readonly uid: string
  readonly id: number
  readonly hostname: string
  readonly siteUid: string
  readonly operatingSystem: string
  readonly address: string
  readonly udf: Readonly<Record<string, string>>
  online: boolean
}

/** How a script ends. `reads`: how often its job is seen pending or running. `status`: in place of an end. */
export interface FakeDattoEnd {
  readonly stdout?: string
  readonly stderr?: string
  readonly exitCode?: number
  readonly reads?: number
  readonly status?: 'Expired' | 'Retired'
  /** The component does not tell the exit code: somebody stored another text. */
  readonly isForeign?: boolean
}

/** A job that was made. */
export interface FakeJob {
  readonly uid: string
  readonly name: string
  readonly deviceUid: string
  readonly componentUid: string
  readonly script: string
  readonly variables: Readonly<Record<string, string>>
  readonly end: FakeDattoEnd
  left: number
}

const SECRET = 'FAKESECRETKEYDONOTTELL0123456789'

/** The fake. */
export class FakeDatto {
  readonly apiKey = 'FAKEAPIKEY0123456789'
  readonly apiSecret = SECRET
  readonly siteUid = 'd0000000-0000-4000-8000-000000000001'
  readonly linuxComponent = 'c0000000-0000-4000-8000-000000000001'
  readonly windowsComponent = 'c0000000-0000-4000-8000-000000000002'
  readonly devices: FakeDevice[] = []
  readonly jobs: FakeJob[] = []
  readonly pageSize = 2
  canList = true
  tokensGiven = 0
  #server: CloudServer | null = null
  #tokens = new Set<string>()
  #end: FakeDattoEnd = {}

  /** Starts it on a free port. */
  static async start(): Promise<FakeDatto> {
    const fake = new FakeDatto()
    fake.#server = await startCloudServer({ judges: [judge()], answer: (call) => fake.#answer(call) })
    return fake
  }

  /** Whether calls are held to the description. */
  static get isHeld(): boolean {
    return judge().isThere
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

  /** Adds a device of the site that is online. */
  addDevice(device: Partial<FakeDevice> & { readonly hostname: string }): FakeDevice {
    const at = this.devices.length
    const whole: FakeDevice = { uid: `a0000000-0000-4000-8000-${String(at).padStart(12, '0')}`, id: 1_000 + at, siteUid: this.siteUid, operatingSystem: 'Ubuntu 24.04 LTS', address: `10.1.${Math.floor(at / 200)}.${(at % 200) + 1}`, udf: {}, online: true, ...device }
    this.devices.push(whole)
    return whole
  }

  /** How scripts of jobs that are made from now on end. */
  scriptsEnd(end: FakeDattoEnd): void {
    this.#end = end
  }

  expireTokens(): void {
    this.#tokens.clear()
  }

  #answer({ method, url, headers, body }: CloudCall): CloudAnswer | null {
    const path = url.pathname
    if (path === '/auth/oauth/token' && method === 'POST') return this.#token(headers.authorization, body as Record<string, string>)
    if (!this.#tokens.has((headers.authorization ?? '').replace(/^Bearer /, ''))) return { status: 401, json: {} }
    const site = /^\/api\/v2\/site\/([^/]+)\/devices$/.exec(path)?.[1]
    if (site !== undefined && method === 'GET') return this.#list(url, site)
    const device = /^\/api\/v2\/device\/([^/]+)$/.exec(path)?.[1]
    if (device !== undefined && method === 'GET') {
      const found = this.devices.find(({ uid }) => uid === device)
      return found === undefined ? { status: 404, json: {} } : { status: 200, json: shown(found) }
    }
    const quick = /^\/api\/v2\/device\/([^/]+)\/quickjob$/.exec(path)?.[1]
    if (quick !== undefined && method === 'PUT') return this.#quickJob(quick, body as QuickJob)
    const results = /^\/api\/v2\/job\/([^/]+)\/results\/([^/]+)(?:\/(stdout|stderr))?$/.exec(path)
    if (results !== null && method === 'GET') return this.#results(results[1] ?? '', results[2] ?? '', results[3])
    return null
  }

  #token(authorization: string | undefined, form: Record<string, string>): CloudAnswer {
    const isClient = authorization === `Basic ${Buffer.from('public-client:public').toString('base64')}`
    if (!isClient || form.grant_type !== 'password' || form.username !== this.apiKey || form.password !== SECRET) return { status: 400, json: { error: 'invalid_grant', error_description: 'Bad credentials' } }
    const token = `fake-datto-token-${++this.tokensGiven}`
    this.#tokens.add(token)
    return { status: 200, json: { access_token: token, token_type: 'bearer', expires_in: 359_999, scope: 'any' } }
  }

  #list(url: URL, site: string): CloudAnswer {
    if (!this.canList) return { status: 403, json: {} }
    const page = Number(url.searchParams.get('page') ?? 0)
    const all = this.devices.filter(({ siteUid }) => siteUid === site)
    const isLast = (page + 1) * this.pageSize >= all.length
    const next = `https://elsewhere.example/api/v2/site/${site}/devices?page=${page + 1}`
    return { status: 200, json: { pageDetails: { count: this.pageSize, totalCount: all.length, ...(isLast ? {} : { nextPageUrl: next }) }, devices: all.slice(page * this.pageSize, (page + 1) * this.pageSize).map(shown) } }
  }

  #quickJob(deviceUid: string, { jobName, jobComponent }: QuickJob): CloudAnswer {
    if (!this.devices.some(({ uid }) => uid === deviceUid)) return { status: 404, json: {} }
    if (jobComponent.componentUid !== this.linuxComponent && jobComponent.componentUid !== this.windowsComponent) return { status: 400, json: {} }
    const variables = Object.fromEntries(jobComponent.variables.map(({ name, value }) => [name, value]))
    const uid = `b0000000-0000-4000-8000-${String(this.jobs.length).padStart(12, '0')}`
    this.jobs.push({ uid, name: jobName, deviceUid, componentUid: jobComponent.componentUid, script: Buffer.from(variables.awScript ?? '', 'base64').toString('utf8'), variables, end: this.#end, left: this.#end.reads ?? 1 })
    return { status: 200, json: { job: { id: this.jobs.length, uid, name: jobName, dateCreated: '2026-01-01T00:00:00Z', status: 'active' }, jobComponents: [{ uid: jobComponent.componentUid, name: 'Alert Whisperer' }] } }
  }

  #results(jobUid: string, deviceUid: string, stream: string | undefined): CloudAnswer {
    const job = this.jobs.find((one) => one.uid === jobUid && one.deviceUid === deviceUid)
    if (job === undefined) return { status: 404, json: {} }
    const { stdout = '', stderr = '', exitCode = 0, status, isForeign = false } = job.end
    const told = isForeign ? stderr : `${stderr}${stderr === '' || stderr.endsWith('\n') ? '' : '\n'}aw1 exit ${exitCode}\n`
    if (stream !== undefined) return { status: 200, json: [{ componentUid: job.componentUid, componentName: 'Alert Whisperer', stdData: stream === 'stdout' ? stdout : told }] }
    const base = { jobUid, deviceUid, ranOn: '2026-01-01T00:00:00Z' }
    if (job.left > 0) {
      job.left -= 1
      return { status: 200, json: { ...base, jobDeploymentStatus: job.left > 0 ? 'Pending' : 'Running', componentResults: [] } }
    }
    if (status !== undefined) return { status: 200, json: { ...base, jobDeploymentStatus: status, componentResults: [] } }
    const end = exitCode === 0 ? 'Success' : 'Failure'
    return { status: 200, json: { ...base, jobDeploymentStatus: end, componentResults: [{ componentUid: job.componentUid, componentName: 'Alert Whisperer', componentStatus: end, numberOfWarnings: 0, hasStdOut: stdout !== '', hasStdErr: told !== '' }] } }
  }
}

interface QuickJob { jobName: string; jobComponent: { componentUid: string; variables: { name: string; value: string }[] } }

const judge = (): CallJudge => holdCallsTo('datto-rmm/openapi.json', { prefix: '/api', hasSuccess: false })
const shown = ({ uid, id, hostname, siteUid, operatingSystem, address, udf, online }: FakeDevice): unknown => ({
  id, uid, siteId: 1, siteUid, siteName: 'Acme', deviceType: { category: 'Server', type: 'Main System Chassis' }, hostname, intIpAddress: address, extIpAddress: '203.0.113.7', operatingSystem, online, suspended: false, deleted: false, udf,
})
