import { describe, expect, it } from 'vitest'
import { describeGolden, runGolden } from '../../../test/harness/golden.ts'
import { crowdstrike } from './index.ts'
import { severityOfNumber } from './words.ts'

const FOLDER = import.meta.dirname

describeGolden(crowdstrike, FOLDER)

describe('identity', () => {
  it('is the same when a detection is told, told again and closed by an analyst', () => {
    const found = ['firing', 'repeat', 'resolved'].map((name) => {
      const [alert] = runGolden(crowdstrike, FOLDER, name)
      return alert === undefined || 'rejected' in alert ? null : { externalId: alert.externalId, status: alert.status }
    })
    const [firing, repeat, resolved] = found
    expect(firing).toMatchObject({ status: 'firing' })
    expect(repeat).toEqual(firing)
    expect(resolved).toEqual({ ...firing, status: 'resolved' })
  })
})

describe('severity numbers', () => {
  it.each([[1, true, 'info'], [2, true, 'low'], [3, true, 'medium'], [4, true, 'high'], [5, true, 'critical'], [4, false, 'info'], [20, false, 'low'], [59, false, 'medium'], [70, false, 'high'], [80, false, 'critical'], [100, false, 'critical'], [1e9, false, 'unknown'], [Number.NaN, false, 'unknown']])('%d, old scale %s, is %s', (number, isOld, severity) => {
    expect(severityOfNumber(number, isOld)).toBe(severity)
  })
})
