import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import type { Door, DoorVerdict } from './door.ts'
import { createDoors } from './registry.ts'

const SECRET = 'a shared secret'
const BODY = Buffer.from('{"event":{"id":"1"}}')
const clock = new TestClock()
const services = { clock, httpGet: () => Promise.reject(new Error('this door calls nobody')) }
const NOW_S = String(clock.now() / 1_000)
const LATE_S = String(clock.now() / 1_000 - 301)
const EARLY_S = String(clock.now() / 1_000 + 301)

type Headers = Record<string, string>
type Encoding = 'hex' | 'base64'
const mac = (algorithm: string, encoding: Encoding, text: string | Buffer, secret = SECRET): string => createHmac(algorithm, secret).update(text).digest(encoding)
const joinedTo = (before: string, after = ''): Buffer => Buffer.concat([Buffer.from(before), BODY, Buffer.from(after)])

function doorOf(source: string): Door {
  const door = createDoors()(source)
  if (door === undefined) throw new Error(`no door for ${source}`)
  return door
}

function verify(source: string, headers: Headers, secrets: { vendor?: string[]; ours?: string[] } = { vendor: [SECRET] }, rawBody = BODY): Promise<DoorVerdict> {
  return doorOf(source).verify({ headers, rawBody, vendorSecrets: secrets.vendor ?? [], hmacSecrets: secrets.ours ?? [] }, services)
}

/** Each scheme once: the header with the signature, how it is written around the digest, what is signed, and which other headers go with it. */
const SCHEMES: readonly { name: string; source: string; header: string; algorithm: string; encoding: Encoding; write?: (digest: string) => string; signed?: Buffer; others?: Headers; isVendorMade?: boolean }[] = [
  { name: 'sentry', source: 'sentry', header: 'sentry-hook-signature', algorithm: 'sha256', encoding: 'hex', isVendorMade: true },
  { name: 'pagerduty', source: 'pagerduty', header: 'x-pagerduty-signature', algorithm: 'sha256', encoding: 'hex', write: (digest) => `v1=${digest}`, isVendorMade: true },
  { name: 'grafana', source: 'grafana', header: 'x-grafana-alerting-signature', algorithm: 'sha256', encoding: 'hex' },
  { name: 'grafana with a timestamp', source: 'grafana', header: 'x-grafana-alerting-signature', algorithm: 'sha256', encoding: 'hex', signed: joinedTo(`${NOW_S}:`), others: { 'x-grafana-alerting-timestamp': NOW_S } },
  { name: 'grafana with its other timestamp', source: 'grafana', header: 'x-grafana-alerting-signature', algorithm: 'sha256', encoding: 'hex', signed: joinedTo(`${NOW_S}:`), others: { 'x-grafana-alerting-signature-timestamp': NOW_S } },
  { name: 'checkly', source: 'checkly', header: 'x-checkly-signature', algorithm: 'sha256', encoding: 'hex' },
  { name: 'netbox', source: 'netbox', header: 'x-hook-signature', algorithm: 'sha512', encoding: 'hex' },
  { name: 'signalfx', source: 'signalfx', header: 'x-sfx-signature', algorithm: 'sha1', encoding: 'base64' },
  { name: 'signalfx with SHA-256', source: 'signalfx', header: 'x-sfx-signature', algorithm: 'sha256', encoding: 'base64' },
  { name: 'crowdstrike', source: 'crowdstrike', header: 'x-cs-primary-signature', algorithm: 'sha256', encoding: 'base64', signed: joinedTo('', '2026-01-01T00:00:00Z'), others: { 'x-cs-delivery-timestamp': '2026-01-01T00:00:00Z', 'x-cs-signature-algorithm': 'HmacSHA256' } },
  { name: 'crowdstrike in hex', source: 'crowdstrike', header: 'x-cs-primary-signature', algorithm: 'sha256', encoding: 'hex', signed: joinedTo(NOW_S), others: { 'x-cs-delivery-timestamp': NOW_S } },
  { name: 'crowdstrike by its second key', source: 'crowdstrike', header: 'x-cs-secondary-signature', algorithm: 'sha256', encoding: 'base64', signed: joinedTo('', `${NOW_S}000`), others: { 'x-cs-delivery-timestamp': `${NOW_S}000` } },
]

