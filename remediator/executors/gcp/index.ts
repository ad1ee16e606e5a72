/** Google Cloud: a command as an OS policy assignment for one machine, because there is no call that runs a script. docs/adr says what that holds and what it does not. */
import type { AuthClient } from 'google-auth-library'
import type { Clock } from '../../../schemas/clock.ts'
import { ExecutorError, type CallContext, type Executor, type RemoteCommand } from '../port.ts'
import { assign, findAssignment, pollAssignment, unassign } from './assignments.ts'
import { checkGcp } from './check.ts'
import { gcpMachines } from './machines.ts'
import { scriptRoom } from './scripts.ts'
import { GcpSession, type GcpWire } from './session.ts'
import { GcpTokens } from './tokens.ts'

/** How the executor is made. */
export interface GcpExecutorOptions extends GcpWire {
  readonly clock: Clock
  /** Our own identity in Google Cloud; unless given, the environment's default credentials. */
  readonly own?: () => Promise<AuthClient>
}

/** A POST whose answer was lost may still be on its way so long; after that an assignment that is not there was never made. */
const SETTLED_MS = 120_000
/** The service ends a task of the agent after a time it does not tell, and all policies of a machine are one task. */
const TIMEOUT_MAX_MS = 900_000
const SCRIPT_MAX_BYTES = Math.min(scriptRoom('linux'), scriptRoom('windows'))
const TOKEN = /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/
const NAME = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/
const ZONE = /^[a-z]+-[a-z]+\d{1,2}-[a-z]$/

/** Makes it. Tokens are kept in memory, for as long as it lives. */
export function gcpExecutor({ clock, own, ...wire }: GcpExecutorOptions): Executor {
  const tokens = new GcpTokens(clock, wire.ca, own)
  const open = (context: CallContext): GcpSession => new GcpSession(context, tokens, wire)
  const executor: Executor = {
    cloud: 'gcp',
    capabilities: { systems: ['linux', 'windows'], automation: false, cancel: false, findsSent: true, timeoutMaxMs: TIMEOUT_MAX_MS, scriptMaxBytes: SCRIPT_MAX_BYTES },

    async send(command, context) {
      const { zone, script } = parts(command)
      const session = open(context)
      const { zones } = session.settings
      if (zones.length > 0 && !zones.includes(zone)) throw new ExecutorError('forbidden', `zone ${zone} is none of those the account is bound to`)
      return assign(session, { ...command, script }, zone, clock.now())
    },

    async find(command, sinceMs, context) {
      const { zone } = parts(command)
      const found = await findAssignment(open(context), command, zone)
      return found ?? (clock.now() - sinceMs < SETTLED_MS ? 'unknown' : 'absent')
    },

    async poll(ref, command, context) {
      return pollAssignment(open(context), command, parts(command).zone, ref, clock.now())
    },

    async cancel() {
      throw new ExecutorError('invalid', 'a command on Google Cloud cannot be ended; it ends by its time limit, and does not begin any more after 45 minutes')
    },

    async clean(_ref, command, context) {
      await unassign(open(context), command, parts(command).zone)
    },

    async machines(query, context) {
      return gcpMachines(open(context), query)
    },

    async check(context, machine) {
      return checkGcp(executor, open(context), clock, machine)
    },

    // OS policies cost nothing for the first hundred machines of an account; above that it is by the machine and hour, not by the command.
    costMicroUsd: () => 0,
  }
  return executor
}

/** What a command must have to be sent to Google Cloud; anything else is refused before a call. */
function parts({ target, token, script, automation, timeoutMs }: RemoteCommand): { readonly zone: string; readonly script: string } {
  const { group, instanceId } = target
  if (automation !== null || script === null) throw new ExecutorError('invalid', 'Google Cloud runs scripts only, no Automation documents')
  if (Buffer.byteLength(script) > SCRIPT_MAX_BYTES) throw new ExecutorError('invalid', `the script is longer than ${SCRIPT_MAX_BYTES} bytes`)
  if (timeoutMs > TIMEOUT_MAX_MS) throw new ExecutorError('invalid', 'the time limit is longer than 15 minutes')
  if (group === null || !ZONE.test(group)) throw new ExecutorError('invalid', `machine ${instanceId} has no zone; name it in the asset list`)
  if (!NAME.test(instanceId)) throw new ExecutorError('invalid', 'the name of the machine is none that Google Cloud has')
  if (!TOKEN.test(token)) throw new ExecutorError('invalid', 'the token of the command is none')
  return { zone: group, script }
}
