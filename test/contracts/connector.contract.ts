/** What every ticket system owes its callers, whatever it is: one suite over all connectors, each with its stateful fake. */
import { describe } from 'vitest'
import { changing } from './connector/changing.ts'
import { creating } from './connector/creating.ts'
import { failingCalls } from './connector/failing.ts'
import { lookingUp } from './connector/looking-up.ts'
import { proving } from './connector/proving.ts'
import { reading } from './connector/reading.ts'
import type { ConnectorSubject } from './connector/subject.ts'

export function connectorContract(subject: ConnectorSubject): void {
  describe(subject.connector.id, () => {
    for (const part of [creating, changing, reading, lookingUp, failingCalls, proving]) part(subject)
  })
}
