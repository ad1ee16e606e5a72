/** What is looked at before an account is used: who we are, the role, what it may do, that nobody else may have it, and a harmless command. */
import { randomUUID } from 'node:crypto'
import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { ListCommandsCommand } from '@aws-sdk/client-ssm'
import type { Clock } from '../../../schemas/clock.ts'
import type { CloudCheck } from '../../../schemas/runs.ts'
import { ExecutorError, PASSING_FAULTS, type CallContext, type Executor, type RemoteCommand } from '../port.ts'
import { OUTPUT_PREFIX, type AwsAccess } from './access.ts'
import type { Caller } from './clients.ts'
import { nameOf } from './faults.ts'
import { machinesIn } from './machines.ts'
import type { Sessions, SessionWish } from './sessions.ts'

const COMMAND_WITHIN_MS = 90_000
const POLL_EVERY_MS = 2_000
/** Both only print a word and the system's name. */
const HARMLESS = { linux: "printf 'alert-whisperer check on %s\\n' \"$(uname -s)\"\n", windows: "Write-Output 'alert-whisperer check on Windows'\r\n" } as const

type Machine = Parameters<Executor['check']>[1]
type Finding = CloudCheck['findings'][number]

/** What a check works with. */
export interface Checking {
  readonly access: AwsAccess
  readonly sessions: Sessions
  readonly caller: Caller
  readonly executor: Pick<Executor, 'send' | 'poll'>
  readonly clock: Clock
  readonly whole: SessionWish
}

/** Every finding is told, the bad ones with what mends them; what depends on a bad one is left out. */
export async function checkAccount({ access, sessions, caller, executor, clock, whole }: Checking, machine: Machine, context: CallContext): Promise<CloudCheck> {
  const { signal } = context
  const findings: Finding[] = []
  const look = async (name: string, work: () => Promise<string>): Promise<boolean> => {
    try {
      findings.push({ name, ok: true, message: await work() })
      return true
    } catch (thrown) {
      if (!(thrown instanceof ExecutorError)) throw thrown
      findings.push({ name, ok: false, message: thrown.message })
      return false
    }
  }
  const ended = (): CloudCheck => ({ ok: findings.every((finding) => finding.ok), findings })

  if (!await look('own credentials', async () => `This program is ${await sessions.self(whole, signal)} for Amazon.`)) return ended()
  if (!await look('role', async () => `${access.roleArn} can be assumed with the external id.${await sessions.get(whole, signal).then(() => '')}`)) return ended()
  await look('external id', async () => {
    if (await sessions.isOpenToAll(whole, signal)) throw new ExecutorError('invalid', 'the role can be assumed without the external id, so that others could have us act on this account: add the condition sts:ExternalId to its trust policy')
    return 'The role is refused without the external id.'
  })
  for (const region of access.regions) {
    await look(`machines in ${region}`, async () => {
      const found = await caller.call({ session: whole, region, what: `listing machines in ${region}`, signal }, (called) => machinesIn(region, { text: null, tag: null }, called))
      const online = found.filter(({ isOnline }) => isOnline).length
      return `${found.length === 50 ? 'At least 50' : found.length} managed machines, ${online} of them online.${found.length === 0 ? ' Install the agent and give the machines their instance profile, as the onboarding text says.' : ''}`
    })
    await look(`look-up of commands in ${region}`, async () => {
      await caller.call({ session: whole, region, what: `listing commands in ${region}`, signal }, ({ ssm, abortSignal }) => ssm.send(new ListCommandsCommand({ MaxResults: 1 }), { abortSignal }))
      return 'Commands can be found again after a crash.'
    })
    const { logGroup } = access
    if (logGroup !== null && access.outputBucket === null) {
      await look(`whole outputs in ${region}`, () => caller.call({ session: whole, region, what: `reading the log group ${logGroup}`, signal }, async ({ logs, abortSignal }) => {
        const absent = await logs().send(new GetLogEventsCommand({ logGroupName: logGroup, logStreamName: 'alert-whisperer-check', limit: 1 }), { abortSignal }).then(() => null, (thrown: unknown) => thrown)
        // No such stream is as it should be; no such group is not.
        if (absent instanceof Error && (nameOf(absent) !== 'ResourceNotFoundException' || /group/i.test(absent.message))) throw absent
        return `${logGroup} can be read.`
      }))
    }
  }
  const { outputBucket } = access
  if (outputBucket !== null) {
    await look('whole outputs', () => caller.call({ session: whole, region: whole.region, what: `reading the bucket ${outputBucket}`, signal }, async ({ s3, abortSignal }) => {
      const absent = await s3().send(new GetObjectCommand({ Bucket: outputBucket, Key: `${OUTPUT_PREFIX}/check` }), { abortSignal }).then(() => null, (thrown: unknown) => thrown)
      if (absent instanceof Error && nameOf(absent) !== 'NoSuchKey') throw absent
      return `${outputBucket} can be read.`
    }))
  }
  if (machine !== null) {
    await look(`a harmless command on ${machine.instanceId}`, async () => {
      const command: RemoteCommand = {
        token: randomUUID(), runId: 'check', system: machine.system, script: HARMLESS[machine.system], automation: null, timeoutMs: 30_000,
        target: { asset: machine.instanceId, cloud: 'aws', cloudAccountId: context.account.id, system: machine.system, region: machine.region, instanceId: machine.instanceId, group: machine.group, foundBy: 'person', isCritical: false },
      }
      return harmless(command, executor, clock, context)
    })
  }
  return ended()
}

async function harmless(command: RemoteCommand, executor: Checking['executor'], clock: Clock, context: CallContext): Promise<string> {
  const ref = await executor.send(command, context)
  for (let waitedMs = 0; waitedMs <= COMMAND_WITHIN_MS; waitedMs += POLL_EVERY_MS) {
    const progress = await executor.poll(ref, command, context).catch((thrown: unknown) => {
      if (thrown instanceof ExecutorError && PASSING_FAULTS.includes(thrown.fault)) return null
      throw thrown
    })
    if (progress?.kind === 'ended') {
      if (progress.outcome !== 'ok') throw new ExecutorError('invalid', `the command ended as ${progress.outcome}. ${progress.message ?? ''}`.trim())
      return `It ran and said: ${progress.stdout.trim().slice(0, 100)}`
    }
    await clock.sleep(POLL_EVERY_MS, context.signal)
  }
  throw new ExecutorError('timeout', `the command has not ended within ${COMMAND_WITHIN_MS / 1000} s: look whether the machine is online`)
}
