import { describe, expect, it } from 'vitest'
import { describeGolden, runGolden } from '../../../test/harness/golden.ts'
import { opsgenieApi } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(opsgenieApi, FOLDER)

describe('identity', () => {
  it('is the same when a problem fires, repeats and resolves', () => {
    const identities = ['firing', 'repeat', 'resolved'].map((name) => {
      const [alert] = runGolden(opsgenieApi, FOLDER, name)
      return alert === undefined || 'rejected' in alert ? null : { externalId: alert.externalId, asset: alert.asset, signature: alert.signature, status: alert.status }
    })
    const [firing, repeat, resolved] = identities
    expect(firing).toMatchObject({ status: 'firing' })
    expect(repeat).toEqual(firing)
    expect(resolved).toEqual({ ...firing, status: 'resolved' })
  })
})
