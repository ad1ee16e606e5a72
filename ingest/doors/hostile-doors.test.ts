import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NO_AUTHENTICATION, type IntegrationAuthentication } from '../../schemas/authentication.ts'
import { TestClock } from '../../schemas/clock.ts'
import { judgeClientCertificate } from '../proofs/client-certificate.ts'
import { KeySets } from '../proofs/key-sets.ts'
import { judgeSettings } from '../proofs/settings-proofs.ts'
import { withoutSecrets } from '../secrets.ts'
import type { DoorRequest } from './door.ts'
import { createDoors } from './registry.ts'

const RUNS = { numRuns: 300 }
const SECRET = 'a secret that nobody guesses'
const GUID = '11111111-2222-3333-4444-555555555555'
const services = { clock: new TestClock(), httpGet: () => Promise.resolve({ statusCode: 200, text: '{"keys":[]}' }) }
const sources = ['aws-sns', 'checkly', 'cloudflare', 'crowdstrike', 'grafana', 'honeycomb', 'meraki', 'netbox', 'pagerduty', 'sentry', 'signalfx', 'statuscake']
const names = [
  'x-checkly-signature', 'cf-webhook-auth', 'x-cs-primary-signature', 'x-cs-delivery-timestamp', 'x-cs-signature-algorithm', 'x-grafana-alerting-signature', 'x-grafana-alerting-timestamp',
  'x-honeycomb-webhook-token', 'x-hook-signature', 'x-pagerduty-signature', 'sentry-hook-signature', 'x-sfx-signature', 'x-amz-sns-message-type', 'content-type', 'authorization', 'x-token', 'x-client-cert',
]
const value = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }), fc.constantFrom('application/x-www-form-urlencoded', 'application/json', 'Basic OnA=', 'Bearer a.b.c', `Bearer ${Buffer.from('{"alg":"RS256","kid":"k"}').toString('base64url')}.e30.AA`, 'Hash=00', '%', 'v1=', 'v1='.repeat(99)),
)
const headers = fc.dictionary(fc.constantFrom(...names), value)
const body = fc.oneof(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)), fc.json().map((text) => Buffer.from(text)), fc.record({ sharedSecret: fc.oneof(fc.anything(), fc.string({ unit: 'binary' }), fc.constant('\ud800')), Token: fc.anything(), TopicArn: fc.string(), Type: fc.string(), MessageId: fc.string() }).map((record) => Buffer.from(JSON.stringify(record, (_key, part: unknown) => (typeof part === 'bigint' ? String(part) : part)))))
const request = fc.record({ headers, rawBody: body }).map((parts): DoorRequest => ({ ...parts, vendorSecrets: [SECRET], hmacSecrets: [SECRET] }))

describe('whatever is sent', () => {
  it.each(sources)('the door of %s answers, and is not taken in', async (source) => {
    const door = createDoors()(source)!
    await fc.assert(fc.asyncProperty(request, async (sent) => {
      expect(await door.verify(sent, services)).not.toBe('valid')
      const inBody = door.bodySecret?.(sent) ?? ''
      expect(withoutSecrets(sent.rawBody, [inBody])).toHaveLength(sent.rawBody.length)
    }), RUNS)
  })

  it('settings answer, and are not taken in', async () => {
    const settings: IntegrationAuthentication[] = [
      { ...NO_AUTHENTICATION, staticHeader: 'x-token', bodyField: 'a.b' }, { ...NO_AUTHENTICATION, basicUser: 'tool' }, { ...NO_AUTHENTICATION, entra: { tenantId: GUID, audience: 'a', appId: GUID } },
      { ...NO_AUTHENTICATION, googlePush: { audience: 'a', serviceAccount: 'a@b' } },
    ]
    await fc.assert(fc.asyncProperty(fc.constantFrom(...settings), request, async (set, sent) => {
      expect(await judgeSettings(set, sent, new KeySets(), services)).not.toBe('valid')
    }), RUNS)
    fc.assert(fc.property(headers, (sent) => {
      expect(judgeClientCertificate({ header: 'x-client-cert', fingerprints: ['ab'.repeat(32)] }, sent, true)).not.toBe('valid')
    }), RUNS)
  })

  it('blotting out keeps the length, hides the secret of a JSON or a form, and leaves the rest readable', () => {
    fc.assert(fc.property(fc.string({ minLength: 8, maxLength: 40 }), fc.string(), (secret, other) => {
      fc.pre(!other.includes(secret))
      const [json, form] = [JSON.stringify({ a: secret, b: other }), new URLSearchParams({ a: secret, b: other }).toString()]
      const [cleanJson, cleanForm] = [withoutSecrets(Buffer.from(json), [secret]), withoutSecrets(Buffer.from(form), [secret])]
      expect([cleanJson.length, cleanForm.length]).toEqual([Buffer.byteLength(json), Buffer.byteLength(form)])
      expect((JSON.parse(cleanJson.toString()) as { a: string }).a).toMatch(/^\*+$/)
      expect(new URLSearchParams(cleanForm.toString()).get('a')).toMatch(/^\*+$/)
    }), RUNS)
  })
})
