/**
 * A stateful fake of AWS for remediation, over HTTP on one address: Systems Manager (commands, automations, machines), the token service, and reading of
 * buckets and log groups. Every request and answer of SSM and STS is held to ../shared/specs/aws where that is there; `faults` says what did not fit.
 * Commands move on with each poll, so that tests need no time.
 */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readLogs, readObject } from './aws-outputs.ts'
import { AwsRefusal, FakeIdentities, type FakeSession } from './aws-sts.ts'
import type { AwsFake, Behaviour, FakeAutomation, FakeCommand, Mishap, Ran } from './aws-types.ts'
import { holdTo } from './spec.ts'

export type * from './aws-types.ts'

interface State { status: string; details: string; code: number }
type Body = Readonly<Record<string, unknown>>

const STDOUT_MAX = 24_000
const STDERR_MAX = 8_000
/** The agent's own, for both streams. */
const CUT_MARK = '--output truncated--'
const REQUESTED: Readonly<Record<string, string>> = {
  SendCommand: 'SendCommandRequest', GetCommandInvocation: 'GetCommandInvocationRequest', ListCommands: 'ListCommandsRequest', CancelCommand: 'CancelCommandRequest', DescribeInstanceInformation: 'DescribeInstanceInformationRequest',
  StartAutomationExecution: 'StartAutomationExecutionRequest', GetAutomationExecution: 'GetAutomationExecutionRequest', StopAutomationExecution: 'StopAutomationExecutionRequest',
}

