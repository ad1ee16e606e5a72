import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { verifyHmac } from './hmac.ts'
import { credential, SECRET, signed } from './testing/edge.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
const BODY = Buffer.from('{"signature":"disk"}')
const OLD_SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`
const ours = credential({ hmacSecrets: [SECRET, OLD_SECRET] })
const verify = (headers: Record<string, string>, body = BODY, hasDeliveryId = false): string => verifyHmac(headers, body, ours, NOW_MS, hasDeliveryId)
const at = (offsetS: number): Record<string, string> => signed(BODY, NOW_MS + offsetS * 1000)

test('no signature header is absent, whatever else is there', () => {
  expect(verify({ 'x-timestamp': '1', 'webhook-id': 'a' })).toBe('absent')
})

describe('X-Signature', () => {
  test('is right over timestamp, dot and body with the secret as text', () => {
    expect(verify(at(0))).toBe('valid')
  })

  test('may be in upper-case hex', () => {
    const { 'x-signature': signature = '', 'x-timestamp': timestamp = '' } = at(0)
    expect(verify({ 'x-timestamp': timestamp, 'x-signature': `sha256=${signature.slice(7).toUpperCase()}` })).toBe('valid')
  })

  test('counts under a secret that a rotation replaced', () => {
    expect(verify(signed(BODY, NOW_MS, OLD_SECRET))).toBe('valid')
  })

  test.each([[-300, 'valid'], [300, 'valid'], [-301, 'timestamp_outside_tolerance'], [301, 'timestamp_outside_tolerance']])('%d s away is %s', (offsetS, verdict) => {
    expect(verify(at(offsetS))).toBe(verdict)
  })

  test.each([
    ['another secret', signed(BODY, NOW_MS, 'other'), 'signature_wrong'],
    ['another body', signed('{}', NOW_MS), 'signature_wrong'],
    ['no timestamp', { 'x-signature': at(0)['x-signature'] ?? '' }, 'timestamp_missing'],
    ['a timestamp in ms', { ...at(0), 'x-timestamp': String(NOW_MS) }, 'timestamp_malformed'],
    ['a date as timestamp', { ...at(0), 'x-timestamp': '2026-01-01' }, 'timestamp_malformed'],
    ['another timestamp than signed', { ...at(0), 'x-timestamp': String(NOW_MS / 1000 + 1) }, 'signature_wrong'],
    ['no algorithm', { ...at(0), 'x-signature': (at(0)['x-signature'] ?? '').slice(7) }, 'signature_malformed'],
    ['half a digest', { ...at(0), 'x-signature': (at(0)['x-signature'] ?? '').slice(0, 40) }, 'signature_malformed'],
    ['an empty header', { ...at(0), 'x-signature': '' }, 'signature_malformed'],
  ])('with %s is refused', (_what, headers, verdict) => {
    expect(verify(headers)).toBe(verdict)
  })
})

describe('Standard Webhooks', () => {
  const sign = (secret: string, id = 'msg_1', nowMs = NOW_MS): Record<string, string> => ({
    'webhook-id': id, 'webhook-timestamp': String(Math.floor(nowMs / 1000)), 'webhook-signature': new Webhook(secret).sign(id, new Date(nowMs), BODY.toString()),
  })

  test('accepts what the reference library signs', () => {
    expect(verify(sign(SECRET))).toBe('valid')
    expect(verify(sign(OLD_SECRET))).toBe('valid')
  })

  test('takes a secret without prefix as base64 too, as the reference library does', () => {
    const bare = Buffer.alloc(32, 5).toString('base64')
    expect(verifyHmac(sign(bare), BODY, credential({ hmacSecrets: [bare] }), NOW_MS, true)).toBe('valid')
  })

  test('finds the right one among several signatures and versions', () => {
    const right = sign(SECRET)
    expect(verify({ ...right, 'webhook-signature': `v1a,abc v1,${Buffer.alloc(32).toString('base64')} ${right['webhook-signature']}` })).toBe('valid')
  })

  test.each([
    ['an id that was not signed', { ...sign(SECRET), 'webhook-id': 'msg_2' }, 'signature_wrong'],
    ['another secret', sign(`whsec_${Buffer.alloc(32, 2).toString('base64')}`), 'signature_wrong'],
    ['an old timestamp', sign(SECRET, 'msg_1', NOW_MS - 301_000), 'timestamp_outside_tolerance'],
    ['no id', { ...sign(SECRET), 'webhook-id': '' }, 'delivery_id_missing'],
    ['no known version', { ...sign(SECRET), 'webhook-signature': 'v2,abc' }, 'signature_malformed'],
  ])('with %s is refused', (_what, headers, verdict) => {
    expect(verify(headers)).toBe(verdict)
  })
})

describe('X-Hub-Signature-256', () => {
  const headers = { 'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(BODY).digest('hex')}` }

  test('counts only together with a delivery id, for it has no timestamp', () => {
    expect(verify(headers, BODY, true)).toBe('valid')
    expect(verify(headers, BODY, false)).toBe('delivery_id_missing')
  })

  test('is refused over another body', () => {
    expect(verify(headers, Buffer.from('{}'), true)).toBe('signature_wrong')
  })
})

test('one wrong signature beside a right one is refused', () => {
  expect(verify({ ...at(0), 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }, BODY, true)).toBe('signature_wrong')
})

test('an integration without a secret accepts no signature, not even one with an empty key', () => {
  const bare = credential({ hmacSecrets: [''] })
  const { 'x-timestamp': timestamp = '' } = at(0)
  const signature = `sha256=${createHmac('sha256', '').update(`${timestamp}.`).update(BODY).digest('hex')}`
  expect(verifyHmac({ 'x-timestamp': timestamp, 'x-signature': signature }, BODY, bare, NOW_MS, false)).toBe('signature_wrong')
})
