import { describe, expect, it } from 'vitest'
import { describeGolden, runGolden } from '../../../test/harness/golden.ts'
import { cloudflare } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(cloudflare, FOLDER)

describe('identity', () => {
  it.each([['firing', 'repeat', 'resolved'], ['health-check-unhealthy', 'health-check-unhealthy', 'health-check-healthy']])('is the same from %s to %s to %s', (...names) => {
    const found = names.map((name) => {
      const [alert] = runGolden(cloudflare, FOLDER, name)
      return alert === undefined || 'rejected' in alert ? null : { externalId: alert.externalId, asset: alert.asset, signature: alert.signature, status: alert.status }
    })
    const [firing, repeat, resolved] = found
    expect(firing).toMatchObject({ status: 'firing' })
    expect(repeat).toEqual(firing)
    expect(resolved).toEqual({ ...firing, status: 'resolved' })
  })
})
