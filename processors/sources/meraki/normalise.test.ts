import { describe, expect, it } from 'vitest'
import { describeGolden, runGolden } from '../../../test/harness/golden.ts'
import { alertType } from './alert-types.ts'
import { meraki } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(meraki, FOLDER)

describe('identity', () => {
  it('is the same when a port goes down, is told again and comes back, though the words change', () => {
    const found = ['firing', 'repeat', 'resolved'].map((name) => {
      const [alert] = runGolden(meraki, FOLDER, name)
      return alert === undefined || 'rejected' in alert ? null : { externalId: alert.externalId, asset: alert.asset, status: alert.status }
    })
    const [firing, repeat, resolved] = found
    expect(firing).toMatchObject({ status: 'firing' })
    expect(repeat).toEqual(firing)
    expect(resolved).toEqual({ ...firing, status: 'resolved' })
  })

  it('keeps the shared secret out of the alert', () => {
    expect(JSON.stringify(runGolden(meraki, FOLDER, 'firing'))).not.toContain('not-for-labels')
  })
})

describe('alert types', () => {
  it.each([
    ['stopped_reporting', 'reporting', 'firing'], ['started_reporting', 'reporting', 'resolved'], ['rps_base_supply_up', 'backup_power', 'resolved'], ['pcc_outage_end', 'clients', 'resolved'],
    ['fan_down', 'fan', 'firing'], ['fan_up', 'fan', 'resolved'], ['critical_temperature', 'critical_temperature', 'firing'], ['motion_alert', 'motion_alert', 'no_data'], ['__proto__', '__proto__', 'firing'],
  ])('%s is %s, %s', (id, kind, status) => {
    expect(alertType(id)).toEqual({ kind, status })
  })
})
