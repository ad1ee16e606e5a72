import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { CONNECTORS } from '../../../connectors/registry.ts'
import { SUBJECTS } from './subjects.ts'

it('every connector of the registry is held to the contract, in a file of its own', () => {
  const ids = CONNECTORS.map(({ id }) => id).sort()
  expect(SUBJECTS.map(({ connector }) => connector.id).sort()).toEqual(ids)
  expect(readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts') && name !== 'registry.test.ts').sort()).toEqual(ids.map((id) => `${id}.test.ts`))
})
