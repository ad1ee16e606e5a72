/** Check of a Google Cloud account: token, rights, and on a machine its label, its agent and a harmless command. */
import type { Clock } from '../../../schemas/clock.ts'
import type { CloudCheck } from '../../../schemas/runs.ts'
import { CheckSteps, harmlessRun, type CheckedMachine } from '../check-steps.ts'
import { ExecutorError, type Executor } from '../port.ts'
import { LABEL } from './assignments.ts'
import { gcpMachines, isRunning, readInstance } from './machines.ts'
import type { GcpSession } from './session.ts'

/** Longest wait for the harmless command; nobody waits longer for a check, though a machine may. */
const WITHIN_MS = 240_000

/** Checks step by step and ends at the first that fails. */
export async function checkGcp(executor: Executor, session: GcpSession, clock: Clock, machine: CheckedMachine | null): Promise<CloudCheck> {
  const steps = new CheckSteps()
  const { settings, context, tokens } = session
  const zone = machine?.group ?? 'us-central1-a'
  const locations = `${settings.osConfig}/v1/projects/${settings.projectId}/locations/${zone}`
  await steps.step('credentials', async () => {
    await tokens.get(context.account, settings, context.signal, true)
    return settings.identity === 'key' ? 'the stored key signs' : 'our own identity has a token'
  })
  await steps.step('machines', async () => `${(await gcpMachines(session, { text: null, tag: null })).length} instances are seen, 50 are shown at most`)
  await steps.step('policies', async () => {
    // A name nobody has: 404 says that the service is on and may be read.
    await orMissing(session.call('asking for OS policy assignments', 'GET', `${locations}/osPolicyAssignments/aw-check`), null)
    return 'OS policy assignments can be read'
  })
  if (machine === null) return steps.check
  await steps.step('agent', async () => {
    if (machine.group === null) throw new ExecutorError('invalid', 'name the machine’s zone')
    const instance = await readInstance(session, machine.group, machine.instanceId)
    if (!isRunning(instance)) throw new ExecutorError('offline', `${machine.instanceId} does not run`)
    if (instance.labels?.[LABEL] !== instance.id) throw new ExecutorError('invalid', `${machine.instanceId} lacks its label ${LABEL}=${instance.id ?? ''}`)
    await orMissing(session.call('asking for the inventory', 'GET', `${locations}/instances/${encodeURIComponent(machine.instanceId)}/inventory`), `${machine.instanceId} has told no inventory; install the OS Config agent and set the metadata enable-osconfig=TRUE`)
    return 'the machine runs, has its label, and its OS Config agent has told an inventory'
  })
  await steps.step('command', async () => {
    await harmlessRun(executor, context, clock, machine, WITHIN_MS)
    return 'the harmless command ran'
  })
  return steps.check
}

/** What is missing is an error with this message, or none where there is no message. */
async function orMissing(called: Promise<unknown>, message: string | null): Promise<void> {
  try {
    await called
  } catch (thrown) {
    if (!(thrown instanceof ExecutorError) || thrown.fault !== 'not_found') throw thrown
    if (message !== null) throw new ExecutorError('not_found', message)
  }
}
