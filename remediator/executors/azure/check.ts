/** Check of an Azure account: token, rights to see machines, and a harmless command where a machine is named. */
import { randomUUID } from 'node:crypto'
import type { Clock } from '../../../schemas/clock.ts'
import type { System } from '../../../schemas/runbooks.ts'
import type { CloudCheck } from '../../../schemas/runs.ts'
import { ExecutorError, type Executor, type RemoteCommand } from '../port.ts'
import { azureMachines, isOnline } from './machines.ts'
import type { AzureSession } from './session.ts'

type Finding = CloudCheck['findings'][number]
/** Words the harmless command prints. */
const WORDS = 'alert-whisperer check'
const SCRIPTS: Readonly<Record<System, string>> = { linux: `#!/bin/sh\necho '${WORDS}'\n`, windows: `Write-Output '${WORDS}'\n` }
/** Longest wait for it, and the pause between two looks. */
const WITHIN_MS = 180_000
const EVERY_MS = 3_000

/** Checks step by step and ends at the first that fails. */
export async function checkAzure(executor: Executor, session: AzureSession, clock: Clock, machine: { readonly instanceId: string; readonly group: string | null; readonly region: string; readonly system: System } | null): Promise<CloudCheck> {
  const findings: Finding[] = []
  const step = async (name: string, make: () => Promise<string>): Promise<boolean> => {
    try {
      findings.push({ name, ok: true, message: await make() })
      return true
    } catch (thrown) {
      if (!(thrown instanceof ExecutorError)) throw thrown
      findings.push({ name, ok: false, message: thrown.message })
      return false
    }
  }
  const { settings, context, tokens } = session
  const isGood = await step('credentials', async () => {
    await tokens.get(context.account, settings, settings.scope, true)
    return settings.identity === 'managed' ? 'the managed identity has a token' : 'the service principal has a token'
  }) && await step('machines', async () => {
    const first = await azureMachines(session, { text: machine?.instanceId ?? null, tag: null })
    return machine === null ? `${first.length} machines are seen${first.length === 50 ? ', or more' : ''}` : `${machine.instanceId} ${first.length === 0 ? 'is not in the list of machines' : 'is seen'}`
  })
  if (isGood && machine !== null) {
    const { group } = machine
    const isReady = await step('agent', async () => {
      if (group === null) throw new ExecutorError('invalid', 'name the machine’s resource group')
      if (!(await isOnline(session, group, machine.instanceId))) throw new ExecutorError('offline', `${machine.instanceId} does not run, or its VM agent is not ready`)
      return 'the machine runs and its agent is ready'
    })
    if (isReady) await step('command', () => harmless(executor, session, clock, { ...machine, group }))
  }
  return { ok: findings.every(({ ok }) => ok), findings }
}

async function harmless(executor: Executor, { context }: AzureSession, clock: Clock, machine: { readonly instanceId: string; readonly group: string | null; readonly region: string; readonly system: System }): Promise<string> {
  const command: RemoteCommand = {
    token: `aw-check-${randomUUID()}`, runId: 'check', system: machine.system, script: SCRIPTS[machine.system], automation: null, timeoutMs: 60_000,
    target: { asset: machine.instanceId, cloud: 'azure', cloudAccountId: context.account.id, system: machine.system, region: machine.region, instanceId: machine.instanceId, group: machine.group, foundBy: 'person', isCritical: false },
  }
  const ref = await executor.send(command, context)
  const untilMs = clock.now() + WITHIN_MS
  for (;;) {
    const progress = await executor.poll(ref, command, context)
    if (progress.kind === 'ended') {
      await executor.clean(ref, command, context)
      if (progress.outcome !== 'ok' || !progress.stdout.includes(WORDS)) throw new ExecutorError('unavailable', `the harmless command ended as ${progress.outcome}${progress.message === null ? '' : `: ${progress.message}`}`)
      return ref.kind === 'action' ? 'the harmless command ran, as an action: give the right Microsoft.Compute/virtualMachines/runCommands/* for commands that can be ended and found again' : 'the harmless command ran'
    }
    if (clock.now() >= untilMs) throw new ExecutorError('timeout', `the harmless command did not end within ${WITHIN_MS / 1_000} s`)
    try {
      await clock.sleep(Math.max(EVERY_MS, progress.retryAfterMs ?? 0), context.signal)
    } catch {
      throw new ExecutorError('timeout', 'the check was ended')
    }
  }
}
