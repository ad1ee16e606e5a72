/** A shipped runbook in a throw-away root: its steps, by id, as they would be sent. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { bindInputs } from '../../remediator/library/binding.ts'
import { composeScript } from '../../remediator/library/envelope.ts'
import { expectation, parseExpectation, type Expected } from '../../remediator/library/expectation.ts'
import { loadRunbook, mistakeLine } from '../../remediator/library/load.ts'
import { SHIPPED_FOLDER } from '../../remediator/library/shipped.ts'
import type { Runbook, RunbookScript } from '../../schemas/runbooks.ts'
import type { RootRun, ThrowawayRoot } from './throwaway-root.ts'

/** Steps of a runbook in a root, with its inputs given and checked as in a plan. */
export interface RunbookInRoot {
  readonly runbook: Runbook
  /** The text of a step or roll-back step, with a token of its own. */
  command(stepId: string): string
  /** Runs a step or roll-back step. */
  step(stepId: string): Promise<RootRun>
  /** Runs the verification once; `holds` is what `expect` says of its facts. */
  verify(): Promise<RootRun & Expected>
}

/** Loads a shipped runbook and binds its inputs; throws when they do not fit. */
export async function runbookIn(root: ThrowawayRoot, id: string, given: Readonly<Record<string, string | number | boolean>> = {}): Promise<RunbookInRoot> {
  const { runbook, mistakes } = await loadRunbook(join(SHIPPED_FOLDER, id))
  if (runbook === null) throw new Error(mistakes.map(mistakeLine).join('; '))
  const bound = bindInputs(runbook.inputs, { problem: null, target: { asset: 'throwaway', tags: {} }, given })
  if (bound.kind === 'refused') throw new Error(`${bound.code}: ${bound.mistakes.map(({ input, why }) => `${input} ${why}`).join('; ')}`)
  const compose = (script: RunbookScript | undefined, name: string) => {
    if (script === undefined) throw new Error(`${id} has no script for Linux in ${name}`)
    return composeScript('linux', script.text, bound.values, randomUUID())
  }
  const command = (stepId: string) => compose([...runbook.steps, ...runbook.rollback].find((step) => step.id === stepId)?.shell?.linux, stepId)
  return {
    runbook,
    command,
    step: (stepId) => root.run(command(stepId)),
    verify: async () => {
      const comparisons = parseExpectation(runbook.verify?.expect ?? '')
      if (typeof comparisons === 'string') throw new Error(`${id} has nothing to verify: ${comparisons}`)
      const ran = await root.run(compose(runbook.verify?.shell.linux, 'verify'))
      const expected = expectation(comparisons, ran.result?.facts ?? {})
      return { ...ran, ...expected, holds: ran.outcome === 'ok' && expected.holds }
    },
  }
}
