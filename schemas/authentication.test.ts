import { describe, expect, test } from 'vitest'
import { authenticationMistakes, namesTopic, NO_AUTHENTICATION, parseNetwork, wholeAuthentication, type IntegrationAuthentication } from './authentication.ts'

const GUID = '461e8683-5575-4561-ac7f-899cc907d62a'
const FINGERPRINT = 'AB:'.repeat(31) + 'CD'
const mistakesOf = (settings: Partial<IntegrationAuthentication>): string[] => authenticationMistakes(wholeAuthentication(settings))

test('nothing set is right, and so is everything that goes together', () => {
  expect(mistakesOf({})).toEqual([])
  expect(mistakesOf({
    staticHeader: 'X-Webhook-Token', bodyField: 'meta.0.shared_secret', entra: { tenantId: GUID.toUpperCase(), audience: `api://${GUID}`, appId: GUID },
    clientCertificate: { header: 'X-Forwarded-Client-Cert', fingerprints: [FINGERPRINT] }, snsTopics: ['123456789012', 'arn:aws-us-gov:sns:us-gov-west-1:123456789012:alarms', 'arn:aws:sns:eu-west-1:123456789012:alarms.fifo'],
    allowedNetworks: ['203.0.113.0/24', '2001:db8::/48', '198.51.100.7'],
  })).toEqual([])
})

test('names and fingerprints are kept in the form they are compared in', () => {
  expect(wholeAuthentication({ staticHeader: 'X-Token', clientCertificate: { header: 'X-Cert', fingerprints: [FINGERPRINT] } })).toEqual({
    ...NO_AUTHENTICATION, staticHeader: 'x-token', clientCertificate: { header: 'x-cert', fingerprints: [`${'ab'.repeat(31)}cd`] },
  })
})

test.each<[Partial<IntegrationAuthentication>, RegExp]>([
  [{ staticHeader: 'x-api-key' }, /staticHeader/], [{ staticHeader: 'X-Signature' }, /staticHeader/], [{ staticHeader: 'content-type' }, /staticHeader/], [{ staticHeader: 'a b' }, /staticHeader/], [{ staticHeader: '' }, /staticHeader/],
  [{ bodyField: 'a..b' }, /bodyField/], [{ bodyField: 'a.b.c.d.e.f.g.h.i' }, /bodyField/], [{ bodyField: '$.a' }, /bodyField/],
  [{ basicUser: 'a:b' }, /basicUser/], [{ basicUser: '' }, /basicUser/], [{ basicUser: 'a\n' }, /basicUser/],
  [{ entra: { tenantId: 'common', audience: 'a', appId: GUID } }, /tenantId/], [{ entra: { tenantId: '../evil', audience: 'a', appId: GUID } }, /tenantId/], [{ entra: { tenantId: GUID, audience: '', appId: GUID } }, /audience/],
  [{ entra: { tenantId: GUID, audience: 'a', appId: 'me' } }, /appId/],
  [{ googlePush: { audience: 'a', serviceAccount: 'nobody' } }, /serviceAccount/],
  [{ basicUser: 'a', googlePush: { audience: 'a', serviceAccount: 'a@b.c' } }, /choose one/], [{ staticHeader: 'Authorization', basicUser: 'a' }, /staticHeader is authorization/],
  [{ clientCertificate: { header: 'x-forwarded-for', fingerprints: [FINGERPRINT] } }, /clientCertificate.header/], [{ clientCertificate: { header: 'x-cert', fingerprints: [] } }, /1 to 8/],
  [{ clientCertificate: { header: 'x-cert', fingerprints: ['ab'.repeat(20)] } }, /SHA-256/],
  [{ snsTopics: ['arn:aws:sns:eu-west-1:*:alarms'] }, /neither/], [{ snsTopics: ['12345678901'] }, /neither/], [{ snsTopics: ['alarms'] }, /neither/], [{ snsTopics: [''] }, /neither/], [{ snsTopics: Array<string>(33).fill('123456789012') }, /32 topics/],
  [{ allowedNetworks: ['203.0.113.0/33'] }, /203\.0\.113\.0\/33/], [{ allowedNetworks: ['example.com'] }, /no network/], [{ allowedNetworks: ['fe80::1%eth0'] }, /no network/], [{ allowedNetworks: [''] }, /no network/],
  [{ allowedNetworks: Array.from({ length: 65 }, (_, index) => `10.0.0.${index}`) }, /64 networks/],
])('%j is a mistake', (settings, sentence) => {
  expect(mistakesOf(settings).join('; ')).toMatch(sentence)
})

test('a topic is named by itself or by its account, and by nothing alike', () => {
  const named = (snsTopics: string[], topic = 'arn:aws:sns:eu-west-1:123456789012:alarms'): boolean => namesTopic({ ...NO_AUTHENTICATION, snsTopics }, topic)
  expect([named(['123456789012']), named(['arn:aws:sns:eu-west-1:123456789012:alarms'])]).toEqual([true, true])
  expect([named([]), named(['999999999999']), named(['arn:aws:sns:eu-west-1:123456789012:alarm']), named(['123456789012'], ''), named(['123456789012'], 'x:123456789012:y:z:w')]).toEqual([false, false, false, false, false])
  expect(named(['123456789012'], 'arn:aws:sns:eu-west-1:999999999999:123456789012')).toBe(false)
})

describe('a network', () => {
  test.each([
    ['203.0.113.0/24', { address: '203.0.113.0', prefixBits: 24, family: 'ipv4' }], ['203.0.113.7', { address: '203.0.113.7', prefixBits: 32, family: 'ipv4' }],
    ['2001:db8::/32', { address: '2001:db8::', prefixBits: 32, family: 'ipv6' }], ['::1', { address: '::1', prefixBits: 128, family: 'ipv6' }],
    ['10.0.0.0/08', { address: '10.0.0.0', prefixBits: 8, family: 'ipv4' }], ['10.0.0/8', null], ['10.0.0.0/', null], ['10.0.0.0/-1', null], ['2001:db8::/129', null], ['/8', null],
  ])('%s is read as %j', (text, network) => {
    expect(parseNetwork(text)).toEqual(network)
  })
})
