import { describe, expect, it } from 'vitest'
import { describeGolden, runGolden } from '../../../test/harness/golden.ts'
import { fastly } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(fastly, FOLDER)

describe('identity', () => {
  it('is the same when a problem fires, repeats and resolves', () => {
    const [firing, repeat, resolved] = ['firing', 'repeat', 'resolved'].map((name) => {
      const [alert] = runGolden(fastly, FOLDER, name)
      if (alert === undefined || 'rejected' in alert) return null
      return { identity: alert.externalId ?? `${alert.asset}|${alert.signature}`, status: alert.status }
    })
    expect(firing).toMatchObject({ status: 'firing' })
    expect(repeat).toEqual(firing)
    expect(resolved).toEqual({ ...firing, status: 'resolved' })
  })
})
