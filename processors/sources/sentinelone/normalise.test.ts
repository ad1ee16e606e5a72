import { describe, expect, it } from 'vitest'
import { describeGolden, runGolden } from '../../../test/harness/golden.ts'
import { sentinelone } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(sentinelone, FOLDER)

describe('identity', () => {
  it('is the same when a threat is found, told again, noted in the activity log and resolved', () => {
    const found = ['firing', 'repeat', 'activity', 'resolved'].map((name) => {
      const [alert] = runGolden(sentinelone, FOLDER, name)
      return alert === undefined || 'rejected' in alert ? null : { externalId: alert.externalId, asset: alert.asset, signature: alert.signature, status: alert.status }
    })
    const [firing, repeat, activity, resolved] = found
    expect(firing).toMatchObject({ status: 'firing' })
    expect(repeat).toEqual(firing)
    expect(activity).toEqual(firing)
    expect(resolved).toEqual({ ...firing, status: 'resolved' })
  })
})