describe.each(SCHEMES)('the door of $name', ({ source, header, algorithm, encoding, write = (digest) => digest, signed = BODY, others = {}, isVendorMade = false }) => {
  const digest = mac(algorithm, encoding, signed)
  const sent = (text: string): Headers => ({ ...others, [header]: write(text) })

  it('accepts the right signature, by either of two live secrets', async () => {
    expect(await verify(source, sent(digest))).toBe('valid')
    expect(await verify(source, sent(digest), { vendor: ['the new one', SECRET] })).toBe('valid')
    expect(await verify(source, sent(digest), { vendor: [SECRET, 'the old one'] })).toBe('valid')
    expect(await verify(source, sent(digest), { ours: ['whsec_other', SECRET] })).toBe('valid')
  })

  it.each([
    ['by another secret', mac(algorithm, encoding, signed, 'another secret')],
    ['of another body', mac(algorithm, encoding, 'another body')],
    ['by another algorithm', mac('md5', encoding, signed)],
    ['cut at the end', digest.slice(0, -2)],
    ['cut at the beginning', digest.slice(2)],
    ['with more after it', `${digest}00`],
    ['with what a decoder passes over', `${digest.slice(0, 4)}.${digest.slice(4)}`],
    ['that is none', 'zz'],
    ['that is empty', ''],
    ['in the wrong alphabet', mac(algorithm, encoding === 'hex' ? 'base64' : 'hex', 'x')],
  ])('refuses a signature %s', async (_what, text) => {
    const verdict = await verify(source, sent(text))
    // An empty header says nothing, like none; what matters is that it is not right.
    expect(text === '' && verdict === 'absent' ? { invalid: '' } : verdict).toEqual({ invalid: expect.any(String) as string })
  })

  it('says absent without a signature, whatever else is sent', async () => {
    expect(await verify(source, others)).toBe('absent')
  })

  it('says that it cannot tell where no secret is stored', async () => {
    expect(await verify(source, sent(digest), {})).toEqual({ unverified: expect.stringContaining('vendorSecret') as string })
    expect(await verify(source, sent(digest), { ours: ['whsec_another'] })).toEqual(isVendorMade ? { unverified: expect.any(String) as string } : { invalid: expect.any(String) as string })
  })
})

describe('replays', () => {
  const grafana = (timestamp: string): Headers => ({ 'x-grafana-alerting-timestamp': timestamp, 'x-grafana-alerting-signature': mac('sha256', 'hex', joinedTo(`${timestamp}:`)) })
  const crowdstrike = (timestamp: string): Headers => ({ 'x-cs-delivery-timestamp': timestamp, 'x-cs-primary-signature': mac('sha256', 'base64', joinedTo('', timestamp)) })

  it.each([
    ['grafana', grafana(LATE_S)], ['grafana', grafana(EARLY_S)], ['grafana', grafana('yesterday')], ['grafana', grafana('')],
    ['crowdstrike', crowdstrike(LATE_S)], ['crowdstrike', crowdstrike(EARLY_S)], ['crowdstrike', crowdstrike('2025-12-31T23:54:59Z')], ['crowdstrike', crowdstrike('2026-01-01')], ['crowdstrike', crowdstrike('')],
  ])('of %s are refused: %j', async (source, headers) => {
    expect(await verify(source, headers)).toEqual({ invalid: expect.stringMatching(/timestamp/i) as string })
  })

  it('do not get younger by another timestamp, or by none', async () => {
    const late = grafana(LATE_S)
    expect(await verify('grafana', { ...late, 'x-grafana-alerting-timestamp': NOW_S })).toMatchObject({ invalid: 'the signature does not fit the body' })
    expect(await verify('grafana', { 'x-grafana-alerting-signature': late['x-grafana-alerting-signature'] ?? '' })).toMatchObject({ invalid: 'the signature does not fit the body' })
    const old = crowdstrike(LATE_S)
    expect(await verify('crowdstrike', { ...old, 'x-cs-delivery-timestamp': NOW_S })).toMatchObject({ invalid: 'the signature does not fit the body' })
    expect(await verify('crowdstrike', { 'x-cs-primary-signature': old['x-cs-primary-signature'] ?? '' })).toMatchObject({ invalid: 'X-CS-Delivery-Timestamp is missing' })
  })
})

describe('details of the vendors', () => {
  it('accepts any of the signatures PagerDuty sends while a secret rotates, and no other version', async () => {
    const digest = mac('sha256', 'hex', BODY)
    expect(await verify('pagerduty', { 'x-pagerduty-signature': `v1=${mac('sha256', 'hex', BODY, 'old')},v1=${digest}` })).toBe('valid')
    expect(await verify('pagerduty', { 'x-pagerduty-signature': `v2=${digest}` })).toMatchObject({ invalid: expect.stringContaining('v1') as string })
    expect(await verify('pagerduty', { 'x-pagerduty-signature': `${'v1=00,'.repeat(8)}v1=${digest}` })).toMatchObject({ invalid: expect.any(String) as string })
  })

  it('reads no other algorithm of CrowdStrike', async () => {
    const headers = { 'x-cs-delivery-timestamp': NOW_S, 'x-cs-primary-signature': mac('sha256', 'base64', joinedTo('', NOW_S)), 'x-cs-signature-algorithm': 'none' }
    expect(await verify('crowdstrike', headers)).toMatchObject({ invalid: expect.stringContaining('HMAC-SHA256') as string })
  })

  it('takes Sentry’s request id as the delivery’s', () => {
    expect(doorOf('sentry').deliveryId?.({ headers: { 'request-id': 'r-1' }, rawBody: BODY, vendorSecrets: [], hmacSecrets: [] })).toBe('r-1')
  })

  it('has no door for a vendor that neither signs nor shakes hands', () => {
    expect(createDoors()('zabbix')).toBeUndefined()
  })
})
