import { expect, it } from 'vitest'
import { CONNECTORS } from '../../connectors/registry.ts'
import { connectorContract } from './connector.contract.ts'
import { SUBJECTS } from './connector/subjects.ts'

it('every connector of the registry is held to the contract', () => {
  expect(SUBJECTS.map(({ connector }) => connector.id).sort()).toEqual(CONNECTORS.map(({ id }) => id).sort())
})

for (const subject of SUBJECTS) connectorContract(subject)
