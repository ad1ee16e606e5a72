import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as limits from './limits.ts'
import { ADAPTERS, adapterFor } from './registry.ts'
import type { NormalisedAlert, Normalised, SourceAdapter } from './source.ts'
import { frozen } from '../../test/harness/golden.ts'

const CONTEXT = Object.freeze({ contentType: 'application/json', headers: Object.freeze({}), receivedAtMs: 0 })
const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info', 'unknown']
const STATUSES = ['firing', 'resolved', 'acknowledged', 'no_data', 'unknown']

// Names the adapters look for, so that random bodies reach deep into them and not only their refusals.
const NAMES = [
  'alerts', 'labels', 'annotations', 'status', 'startsAt', 'fingerprint', 'ruleName', 'ruleId', 'evalMatches', 'tags', 'state', 'text', 'data', 'essentials', 'alertContext', 'condition', 'allOf', 'dimensions', 'context', 'activityLog', 'properties', 'alertTargetIDs', 'configurationItems', 'AlertRuleName',
  'Records', 'Sns', 'Type', 'TopicArn', 'Message', 'MessageAttributes', 'AlarmName', 'NewStateValue', 'Trigger', 'Metrics', 'MetricStat', 'Metric', 'Dimensions', 'detail', 'detail-type', 'alarmData', 'configuration', 'alert_title', 'ALERT_ID', 'alert_scope', 'hostname', 'event_tags', 'trigger', 'link', 'title', 'message', 'severity',
  'asset_name', 'signature', 'tool_source', 'started_at', 'external_id', 'events', 'incident', 'id', 'name', '__proto__', 'constructor', 'toString', '0', '',
]
const TEXTS = ['firing', 'OK', 'ALARM', 'Fired', '[Triggered on {host:a,b}] x', '[[[[', '{"AlarmName":"a","NewStateValue":"ALARM"}', '[{"tag":"a"}]', '$HOSTNAME', '{EVENT.ID}', '2026-01-01T00:00:00Z', 'x?triggerid=1', '/subscriptions/a/b', '\ud800', '\u0000', 'constructor', '__proto__']

const scalar = fc.oneof(fc.constantFrom(...TEXTS), fc.string({ unit: 'binary' }), fc.double(), fc.boolean(), fc.constant(null))
const { value: body } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 7, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof({ arbitrary: fc.constantFrom(...NAMES), weight: 4 }, { arbitrary: fc.string(), weight: 1 }), tie('value'), { maxKeys: 8, noNullPrototype: true }),
  ),
}))

const every: readonly (readonly [string, SourceAdapter])[] = [...ADAPTERS, adapterFor('some-tool')].map((adapter) => [adapter.id, adapter])

function alertsOf(found: Normalised): readonly NormalisedAlert[] {
  return found.filter((one): one is NormalisedAlert => !('rejected' in one))
}

describe.each(every)('the adapter %s', (_, adapter) => {
  it('answers any JSON value, without changing it, and the same way twice', () => {
    fc.assert(fc.property(body, (payload) => {
      const text = JSON.stringify(payload)
      const first = adapter.normalise(frozen(payload), CONTEXT)
      expect(JSON.stringify(payload)).toBe(text)
      expect(adapter.normalise(payload, CONTEXT)).toEqual(first)
    }), { numRuns: 400 })
  })

  it('keeps every answer within the named limits', () => {
    fc.assert(fc.property(body, (payload) => {
      const found = adapter.normalise(payload, CONTEXT)
      expect(found.length).toBeLessThanOrEqual(limits.ALERTS_MAX + 1)
      for (const alert of alertsOf(found)) {
        expect(SEVERITIES).toContain(alert.severity)
        expect(STATUSES).toContain(alert.status)
        expect(alert.title.trim()).not.toBe('')
        expect(alert.title.length).toBeLessThanOrEqual(limits.TITLE_MAX)
        expect(alert.message.length).toBeLessThanOrEqual(limits.MESSAGE_MAX)
        expect(alert.asset ?? 'x').not.toBe('')
        expect(alert.signature ?? 'x').not.toBe('')
        expect(alert.externalId ?? 'x').not.toBe('')
        expect(Number.isSafeInteger(alert.startsAtMs ?? 0)).toBe(true)
        expect(Object.keys(alert.labels).length).toBeLessThanOrEqual(limits.LABELS_MAX)
        for (const value of Object.values(alert.labels)) expect(typeof value).toBe('string')
        expect(JSON.stringify(alert).isWellFormed()).toBe(true)
      }
    }), { numRuns: 400 })
  })

  it('reads a large hostile body in time that grows with its size only', () => {
    const word = '[Triggered on {' + '[{'.repeat(200_000) + ' '.repeat(200_000)
    const hostile = { title: word, alert_title: word, signature: word, message: word, text: word, Message: word, Type: 'Notification', TopicArn: 'a', subject: word, severity: word, status: word, tags: word, event_tags: word, labels: Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`label ${index}`, word.slice(0, 50)])), alerts: [{ labels: { alertname: word } }] }
    // A body that is none of the tool's may be refused; the answer is small either way.
    expect(JSON.stringify(adapter.normalise(hostile, CONTEXT)).length).toBeLessThan(200_000)
  }, 60_000)
})

describe.each(every.filter(([id]) => id !== 'aws-cloudwatch'))('a batch for %s', (id, adapter) => {
  it(`beyond ${limits.ALERTS_MAX} alerts is cut, and one refusal says so`, () => {
    const element = { labels: { alertname: 'a' }, signature: 'a', title: 'a', trigger: 'a', data: { essentials: { alertRule: 'a' } } }
    const many = Array.from({ length: limits.ALERTS_MAX + 7 }, () => element)
    const found = adapter.normalise(id === 'grafana' ? { alerts: many } : many, CONTEXT)
    expect(found).toHaveLength(limits.ALERTS_MAX + 1)
    expect(found.at(-1)).toMatchObject({ rejected: { code: 'payload_invalid', message: expect.stringContaining('7 elements beyond') } })
  })
})

describe('records of SNS that hold whole batches', () => {
  it('share one limit', () => {
    const batch = JSON.stringify(Array.from({ length: limits.ALERTS_MAX }, (_, index) => ({ id: index, host: 'a' })))
    const records = [1, 2].map(() => ({ Sns: { Type: 'Notification', TopicArn: 'a', Message: batch } }))
    expect(adapterFor('aws-cloudwatch').normalise({ Records: records }, CONTEXT)).toHaveLength(limits.ALERTS_MAX + 1)
  })
})

describe('the registry', () => {
  it('gives each id once, and the recogniser for every other', () => {
    expect(new Set(ADAPTERS.map((adapter) => adapter.id)).size).toBe(ADAPTERS.length)
    expect(adapterFor('no-such-tool').id).toBe('no-such-tool')
    expect(adapterFor('constructor').id).toBe('constructor')
  })
})
