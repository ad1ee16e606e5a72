/**
 * Managed run commands: a resource below the machine, named by the token. So the look-up after a crash is one GET, and a second PUT of the same name changes the same resource.
 *
 * `provisioningState` tells of the resource, `instanceView.executionState` of the script: only the latter decides, unless the resource never came to start a script.
 */
import { restorePoller, type ComputeManagementClient, type VirtualMachineRunCommand } from '@azure/arm-compute'
import { ExecutorError, type Progress, type RemoteCommand, type SentRef } from '../port.ts'
import { clean, isOffline } from './faults.ts'
import { blobUris, wholeOutput } from './output.ts'
import type { AzureSession } from './session.ts'

/** Bytes of output an instance view holds, less a character that was cut through: what is as long has lost its beginning. */
const VIEW_BYTES = 4_096 - 3

/** Whether an error says that managed run commands may not or cannot be used here, so that the action is the way. */
export function refusesManaged(error: unknown): error is ExecutorError {
  return error instanceof ExecutorError && error.sent === 'no' && (error.fault === 'forbidden' || /\b(NoRegisteredProviderFound|InvalidResourceType|MissingSubscriptionRegistration|FeatureNotSupported|ResourceTypeNotSupported)\b/.test(error.message))
}

/** Puts the command; it is taken once this returns. */
export async function putManaged(session: AzureSession, command: RemoteCommand, group: string, script: string): Promise<SentRef> {
  const blobs = await blobUris(session, command.token)
  const body: VirtualMachineRunCommand = {
    location: command.target.region, source: { script }, asyncExecution: true, treatFailureAsDeploymentFailure: false, timeoutInSeconds: Math.ceil(command.timeoutMs / 1_000), ...blobs,
  }
  const operation = await session.call('sending a run command', true, async (client, signal) => {
    const poller = client.virtualMachineRunCommands.createOrUpdate(group, command.target.instanceId, command.token, body, { abortSignal: signal })
    await poller.submitted()
    return statusOf(await poller.serialize())
  })
  return { kind: 'managed', name: command.token, ...(operation === null ? {} : { operation }) }
}

/** The command as it stands; null where there is none of this name. */
export async function readManaged(session: AzureSession, command: RemoteCommand, group: string): Promise<VirtualMachineRunCommand | null> {
  try {
    return await session.call('reading a run command', false, (client, signal) => client.virtualMachineRunCommands.getByVirtualMachine(group, command.target.instanceId, command.token, { expand: 'instanceView', abortSignal: signal }))
  } catch (thrown) {
    if (thrown instanceof ExecutorError && thrown.fault === 'not_found' && !refusesManaged(thrown)) return null
    throw thrown
  }
}

/** How it goes: first the script, and while that says nothing final, the operation that brings it to the machine. */
export async function pollManaged(session: AzureSession, command: RemoteCommand, group: string, ref: SentRef): Promise<Progress> {
  const found = await readManaged(session, command, group)
  const view = found?.instanceView
  const state = view?.executionState ?? 'Unknown'
  const stdout = view?.output ?? ''
  const stderr = view?.error ?? ''
  const message = view?.executionMessage === undefined || view.executionMessage === '' ? null : clean(view.executionMessage)
  const isCut = Math.max(Buffer.byteLength(stdout), Buffer.byteLength(stderr)) >= VIEW_BYTES
  const outcome = OUTCOMES[state]
  if (outcome !== undefined) {
    const output = isCut ? await wholeOutput(session, command.token, { stdout, stderr }) : { stdout, stderr, isTruncated: false }
    // Azure may keep `Succeeded` for a script whose exit code says otherwise.
    return { kind: 'ended', outcome: outcome === 'ok' && (view?.exitCode ?? 0) !== 0 ? 'failed' : outcome, exitCode: view?.exitCode ?? null, ...output, message }
  }
  // A script that runs has been brought to the machine; its operation has nothing more to tell.
  const operation = ref.operation === undefined || state === 'Running' ? { status: 'none' as const, message: '' } : await managedOperation(session, ref.operation)
  const going: Progress = { kind: 'going', stdout, stderr, retryAfterMs: session.retryAfterMs }
  if (found === null) {
    // Not there yet, or its making failed, or not there any more: it was deleted, which ends the script too.
    return operation.status === 'running' ? going : { kind: 'ended', outcome: operation.status === 'failed' ? 'undelivered' : 'cancelled', exitCode: null, stdout: '', stderr: '', isTruncated: false, message: operation.message === '' ? 'the run command was deleted' : operation.message }
  }
  const isBroken = operation.status === 'failed' || found.provisioningState === 'Failed'
  if (isBroken) return { kind: 'ended', outcome: state === 'Running' ? 'failed' : 'undelivered', exitCode: null, stdout, stderr, isTruncated: isCut, message: operation.message === '' ? message ?? 'Azure could not bring the command to the machine' : operation.message }
  if (operation.status === 'cancelled') return { kind: 'ended', outcome: 'cancelled', exitCode: null, stdout, stderr, isTruncated: isCut, message: message ?? 'the operation was cancelled in Azure' }
  return going
}

