import { describe, expect, it } from 'vitest'
import { describeGolden, runGolden } from '../../../test/harness/golden.ts'
import { wazuh } from './index.ts'
import { severityOfLevel } from './level.ts'

const FOLDER = import.meta.dirname

describeGolden(wazuh, FOLDER)

describe('identity', () => {
  it('is the same when an agent vanishes, is still away and returns', () => {
    const found = ['firing', 'repeat', 'resolved'].map((name) => {
      const [alert] = runGolden(wazuh, FOLDER, name)
      return alert === undefined || 'rejected' in alert ? null : { externalId: alert.externalId, asset: alert.asset, status: alert.status }
    })
    const [firing, repeat, resolved] = found
    expect(firing).toMatchObject({ status: 'firing' })
    expect(repeat).toEqual(firing)
    expect(resolved).toEqual({ ...firing, status: 'resolved' })
  })
})

describe('rule levels', () => {
  it.each([['0', 'low'], ['6', 'low'], ['7', 'medium'], ['11', 'medium'], ['12', 'high'], ['14', 'high'], ['15', 'critical'], ['17', 'unknown'], ['high', 'unknown'], [null, 'unknown']])('%s is %s', (level, severity) => {
    expect(severityOfLevel(level)).toBe(severity)
  })
})
