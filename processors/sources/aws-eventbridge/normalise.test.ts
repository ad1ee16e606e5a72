import { describe, expect, it } from 'vitest'
import { describeGolden, runGolden } from '../../../test/harness/golden.ts'
import { httpDateMs } from './health.ts'
import { awsEventbridge } from './index.ts'

const FOLDER = import.meta.dirname
const CONTEXT = { contentType: 'application/json', headers: {}, receivedAtMs: 0 }

describeGolden(awsEventbridge, FOLDER)

/** What ties the alerts of a golden case together, one string each. */
function identitiesOf(name: string): string[] {
  return runGolden(awsEventbridge, FOLDER, name).map((alert) => ('rejected' in alert ? 'rejected' : (alert.externalId ?? `${alert.asset} ${alert.signature}`)))
}

describe('identity', () => {
  it('is the same when a health event opens, is updated and closes', () => {
    const identities = ['firing', 'repeat', 'resolved'].map(identitiesOf)
    expect(identities[1]).toEqual(identities[0])
    expect(identities[2]).toEqual(identities[0])
  })

  it.each(['backup-jobs', 'autoscaling-pair', 'rds-failover', 'pipeline', 'config-rule', 'ecs-service', 'certificate', 'instance-states'])('ties the begin and the end of %s', (name) => {
    expect(new Set(identitiesOf(name)).size).toBe(1)
    expect(new Set(runGolden(awsEventbridge, FOLDER, name).map((alert) => ('rejected' in alert ? null : alert.status)))).toEqual(new Set(['firing', 'resolved']))
  })
})

describe('what is handed on', () => {
  it('reads alarms, findings and Security Hub under this source', () => {
    expect(runGolden(awsEventbridge, FOLDER, 'handed-on')).toMatchObject([
      { source: 'aws-eventbridge', signature: 'cart-cpu', severity: 'high', status: 'firing' },
      { source: 'aws-eventbridge', signature: 'Recon:EC2/Portscan', severity: 'medium', status: 'firing' },
      { source: 'aws-eventbridge', signature: 'Buckets should block public access', severity: 'high', status: 'firing' },
    ])
  })

  it('says nothing for events that are no observation', () => {
    expect(awsEventbridge.normalise({ 'detail-type': 'Scheduled Event', source: 'aws.events', detail: {} }, CONTEXT)).toEqual([])
  })
})

describe('the times of AWS Health', () => {
  it.each([['Sat, 4 Jun 2022 05:01:10 GMT', Date.UTC(2022, 5, 4, 5, 1, 10)], ['Sat, 04 Jun 2022 05:01:10 GMT', Date.UTC(2022, 5, 4, 5, 1, 10)], ['2022-06-04T05:01:10Z', Date.UTC(2022, 5, 4, 5, 1, 10)], ['Sat, 04 Xxx 2022 05:01:10 GMT', null], ['soon', null]])('%s', (text, ms) => {
    expect(httpDateMs(text)).toBe(ms)
  })
})
