/** Check of an Azure account: token, rights to see machines, and a harmless command where a machine is named. */
import type { Clock } from '../../../schemas/clock.ts'
import type { CloudCheck } from '../../../schemas/runs.ts'
import { CheckSteps, harmlessRun, type CheckedMachine } from '../check-steps.ts'
import { ExecutorError, type Executor } from '../port.ts'
import { azureMachines, isOnline } from './machines.ts'
import type { AzureSession } from './session.ts'

/** Longest wait for the harmless command. */
const WITHIN_MS = 180_000

/** Checks step by step and ends at the first that fails. */
export async function checkAzure(executor: Executor, session: AzureSession, clock: Clock, machine: CheckedMachine | null): Promise<CloudCheck> {
  const steps = new CheckSteps()
  const { settings, context, tokens } = session
  await steps.step('credentials', async () => {
    await tokens.get(context.account, settings, settings.scope, true)
    return settings.identity === 'managed' ? 'the managed identity has a token' : 'the service principal has a token'
  })
  await steps.step('machines', async () => {
    const found = await azureMachines(session, { text: machine?.instanceId ?? null, tag: null })
    return machine === null ? `${found.length} machines are seen, 50 are shown at most` : `${machine.instanceId} ${found.length === 0 ? 'is not in the list of machines' : 'is seen'}`
  })
  if (machine === null) return steps.check
  await steps.step('agent', async () => {
    if (machine.group === null) throw new ExecutorError('invalid', 'name the machine’s resource group')
    if (!(await isOnline(session, machine.group, machine.instanceId))) throw new ExecutorError('offline', `${machine.instanceId} does not run, or its VM agent is not ready`)
    return 'the machine runs and its agent is ready'
  })
  await steps.step('command', async () => {
    const { kind } = await harmlessRun(executor, context, clock, machine, WITHIN_MS)
    return kind === 'action' ? 'the harmless command ran, as an action: give the right Microsoft.Compute/virtualMachines/runCommands/* for commands that can be ended and found again' : 'the harmless command ran'
  })
  return steps.check
}
