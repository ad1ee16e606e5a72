import { describe, expect, it } from 'vitest'
import { Fields, filled } from './fields.ts'
import { readMarks } from './marks.ts'
import { fingerprint } from './prometheus-fingerprint.ts'
import { boundedId, manyLines, oneLine, slug } from './text.ts'
import { instantMs, zonedMs } from './time.ts'

describe('reading a time', () => {
  const noon = Date.UTC(2026, 1, 3, 12)
  it.each([
    ['2026-02-03T12:00:00Z', noon],
    ['2026-02-03 12:00:00 UTC', noon],
    ['2026-02-03T13:00:00+01:00', noon],
    ['2026-02-03T05:00:00.000-0700', noon],
    ['2026-02-03T12:00:00', noon],
    ['2026-02-03T12:00:00.432911368Z', noon + 432],
    [noon, noon],
    [noon / 1_000, noon],
    [String(noon / 1_000), noon],
    [noon * 1_000_000, noon],
    ['2026-02-03 13:00:00.112013015 +0100 CET m=+8560.285724134', noon + 112],
    ['0001-01-01 00:00:00 +0000 UTC', null],
    ['0001-01-01T00:00:00Z', null],
    [0, null],
    ['2026-13-03T12:00:00Z', null],
    ['2026.02.03 12:00:00', null],
    ['3/22/2019 1:36:31 PM', null],
    ['soon', null],
    [null, null],
  ])('reads %j as %j', (value, expected) => expect(instantMs(value)).toBe(expected))
})

describe('reading a time that may be local', () => {
  const noon = Date.UTC(2026, 1, 3, 12)
  it.each([
    ['2026-02-03T12:00:00Z', noon],
    ['2026-02-03 13:00:00 +0100', noon],
    ['2026-02-03 07:00:00 EST', noon],
    [String(noon), noon],
    [noon / 1_000, noon],
    ['2026-02-03 12:00:00', null],
    ['2026-02-03T12:00:00.250', null],
    ['2/3/2026 12:00:00 PM', null],
  ])('reads %j as %j', (value, expected) => expect(zonedMs(value)).toBe(expected))
})

describe('a variable nobody filled in', () => {
  it.each(['$HOSTNAME$', '$host.name$', '%sensor', '%STATUS%', '##ALERTID##', '[alert_uid]', '{HOST.NAME}', '{{ host }}'])('is known in %j', (text) => expect(filled(text)).toBeNull())
  it.each(['100%', '$5', '[db] slow', '50 % of C:', '#1', '%', '$HOSTNAME is down'])('is not seen in %j', (text) => expect(filled(text)).toBe(text))
})

describe('reading the marks of a title', () => {
  it.each([
    ['[Triggered] CPU', 'CPU', 'firing', null],
    ['[P2] [Triggered on {host:a,env:b}] CPU', 'CPU', 'firing', 'high'],
    ['[P4] [TEST] [Recovered] CPU', 'CPU', 'resolved', 'low'],
    ['[Re-No Data on {host:a}] CPU', 'CPU', 'firing', null],
    ['[Warn] CPU', 'CPU', 'firing', 'medium'],
    ['[FIRING:2] CPU', 'CPU', 'firing', null],
    ['[prod] [Triggered] CPU', '[prod] [Triggered] CPU', null, null],
    ['Resolved in 1h 5m: CPU', 'CPU', 'resolved', null],
    ['Problem: CPU', 'CPU', 'firing', null],
    ['Warning: CPU', 'Warning: CPU', null, null],
    ['[Triggered]', null, 'firing', null],
    [null, null, null, null],
  ] as const)('reads %j', (title, text, status, severity) => {
    expect(readMarks(title)).toMatchObject({ text, status, severity })
  })

  it('reads the scope Datadog writes behind the state', () => {
    expect(readMarks('[Triggered on {host:a,service:x:y,canary}] CPU').scope).toEqual([['host', 'a'], ['service', 'x:y'], ['canary', 'true']])
  })
})

describe('reading fields of a template', () => {
  it.each(['$HOSTNAME', '$TAGS[env]', '{EVENT.ID}', '{$MACRO}', '{{host.name}}', '${node.name}', '*UNKNOWN*', 'null', 'N/A'])('counts %j as absent', (text) => expect(filled(text)).toBeNull())
  it.each(['$5 lost', 'web {prod}', '{"a":1}', 'a $HOST'])('keeps %j', (text) => expect(filled(text)).toBe(text))

  it('finds one name however it is written, the shallowest first', () => {
    const fields = new Fields({ deep: { HOST_NAME: 'inner' }, 'host.name': 'outer', event: { id: 7 } })
    expect(fields.path('hostname')).toBe('outer')
    expect(fields.path('eventid')).toBe('7')
    expect(fields.path('id')).toBeNull()
    expect(fields.any('id')).toBe('7')
  })
})

describe('bounding texts', () => {
  it('never cuts a pair of surrogates in half', () => expect(oneLine('😀😀', 3).text.isWellFormed()).toBe(true))
  it('makes one line of many', () => expect(oneLine(' a\r\n\tb\u0000c ', 99)).toEqual({ text: 'a b c', truncated: false }))
  it('keeps line breaks of a message', () => expect(manyLines('a\r\nb\u0007', 99).text).toBe('a\nb'))
  it('keeps long ids apart', () => {
    const [one, two] = [boundedId('x'.repeat(3_000) + '1', 200), boundedId('x'.repeat(3_000) + '2', 200)]
    expect(one).not.toBe(two)
    expect(one.length).toBeLessThanOrEqual(200)
  })
  it('makes a slug', () => expect(slug('  Example Tool 2! ')).toBe('example-tool-2'))
})

describe('the fingerprint of a label set', () => {
  it('is the one Alertmanager gives, in any order of labels', () => {
    const labels: [string, string][] = [['job', 'node'], ['group', 'production'], ['instance', 'localhost:8081'], ['severity', 'critical'], ['alertname', 'InstanceDown']]
    expect(fingerprint(labels)).toBe('f404ecabc8dd5cd7')
    expect(fingerprint([...labels].reverse())).toBe('f404ecabc8dd5cd7')
  })
})
