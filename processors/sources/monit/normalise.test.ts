import { describe, expect, it } from 'vitest'
import { describeGolden, runGolden } from '../../../test/harness/golden.ts'
import { monit } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(monit, FOLDER)

describe('identity', () => {
  it('is the same when a problem fires, repeats and resolves', () => {
    const [firing, repeat, resolved] = ['firing', 'repeat', 'resolved'].map((name) => {
      const [alert] = runGolden(monit, FOLDER, name)
      return alert === undefined || 'rejected' in alert ? null : { externalId: alert.externalId, asset: alert.asset, signature: alert.signature, status: alert.status }
    })
    expect(firing).toMatchObject({ status: 'firing' })
    expect(repeat).toEqual(firing)
    expect(resolved).toEqual({ ...firing, status: 'resolved' })
  })
})
