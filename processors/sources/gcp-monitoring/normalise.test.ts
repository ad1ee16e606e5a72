import { describe, expect, it } from 'vitest'
import { describeGolden, runGolden } from '../../../test/harness/golden.ts'
import { gcpMonitoring } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(gcpMonitoring, FOLDER)

describe('identity', () => {
  it('is the same when an incident opens, repeats and closes, and over Pub/Sub', () => {
    const identities = ['firing', 'repeat', 'resolved', 'pubsub-push'].map((name) => {
      const [alert] = runGolden(gcpMonitoring, FOLDER, name)
      return alert === undefined || 'rejected' in alert ? null : { externalId: alert.externalId, asset: alert.asset, signature: alert.signature, status: alert.status }
    })
    const [firing, repeat, resolved, pushed] = identities
    expect(firing).toMatchObject({ status: 'firing' })
    expect(repeat).toEqual(firing)
    expect(resolved).toEqual({ ...firing, status: 'resolved' })
    expect(pushed).toEqual(firing)
  })
})
