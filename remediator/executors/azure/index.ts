/** Azure: managed run commands by name, action run commands where those are refused. docs/clouds.md says what rights it needs. */
import type { Clock } from '../../../schemas/clock.ts'
import type { CloudCheck } from '../../../schemas/runs.ts'
import type { CallContext, CloudMachine, Executor, Progress, RemoteCommand, SentRef } from '../port.ts'
import { ExecutorError } from '../port.ts'
import { pollAction, startAction } from './action.ts'
import { checkAzure } from './check.ts'
import { azureMachines } from './machines.ts'
import { deleteManaged, endManaged, pollManaged, putManaged, readManaged, refusesManaged } from './managed.ts'
import { AzureSession, type AzureWire } from './session.ts'
import { AzureTokens } from './tokens.ts'

/** A PUT whose answer was lost may still be on its way so long; after that a name that is not there was never taken. */
const SETTLED_MS = 120_000

/** An action runs for 90 minutes at most, and a managed command by default. */
const TIMEOUT_MAX_MS = 5_400_000
/** Azure names no limit; this much both ways are known to take. */
const SCRIPT_MAX_BYTES = 65_536

/** How the executor is made. */
export interface AzureExecutorOptions extends AzureWire {
  readonly clock: Clock
}

/** Makes it. Access tokens are kept in memory, for as long as it lives. */
export function azureExecutor({ clock, ...wire }: AzureExecutorOptions): Executor {
  const tokens = new AzureTokens(clock, wire.ca, wire.callTimeoutMs ?? 20_000)
  const open = (context: CallContext): AzureSession => new AzureSession(context, tokens, wire)
  const executor: Executor = {
    cloud: 'azure',
    capabilities: { systems: ['linux', 'windows'], automation: false, cancel: true, findsSent: true, timeoutMaxMs: TIMEOUT_MAX_MS, scriptMaxBytes: SCRIPT_MAX_BYTES },

    async send(command, context) {
      const session = open(context)
      const { group, script } = parts(session, command)
      if (session.settings.runCommand === 'action') return startAction(session, command, group, script)
      try {
        return await putManaged(session, command, group, script)
      } catch (thrown) {
        if (session.settings.runCommand === 'managed' || !refusesManaged(thrown)) throw thrown
        // The action only where a look-up is refused too: so `find` knows which way a command went.
        if (await canLookUp(session, command, group)) throw thrown
        return startAction(session, command, group, script)
      }
    },

    async find(command, sinceMs, context) {
      const session = open(context)
      if (session.settings.runCommand === 'action') return 'unknown'
      const { group } = parts(session, command)
      try {
        if ((await readManaged(session, command, group)) !== null) return { kind: 'managed', name: command.token }
      } catch (thrown) {
        if (session.settings.runCommand === 'auto' && refusesManaged(thrown)) return 'unknown'
        throw thrown
      }
      return clock.now() - sinceMs < SETTLED_MS ? 'unknown' : 'absent'
    },

    async poll(ref: SentRef, command: RemoteCommand, context: CallContext): Promise<Progress> {
      const session = open(context)
      return ref.kind === 'action' ? pollAction(session, command, ref) : pollManaged(session, command, parts(session, command).group, ref)
    },

    async cancel(ref, command, context) {
      const session = open(context)
      if (ref.kind === 'action') throw new ExecutorError('invalid', 'an action run command cannot be ended; it ends by itself, after 90 minutes at the latest')
      await endManaged(session, command, parts(session, command).group)
    },

    async clean(ref, command, context) {
      if (ref.kind === 'action') return
      const session = open(context)
      await deleteManaged(session, command, parts(session, command).group)
    },

    async machines(query, context): Promise<readonly CloudMachine[]> {
      return azureMachines(open(context), query)
    },

    async check(context, machine): Promise<CloudCheck> {
      return checkAzure(executor, new AzureSession(context, tokens, wire, true), clock, machine)
    },

    costMicroUsd: () => 0,
  }
  return executor
}

async function canLookUp(session: AzureSession, command: RemoteCommand, group: string): Promise<boolean> {
  try {
    await readManaged(session, command, group)
    return true
  } catch (thrown) {
    if (refusesManaged(thrown)) return false
    throw thrown
  }
}

const GROUP = /^[-\w.()]{1,90}$/
const NAME = /^[A-Za-z0-9][-\w.]{0,63}$/
const TOKEN = /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/

/** What a command must have to be sent to Azure; anything else is refused before a call. */
function parts(session: AzureSession, { target, token, script, automation, timeoutMs }: RemoteCommand): { readonly group: string; readonly script: string } {
  const { group, instanceId } = target
  if (automation !== null || script === null) throw new ExecutorError('invalid', 'Azure runs scripts only, no Automation documents')
  if (Buffer.byteLength(script) > SCRIPT_MAX_BYTES) throw new ExecutorError('invalid', `the script is longer than ${SCRIPT_MAX_BYTES} bytes`)
  if (timeoutMs > TIMEOUT_MAX_MS) throw new ExecutorError('invalid', 'the time limit is longer than 90 minutes')
  if (group === null || !GROUP.test(group)) throw new ExecutorError('invalid', `machine ${instanceId} has no resource group; name it in the asset list`)
  if (!NAME.test(instanceId)) throw new ExecutorError('invalid', 'the name of the machine is none that Azure has')
  if (!TOKEN.test(token)) throw new ExecutorError('invalid', 'the token of the command is none')
  const { resourceGroups } = session.settings
  if (resourceGroups.length > 0 && !resourceGroups.some((name) => name.toLowerCase() === group.toLowerCase())) throw new ExecutorError('forbidden', `resource group ${group} is none of those the account is bound to`)
  return { group, script }
}
