import { describe, expect, it } from 'vitest'
import { describeGolden, runGolden } from '../../../test/harness/golden.ts'
import { netbox } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(netbox, FOLDER)

describe('identity', () => {
  it('is the same when a job fails, fails again and completes', () => {
    const found = ['firing', 'repeat', 'resolved'].map((name) => {
      const [alert] = runGolden(netbox, FOLDER, name)
      return alert === undefined || 'rejected' in alert ? null : { externalId: alert.externalId, asset: alert.asset, signature: alert.signature, status: alert.status }
    })
    const [firing, repeat, resolved] = found
    expect(firing).toMatchObject({ status: 'firing' })
    expect(repeat).toEqual(firing)
    expect(resolved).toEqual({ ...firing, status: 'resolved' })
  })
})

describe('changes of objects', () => {
  it.each(['created', 'updated', 'deleted', 'job_started', 'constructor'])('%s carries no alert', (event) => {
    expect(netbox.normalise({ event, model: 'device', data: { id: 1, name: 'sw-1', status: { value: 'failed' } } }, { contentType: '', headers: {}, receivedAtMs: 0 })).toEqual([])
  })
})
