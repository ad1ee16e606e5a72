/** What a yes is given for: the same digest means the same commands, to the letter, on the same machines, at the same risk. */
import { createHash } from 'node:crypto'
import type { Risk } from '../../schemas/runbooks.ts'
import type { RunPlan } from '../../schemas/runs.ts'

/** SHA-256 in hex. Fields are taken one by one, because the database gives the keys of a stored plan back in another order. */
export function planDigest(plan: RunPlan, runbookDigest: string, risk: Risk): string {
  const targets = plan.targets.map((target) => [target.asset, target.cloud, target.cloudAccountId, target.system, target.region, target.instanceId, target.group])
  const commands = plan.commands.map((command) => [command.stepId, command.phase, command.asset, command.token, command.system, command.digest, command.timeoutMs, command.changes])
  const inputs = Object.entries(plan.inputs).sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify([runbookDigest, risk, targets, commands, inputs])).digest('hex')
}