/** Starts it on a free port. */
export async function startAwsFake({ now = () => Date.now() }: { readonly now?: () => number } = {}): Promise<AwsFake> {
  const spec = holdTo('aws/ssm.openapi.json')
  const identities = new FakeIdentities(now)
  const queued: Behaviour[] = []
  const mishaps = new Map<string, Mishap[]>()
  const throttles = new Map<string, { capacity: number; perSecond: number; tokens: number; atMs: number }>()
  const denied = new Set<string>()
  const waiting: { action: string; tell: () => void }[] = []
  const fake: AwsFake = {
    url: '', isHeld: spec.isThere && identities.spec.isThere, faults: [], commands: [], automations: [], machines: [], identities, calls: [], buckets: new Map(), logGroups: new Map(), usual: {}, outputLatePolls: 0, machinesClockMs: 0,
    addRole: (role) => void identities.roles.set(role.arn, role),
    next: (...behaviours) => void queued.push(...behaviours),
    mishap: (action, ...more) => void mishaps.set(action, [...(mishaps.get(action) ?? []), ...more]),
    throttle: (action, { capacity, perSecond }) => void throttles.set(action, { capacity, perSecond, tokens: capacity, atMs: now() }),
    deny: (action) => void denied.add(action),
    called: (action) => new Promise((resolve) => waiting.push({ action, tell: resolve })),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }

  const arrived = (service: string, action: string): Mishap | undefined => {
    fake.calls.push(`${service}.${action}`)
    for (const one of waiting.filter((other) => other.action === action)) {
      waiting.splice(waiting.indexOf(one), 1)
      one.tell()
    }
    const mishap = mishaps.get(action)?.shift()
    if (typeof mishap === 'object') throw new AwsRefusal(mishap.code, mishap.message ?? `${mishap.code} of the test`, mishap.status ?? 400, mishap.retryAfterSeconds === undefined ? {} : { 'retry-after': String(mishap.retryAfterSeconds) })
    const bucket = throttles.get(action)
    if (bucket !== undefined) {
      bucket.tokens = Math.min(bucket.capacity, bucket.tokens + ((now() - bucket.atMs) / 1000) * bucket.perSecond)
      bucket.atMs = now()
      if (bucket.tokens < 1) throw new AwsRefusal('ThrottlingException', 'Rate exceeded')
      bucket.tokens -= 1
    }
    return mishap
  }
  const allowed = (session: FakeSession | null, action: string, resources: readonly string[] = ['*']): FakeSession => {
    if (denied.has(action)) throw new AwsRefusal('AccessDeniedException', `User: ${session?.arn ?? 'nobody'} is not authorized to perform: ${action}`)
    identities.authorise(session, action, resources)
    return session as FakeSession
  }

  const stateOf = (command: FakeCommand): State | null => {
    const { invisiblePolls = 0, pendingPolls = 0, goingPolls = 0, end = 'ok', execute } = command.behaviour
    if (command.cancelled) return { status: 'Cancelled', details: 'Cancelled', code: -1 }
    if (command.polls <= invisiblePolls) return null
    if (command.polls <= invisiblePolls + pendingPolls) return { status: 'Pending', details: 'Pending', code: -1 }
    if (end === 'never' || command.polls <= invisiblePolls + pendingPolls + goingPolls || (execute !== undefined && command.ran === null)) return { status: 'InProgress', details: 'InProgress', code: -1 }
    const exitCode = command.ran?.exitCode ?? (end === 'failed' ? 1 : 0)
    if (end === 'timed_out') return { status: 'TimedOut', details: 'ExecutionTimedOut', code: -1 }
    if (end === 'delivery_timed_out') return { status: 'TimedOut', details: 'DeliveryTimedOut', code: -1 }
    if (end === 'undelivered') return { status: 'Failed', details: 'Undeliverable', code: -1 }
    return exitCode === 0 ? { status: 'Success', details: 'Success', code: 0 } : { status: 'Failed', details: 'Failed', code: exitCode }
  }

  /** The machine writes whole outputs where it was told to: an object at once, lines of a log one after the other. */
  const writeOutputs = (command: FakeCommand, ran: Ran, isLate: boolean): void => {
    const plugin = command.document === 'AWS-RunPowerShellScript' ? 'PowerShellScript' : 'ShellScript'
    for (const stream of ['stdout', 'stderr'] as const) {
      if (ran[stream] === '') continue
      const lines = ran[stream].split('\n')
      if (!isLate) fake.buckets.get(command.bucket ?? '')?.set(`${command.prefix}/${command.id}/${command.instanceId}/awsrun${plugin}/0.awsrun${plugin}/${stream}`, Buffer.from(ran[stream]))
      fake.logGroups.get(command.logGroup ?? '')?.set(`${command.id}/${command.instanceId}/aws-run${plugin}/${stream}`, isLate ? lines.slice(0, Math.ceil(lines.length / 2)) : lines)
    }
  }

  const ssm: Readonly<Record<string, (body: Body, session: FakeSession | null, region: string) => Body>> = {
    SendCommand(body, session, region) {
      const { DocumentName = '', InstanceIds = [], Comment = '', Parameters = {}, TimeoutSeconds = 3600, OutputS3BucketName, OutputS3KeyPrefix = '', CloudWatchOutputConfig } = body as {
        DocumentName?: string; InstanceIds?: string[]; Comment?: string; Parameters?: Record<string, string[]>; TimeoutSeconds?: number; OutputS3BucketName?: string; OutputS3KeyPrefix?: string; CloudWatchOutputConfig?: { CloudWatchLogGroupName?: string }
      }
      const instanceId = InstanceIds[0] ?? ''
      const account = session?.accountId ?? ''
      const by = allowed(session, 'ssm:SendCommand', [instanceId.startsWith('mi-') ? `arn:aws:ssm:${region}:${account}:managed-instance/${instanceId}` : `arn:aws:ec2:${region}:${account}:instance/${instanceId}`, `arn:aws:ssm:${region}::document/${DocumentName}`])
      const machine = fake.machines.find((one) => one.instanceId === instanceId && one.region === region)
      if (machine === undefined || InstanceIds.length !== 1) throw new AwsRefusal('InvalidInstanceId', `Instances [[${instanceId}]] not in a valid state for account ${account}`)
      if ((DocumentName === 'AWS-RunShellScript') !== ((machine.platform ?? 'Linux') === 'Linux')) throw new AwsRefusal('UnsupportedPlatformType', 'The document does not support the platform of the instance')
      if (!['AWS-RunShellScript', 'AWS-RunPowerShellScript'].includes(DocumentName)) throw new AwsRefusal('InvalidDocument', 'document does not exist')
      // As the agent does: the elements are lines.
      const script = (Parameters['commands'] ?? []).join('\n')
      const command: FakeCommand = {
        id: randomUUID(), instanceId, region, document: DocumentName, comment: Comment, script, executionTimeout: Parameters['executionTimeout']?.[0] ?? '3600', deliverySeconds: TimeoutSeconds, session: by, atMs: now(),
        bucket: OutputS3BucketName ?? null, prefix: OutputS3KeyPrefix, logGroup: CloudWatchOutputConfig?.CloudWatchLogGroupName ?? null, behaviour: machine.isOnline === false ? { end: 'delivery_timed_out' } : queued.shift() ?? fake.usual, polls: 0, cancelled: false, ran: null, endedAtMs: null,
      }
      fake.commands.push(command)
      const { execute, ran } = command.behaviour
      if (execute === undefined) command.ran = ran === undefined ? null : { exitCode: command.behaviour.end === 'failed' ? 1 : 0, stdout: '', stderr: '', ...ran }
      else execute(script).then((done) => void (command.ran = done), (error: unknown) => void (command.ran = { exitCode: 127, stdout: '', stderr: String(error) }))
      return { Command: { CommandId: command.id, DocumentName, Comment, InstanceIds, Parameters, RequestedDateTime: command.atMs / 1000, Status: 'Pending', StatusDetails: 'Pending' } }
    },

    GetCommandInvocation(body, session, region) {
      allowed(session, 'ssm:GetCommandInvocation')
      const command = fake.commands.find(({ id, instanceId }) => id === body['CommandId'] && instanceId === body['InstanceId'])
      if (command?.region !== region || command.session.accountId !== session?.accountId) throw new AwsRefusal('InvocationDoesNotExist', '')
      command.polls += 1
      const state = stateOf(command)
      if (state === null) throw new AwsRefusal('InvocationDoesNotExist', '')
      const { stdout = '', stderr = '' } = command.ran ?? {}
      const isEnded = !['Pending', 'InProgress'].includes(state.status)
      if (isEnded) {
        command.endedAtMs ??= now()
        const { invisiblePolls = 0, pendingPolls = 0, goingPolls = 0 } = command.behaviour
        if (command.ran !== null) writeOutputs(command, command.ran, command.polls <= invisiblePolls + pendingPolls + goingPolls + fake.outputLatePolls)
      }
      return {
        CommandId: command.id, InstanceId: command.instanceId, Comment: command.comment, DocumentName: command.document, PluginName: 'aws:runShellScript', ResponseCode: state.code, Status: state.status, StatusDetails: state.details,
        ...(command.endedAtMs === null ? {} : { ExecutionEndDateTime: new Date(command.endedAtMs + fake.machinesClockMs).toISOString() }),
        StandardOutputContent: isEnded ? cut(stdout, STDOUT_MAX) : '', StandardErrorContent: isEnded ? cut(stderr, STDERR_MAX) : '',
      }
    },

    ListCommands(body, session, region) {
      allowed(session, 'ssm:ListCommands')
      const { InstanceId, Filters = [] } = body as { InstanceId?: string; Filters?: { key: string; value: string }[] }
      const filter = (key: string): string | undefined => Filters.find((one) => one.key === key)?.value
      const after = filter('InvokedAfter')
      const before = filter('InvokedBefore')
      const found = fake.commands.filter((command) => command.region === region && command.session.accountId === session?.accountId && (InstanceId === undefined || (command.instanceId === InstanceId && (stateOf(command)?.status ?? 'Pending') !== 'Pending'))
        && (after === undefined || command.atMs >= Date.parse(after)) && (before === undefined || command.atMs <= Date.parse(before)) && (filter('DocumentName') ?? command.document) === command.document).reverse()
      const { page, next } = paged(found, body)
      return { Commands: page.map(({ id, document, comment, instanceId, atMs }) => ({ CommandId: id, DocumentName: document, Comment: comment, InstanceIds: [instanceId], RequestedDateTime: atMs / 1000, Status: 'InProgress' })), ...next }
    },

    CancelCommand(body, session) {
      allowed(session, 'ssm:CancelCommand')
      const command = fake.commands.find(({ id }) => id === body['CommandId'])
      if (command === undefined) throw new AwsRefusal('InvalidCommandId', '')
      if (command.endedAtMs === null) command.cancelled = true
      return {}
    },

    DescribeInstanceInformation(body, session, region) {
      allowed(session, 'ssm:DescribeInstanceInformation')
      const { Filters = [] } = body as { Filters?: { Key: string; Values: string[] }[] }
      const found = fake.machines.filter((machine) => machine.region === region && Filters.every(({ Key, Values }) => {
        if (Key === 'InstanceIds') return Values.includes(machine.instanceId)
        if (Key.startsWith('tag:')) return Values.includes(machine.tags?.[Key.slice(4)] ?? '')
        throw new AwsRefusal('InvalidFilterKey', `${Key} is no filter`)
      }))
      const { page, next } = paged(found, body)
      return {
        InstanceInformationList: page.map(({ instanceId, platform = 'Linux', computerName, ip, isOnline = true }) => ({
          InstanceId: instanceId, PingStatus: isOnline ? 'Online' : 'ConnectionLost', PlatformType: platform, ResourceType: instanceId.startsWith('mi-') ? 'ManagedInstance' : 'EC2Instance', AgentVersion: '3.3.987.0',
          ...(ip === undefined ? {} : { IPAddress: ip }), ...(computerName === undefined ? {} : { ComputerName: computerName }),
        })), ...next,
      }
    },

    StartAutomationExecution(body, session, region) {
      const { DocumentName = '', ClientToken = '', Parameters = {} } = body as { DocumentName?: string; ClientToken?: string; Parameters?: Record<string, string[]> }
      const by = allowed(session, 'ssm:StartAutomationExecution', [`arn:aws:ssm:${region}:${session?.accountId ?? ''}:automation-definition/${DocumentName}:$DEFAULT`])
      if (DocumentName.startsWith('Missing')) throw new AwsRefusal('AutomationDefinitionNotFoundException', `Automation Definition with Name: ${DocumentName} and Version: null not found.`)
      const known = fake.automations.find(({ clientToken }) => clientToken === ClientToken)
      if (known !== undefined) return { AutomationExecutionId: known.id }
      const execution: FakeAutomation = { id: randomUUID(), region, document: DocumentName, parameters: Parameters, clientToken: ClientToken, session: by, atMs: now(), polls: 0, cancelled: false }
      fake.automations.push(execution)
      return { AutomationExecutionId: execution.id }
    },

    GetAutomationExecution(body, session) {
      allowed(session, 'ssm:GetAutomationExecution')
      const execution = fake.automations.find(({ id }) => id === body['AutomationExecutionId'])
      if (execution === undefined) throw new AwsRefusal('AutomationExecutionNotFoundException', 'There is no automation execution information')
      execution.polls += 1
      const { goingPolls = 0, end = 'ok', ran } = fake.usual
      const isGoing = end === 'never' || execution.polls <= goingPolls
      const status = execution.cancelled ? 'Cancelled' : isGoing ? 'InProgress' : end === 'ok' ? 'Success' : end === 'timed_out' ? 'TimedOut' : 'Failed'
      return {
        AutomationExecution: {
          AutomationExecutionId: execution.id, DocumentName: execution.document, AutomationExecutionStatus: status, ExecutedBy: execution.session.arn, ExecutionStartTime: execution.atMs / 1000, Outputs: status === 'Success' ? { 'restart.State': ['running'] } : {},
          StepExecutions: [{ StepName: 'restart', Action: 'aws:changeInstanceState', StepStatus: status }], ...(status === 'Failed' ? { FailureMessage: ran?.stderr ?? 'Step fails when it is Execute/Cancelling action.' } : {}),
        },
      }
    },

    StopAutomationExecution(body, session) {
      allowed(session, 'ssm:StopAutomationExecution')
      const execution = fake.automations.find(({ id }) => id === body['AutomationExecutionId'])
      if (execution === undefined) throw new AwsRefusal('AutomationExecutionNotFoundException', 'There is no automation execution information')
      execution.cancelled = true
      return {}
    },

    // Not among the described calls; by the vendor's reference page.
    DescribeAutomationExecutions(body, session, region) {
      allowed(session, 'ssm:DescribeAutomationExecutions')
      const { Filters = [] } = body as { Filters?: { Key: string; Values: string[] }[] }
      const filter = (key: string): string | undefined => Filters.find((one) => one.Key === key)?.Values[0]
      const found = fake.automations.filter((one) => one.region === region && one.session.accountId === session?.accountId && one.document.startsWith(filter('DocumentNamePrefix') ?? '') && one.atMs >= Date.parse(filter('StartTimeAfter') ?? '1970-01-01T00:00:00Z') && one.atMs <= Date.parse(filter('StartTimeBefore') ?? '2100-01-01T00:00:00Z'))
      const { page, next } = paged(found, body)
      return { AutomationExecutionMetadataList: page.map(({ id, document, session: { arn }, atMs }) => ({ AutomationExecutionId: id, DocumentName: document, ExecutedBy: arn, ExecutionStartTime: atMs / 1000, AutomationExecutionStatus: 'InProgress' })), ...next }
    },
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await read(request)
    const target = request.headers['x-amz-target']
    const region = /\/\d{8}\/([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? ''
    if (request.method === 'GET') {
      fake.calls.push('s3.GetObject')
      return readObject(fake.buckets, request, response, identities.of(request, 's3'), denied.has('s3:GetObject'))
    }
    if (typeof target === 'string') {
      const [service, action = ''] = target.split('.')
      const mishap = arrived(service === 'AmazonSSM' ? 'ssm' : 'logs', action)
      const body = JSON.parse(text) as Body
      const schema = REQUESTED[action]
      const made = service === 'AmazonSSM' ? ssm[action]?.(held(body, schema), identities.of(request, 'ssm'), region) : readLogs(fake.logGroups, body, (group, stream) => {
        const session = identities.of(request, 'logs')
        allowed(session, 'logs:GetLogEvents', [`arn:aws:logs:${region}:${session?.accountId ?? ''}:log-group:${group}:log-stream:${stream}`])
      }, now())
      if (made === undefined) {
        fake.faults.push(`${target} was not expected`)
        throw new AwsRefusal('UnknownOperationException', '')
      }
      if (schema !== undefined) fake.faults.push(...spec.faults(schema.replace(/Request$/, 'Result'), made))
      return answered(response, JSON.stringify(made), 'application/x-amz-json-1.1', mishap)
    }
    const form = new URLSearchParams(text)
    const mishap = arrived('sts', form.get('Action') ?? '')
    return answered(response, identities.answer(form, identities.of(request, 'sts'), (fault) => void fake.faults.push(fault)), 'text/xml', mishap)
  }
  const held = (body: Body, schema: string | undefined): Body => {
    if (schema !== undefined) fake.faults.push(...spec.faults(schema, body))
    return body
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!(error instanceof AwsRefusal)) {
        fake.faults.push(String(error))
        return void response.destroy()
      }
      const isQuery = request.headers['x-amz-target'] === undefined
      if (isQuery) response.writeHead(error.status, { 'content-type': 'text/xml', ...error.headers }).end(`<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${error.code}</Code><Message>${error.message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`)
      else response.writeHead(error.status, { 'content-type': 'application/x-amz-json-1.1', ...error.headers }).end(JSON.stringify({ __type: `com.amazonaws.ssm#${error.code}`, Message: error.message, message: error.message }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(fake, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}

function answered(response: ServerResponse, text: string, type: string, mishap: Mishap | undefined): void {
  if (mishap === 'hang') return
  if (mishap === 'lost') return void response.destroy()
  response.writeHead(200, { 'content-type': type }).end(mishap === 'garbage' ? '<html>not what was asked' : text)
}

function paged<T>(all: readonly T[], body: Body): { page: readonly T[]; next: { NextToken?: string } } {
  const { MaxResults = 10, NextToken } = body as { MaxResults?: number; NextToken?: string }
  const from = NextToken === undefined ? 0 : Number(NextToken)
  const page = all.slice(from, from + MaxResults)
  // As the service does, a full last page is followed by an empty one.
  return { page, next: page.length === MaxResults ? { NextToken: String(from + MaxResults) } : {} }
}

/** As the agent does: by bytes, and through a character where one stands there. */
function cut(text: string, max: number): string {
  const bytes = Buffer.from(text)
  return bytes.length < max ? text : bytes.subarray(0, max - CUT_MARK.length).toString('utf8') + CUT_MARK
}

async function read(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}
