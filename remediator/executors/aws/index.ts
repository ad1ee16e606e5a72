/** AWS: scripts by Systems Manager Run Command, documents by Automation, in the account of the company under a role that it gives us. */
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { Clock } from '../../../schemas/clock.ts'
import { ExecutorError, type CallContext, type Executor, type RemoteCommand } from '../port.ts'
import { awsAccess, regionOf, type AwsAccess } from './access.ts'
import { automationSession, findAutomation, pollAutomation, startAutomation, stopAutomation } from './automation.ts'
import { checkAccount } from './check.ts'
import { Caller } from './clients.ts'
import { machinesIn, MACHINES_MAX } from './machines.ts'
import { automationPolicy, lookUpPolicy, scriptPolicy } from './policy.ts'
import { costMicroUsd } from './price.ts'
import { cancelScript, documentOf, findScript, pollScript, scriptFault, SCRIPT_MAX_BYTES, sendScript } from './scripts.ts'
import { sessionName, Sessions, type Credentials, type SessionWish } from './sessions.ts'

/** How the executor is made. */
export interface AwsExecutorOptions {
  readonly clock: Clock
  /** Who this program is for Amazon; unless given, the default chain finds out. */
  readonly credentials?: Credentials | (() => Promise<Credentials>)
  /** A call that takes longer is ended (20 s). */
  readonly callTimeoutMs?: number
}

const CALL_TIMEOUT_MS = 20_000
/** The longest the service takes, two days. */
const TIMEOUT_MAX_MS = 172_800_000

/** Makes it. Sessions are kept in memory, for as long as it lives. */
export function awsExecutor({ clock, credentials, callTimeoutMs = CALL_TIMEOUT_MS }: AwsExecutorOptions): Executor {
  const wire = { handler: new NodeHttpHandler({ connectionTimeout: callTimeoutMs }), credentials: credentials ?? null, callTimeoutMs }
  const sessions = new Sessions(wire, clock)
  const caller = new Caller(sessions, wire)

  /** The session of one command: its rights are those the command needs, its tags say who runs what. */
  const wishOf = (access: AwsAccess, command: RemoteCommand): SessionWish => {
    const region = regionOf(access, command)
    const tags = { company: access.companyId, run: command.runId, ...(command.runbookId === undefined ? {} : { runbook: command.runbookId }) }
    if (command.automation !== null) return { access, region, name: automationSession(command.token), tags, policy: automationPolicy(access, region, command.automation.document, command.automation.parameters) }
    return { access, region, name: command.runId, tags, policy: scriptPolicy(access, region, command.target.instanceId, documentOf(command.system)) }
  }
  const prepared = (command: RemoteCommand, { account, signal }: CallContext, what: string, sends = false) => {
    const access = awsAccess(account)
    const session = wishOf(access, command)
    return { access, wish: { session, region: session.region, what, sends, signal } }
  }

  const executor: Executor = {
    cloud: 'aws',
    capabilities: { systems: ['linux', 'windows'], automation: true, cancel: true, findsSent: true, timeoutMaxMs: TIMEOUT_MAX_MS, scriptMaxBytes: SCRIPT_MAX_BYTES },

    async send(command, context) {
      const { access, wish } = prepared(command, context, command.automation === null ? 'sending the command' : 'starting the document', true)
      if (!/^[A-Za-z0-9-]{1,64}$/.test(command.token)) throw new ExecutorError('invalid', 'sending the command: its token has characters that cannot be looked for')
      if (command.timeoutMs > TIMEOUT_MAX_MS) throw new ExecutorError('invalid', 'sending the command: its time limit is longer than two days')
      const { automation, script } = command
      if (automation !== null) return caller.call(wish, (called) => startAutomation(command, automation, called, clock.now()))
      if (script === null) throw new ExecutorError('invalid', 'sending the command: it has neither a script nor a document')
      const fault = scriptFault(script)
      if (fault !== null) throw new ExecutorError('invalid', `sending the command: the script cannot be sent, ${fault}`)
      return caller.call(wish, (called) => sendScript(access, command, script, called, clock.now()))
    },

    async find(command, sinceMs, context) {
      const { wish } = prepared(command, context, 'looking the command up')
      const { automation } = command
      return caller.call(wish, (called) => (automation === null ? findScript(command, sinceMs, called, clock.now()) : findAutomation(automation, sinceMs, sessionName(automationSession(command.token)), called, clock.now())))
    },

    async poll(ref, command, context) {
      const { access, wish } = prepared(command, context, 'asking how the command goes')
      return caller.call(wish, (called) => (command.automation === null ? pollScript(access, ref, command, called, clock) : pollAutomation(ref, called, clock.now())))
    },

    async cancel(ref, command, context) {
      const { wish } = prepared(command, context, 'ending the command')
      await caller.call(wish, (called) => (command.automation === null ? cancelScript(ref, command, called) : stopAutomation(ref, called)))
    },

    // Commands leave nothing behind that is ours to remove: outputs in the bucket belong to the company, which sets how long they stay.
    async clean() {},

    async machines(query, { account, signal, turn }) {
      const access = awsAccess(account)
      const session: SessionWish = { access, region: access.regions[0] ?? '', name: 'look-up', tags: { company: access.companyId }, policy: lookUpPolicy() }
      const found = await Promise.all(access.regions.map((region) => caller.call({ session, region, what: `looking for machines in ${region}`, signal, turn }, (called) => machinesIn(region, query, called))))
      return found.flat().slice(0, MACHINES_MAX)
    },

    async check(context, machine) {
      let access: AwsAccess
      try {
        access = awsAccess(context.account)
      } catch (thrown) {
        if (!(thrown instanceof ExecutorError)) throw thrown
        return { ok: false, findings: [{ name: 'fields', ok: false, message: thrown.message }] }
      }
      const whole: SessionWish = { access, region: access.regions[0] ?? '', name: 'check', tags: { company: access.companyId, run: 'check' }, policy: null }
      return checkAccount({ access, sessions, caller, executor, clock, whole }, machine, context)
    },

    costMicroUsd,
  }
  return executor
}

/** Who this program is for Amazon; null where it has no credentials or nobody answers. */
export async function awsIdentity({ credentials, region, endpoint = null }: { readonly credentials?: Credentials | (() => Promise<Credentials>); readonly region: string; readonly endpoint?: string | null }, clock: Clock): Promise<string | null> {
  const sessions = new Sessions({ handler: new NodeHttpHandler({ connectionTimeout: IDENTITY_WITHIN_MS }), credentials: credentials ?? null, callTimeoutMs: IDENTITY_WITHIN_MS }, clock)
  const access: AwsAccess = { companyId: '', accountId: '', partition: 'aws', roleArn: '', externalId: '', regions: [region], outputBucket: null, logGroup: null, endpoint }
  try {
    return await sessions.self({ access, region }, AbortSignal.timeout(IDENTITY_WITHIN_MS))
  } catch (error) {
    if (error instanceof ExecutorError) return null
    throw error
  }
}

const IDENTITY_WITHIN_MS = 5_000
