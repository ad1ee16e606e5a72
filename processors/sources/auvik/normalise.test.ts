import { describe, expect, it } from 'vitest'
import { describeGolden, runGolden } from '../../../test/harness/golden.ts'
import { auvik } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(auvik, FOLDER)

describe('identity', () => {
  it('is the same when an alert is triggered, sent again and cleared', () => {
    const found = ['firing', 'repeat', 'resolved'].map((name) => {
      const [alert] = runGolden(auvik, FOLDER, name)
      return alert === undefined || 'rejected' in alert ? null : { externalId: alert.externalId, asset: alert.asset, signature: alert.signature, severity: alert.severity, status: alert.status }
    })
    const [firing, repeat, resolved] = found
    expect(firing).toMatchObject({ status: 'firing' })
    expect(repeat).toEqual(firing)
    expect(resolved).toEqual({ ...firing, status: 'resolved' })
  })
})
