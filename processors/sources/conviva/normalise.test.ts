import { describe, expect, it } from 'vitest'
import { describeGolden, runGolden } from '../../../test/harness/golden.ts'
import { conviva } from './index.ts'

const FOLDER = import.meta.dirname

// The tool says when something is wrong and never that it is over, so there is no resolved case.
describeGolden(conviva, FOLDER, ['firing', 'repeat', 'several-in-one', 'missing-optional-fields', 'hostile-text'])

describe('identity', () => {
  it('is the same when a problem is told again', () => {
    const [firing, repeat] = ['firing', 'repeat'].map((name) => {
      const [alert] = runGolden(conviva, FOLDER, name)
      return alert === undefined || 'rejected' in alert ? null : { externalId: alert.externalId, asset: alert.asset, signature: alert.signature, status: alert.status }
    })
    expect(firing).toMatchObject({ status: 'firing' })
    expect(repeat).toEqual(firing)
  })
})
