import { describe, expect, it } from 'vitest'
import { describeGolden, runGolden } from '../../../test/harness/golden.ts'
import { awsSecurityhub } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(awsSecurityhub, FOLDER)

describe('identity', () => {
  it('is the same when a finding is imported, imported again and passes', () => {
    const identities = ['firing', 'repeat', 'resolved'].map((name) => {
      const [alert] = runGolden(awsSecurityhub, FOLDER, name)
      return alert === undefined || 'rejected' in alert ? null : { externalId: alert.externalId, asset: alert.asset, signature: alert.signature, status: alert.status }
    })
    const [firing, repeat, resolved] = identities
    expect(firing).toMatchObject({ status: 'firing' })
    expect(repeat).toEqual(firing)
    expect(resolved).toEqual({ ...firing, status: 'resolved' })
  })
})

describe('severity without a label', () => {
  it.each([[0, 'info'], [1, 'low'], [39, 'low'], [40, 'medium'], [69, 'medium'], [70, 'high'], [89, 'high'], [90, 'critical'], [100, 'critical'], [101, 'unknown']])('%d is %s', (normalised, severity) => {
    expect(awsSecurityhub.normalise({ ProductArn: 'a', Id: 'f', Severity: { Normalized: normalised } }, { contentType: '', headers: {}, receivedAtMs: 0 })).toMatchObject([{ severity }])
  })
})
