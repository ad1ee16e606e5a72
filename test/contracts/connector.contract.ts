/** What every ticket system owes its callers, whatever it is: one suite over all connectors, each with its stateful fake. */
import { describe } from 'vitest'
import { changing } from './connector/changing.ts'
import { creating } from './connector/creating.ts'
import { failingCalls } from './connector/failing.ts'
import { golden } from './connector/golden.ts'
import { lookingUp } from './connector/looking-up.ts'
import { proving } from './connector/proving.ts'
import { reading } from './connector/reading.ts'
import { timeline } from './connector/timeline.ts'
import { SUBJECTS } from './connector/subjects.ts'

/** Runs it over the connector with this id; a file each, so that they run beside each other and alone. */
export function connectorContract(id: string): void {
  const subject = SUBJECTS.find(({ connector }) => connector.id === id)
  if (subject === undefined) throw new Error(`${id} stands in no line of subjects.ts`)
  describe(id, () => {
    for (const part of [creating, changing, reading, lookingUp, failingCalls, proving, golden, timeline]) part(subject)
  })
}
