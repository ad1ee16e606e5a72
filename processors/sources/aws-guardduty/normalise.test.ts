import { describe, expect, it } from 'vitest'
import { describeGolden, runGolden } from '../../../test/harness/golden.ts'
import { graded } from './finding.ts'
import { awsGuardduty } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(awsGuardduty, FOLDER)

describe('identity', () => {
  it('is the same when a finding is seen, seen again, archived, and inside SNS', () => {
    const identities = ['firing', 'repeat', 'resolved', 'inside-sns'].map((name) => {
      const [alert] = runGolden(awsGuardduty, FOLDER, name)
      return alert === undefined || 'rejected' in alert ? null : { externalId: alert.externalId, asset: alert.asset, signature: alert.signature, startsAtMs: alert.startsAtMs, status: alert.status }
    })
    const [firing, repeat, resolved, wrapped] = identities
    expect(firing).toMatchObject({ status: 'firing' })
    expect(repeat).toEqual(firing)
    expect(resolved).toEqual({ ...firing, status: 'resolved' })
    expect(wrapped).toEqual(firing)
  })
})

describe('severity', () => {
  it.each([[0, 'unknown'], [1, 'low'], [3.9, 'low'], [4, 'medium'], [6.9, 'medium'], [7, 'high'], [8.9, 'high'], [9, 'critical'], [10, 'critical'], [11, 'unknown']])('%d is %s', (number, severity) => {
    expect(graded(number)).toBe(severity)
  })
})
