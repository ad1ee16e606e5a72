import { describe, expect, it } from 'vitest'
import { describeGolden, runGolden } from '../../../test/harness/golden.ts'
import { unifiProtect } from './index.ts'

const FOLDER = import.meta.dirname

// Protect never says that an event is over, so there is no resolved case.
describeGolden(unifiProtect, FOLDER, ['firing', 'repeat', 'several-in-one', 'missing-optional-fields', 'hostile-text'])

describe('identity', () => {
  it('is the same when an event is told again', () => {
    const [firing, repeat] = ['firing', 'repeat'].map((name) => {
      const [alert] = runGolden(unifiProtect, FOLDER, name)
      return alert === undefined || 'rejected' in alert ? null : { externalId: alert.externalId, asset: alert.asset, signature: alert.signature, status: alert.status }
    })
    expect(firing).toMatchObject({ status: 'firing' })
    expect(repeat).toEqual(firing)
  })
})