/** The operation of a command; one Azure has forgotten, or whose command is gone, is over. */
async function managedOperation(session: AzureSession, operation: string): Promise<{ readonly status: 'running' | 'succeeded' | 'failed' | 'cancelled'; readonly message: string }> {
  try {
    return await readOperation(session, operation)
  } catch (thrown) {
    if (thrown instanceof ExecutorError && thrown.fault === 'not_found') return { status: 'succeeded', message: '' }
    throw thrown
  }
}

/** Ends a script that has not ended by itself. One that has is left: its result would go with it. */
export async function endManaged(session: AzureSession, command: RemoteCommand, group: string): Promise<void> {
  const state = (await readManaged(session, command, group))?.instanceView?.executionState ?? 'Unknown'
  if (OUTCOMES[state] === undefined) await deleteManaged(session, command, group)
}

/** Deletes it, which also ends a script that runs. What is not there is deleted. */
export async function deleteManaged(session: AzureSession, command: RemoteCommand, group: string): Promise<void> {
  try {
    await session.call('deleting a run command', true, (client, signal) => client.virtualMachineRunCommands.delete(group, command.target.instanceId, command.token, { abortSignal: signal }).submitted())
  } catch (thrown) {
    if (!(thrown instanceof ExecutorError && thrown.fault === 'not_found')) throw thrown
  }
}

const OUTCOMES: Readonly<Record<string, 'ok' | 'failed' | 'timed_out' | 'cancelled'>> = { Succeeded: 'ok', Failed: 'failed', TimedOut: 'timed_out', Canceled: 'cancelled' }

/** The SDK's own note of an operation that is under way, without the answer's body (it holds the script); null where it is over. */
export function statusOf(serialized: string): string | null {
  const { state } = JSON.parse(serialized) as { state: { status: string; config: unknown } }
  return state.status === 'running' ? JSON.stringify({ state: { status: state.status, config: state.config } }) : null
}

/** How a long-running operation stands. Its status document is answered with 200 even for one that failed. */
export async function readOperation<T = unknown>(session: AzureSession, operation: string): Promise<{ readonly status: 'running' | 'succeeded' | 'failed' | 'cancelled'; readonly message: string; readonly raw: string; readonly result?: T | undefined }> {
  return session.call('asking how an operation goes', false, async (client: ComputeManagementClient, signal) => {
    const poller = restorePoller<never, T>(client, operation, () => { throw new ExecutorError('invalid', 'an operation is never started again') }, { abortSignal: signal })
    try {
      const state = await poller.poll({ abortSignal: signal })
      return { status: state.status === 'succeeded' ? 'succeeded' : 'running', message: '', raw: '', result: state.result }
    } catch (thrown) {
      // Failures of the operation come as plain errors, those of the call with a status; the poller's own state does not tell them apart.
      const isOfCall = typeof thrown !== 'object' || thrown === null || 'statusCode' in thrown || (thrown as Error).name !== 'Error'
      if (thrown instanceof ExecutorError || isOfCall || signal.aborted) throw thrown
      const raw = (thrown as Error).message
      if (raw === 'Operation was canceled') return { status: 'cancelled', message: 'the operation was cancelled in Azure', raw }
      const words = clean(raw)
      return { status: 'failed', message: isOffline(/\. (\w+)\. /.exec(words)?.[1] ?? null, words) ? `the machine’s agent does not answer: ${words}` : words, raw }
    }
  })
}
