import { createHmac } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { NO_AUTHENTICATION, type IntegrationAuthentication } from '../schemas/authentication.ts'
import type { IngestCredential } from '../schemas/views.ts'
import { credential, JSON_HEADERS, KEY, makeEdge, signed, type Edge } from './testing/edge.ts'

const VENDOR = 'hush-hush-vendor'
const OLD_VENDOR = 'hush-hush-before'
const OTHER_KEY = `aw_${'o'.repeat(43)}`
const OTHER_VENDOR = 'hush-hush-other'
const FINGERPRINT = 'ab'.repeat(32)

let edge: Edge
afterEach(() => edge.app.close())

interface Setup { readonly authentication?: Partial<IntegrationAuthentication>; readonly key?: Partial<IngestCredential>; readonly isBehindProxy?: boolean }

/** An edge with a company that is set up so, and another one set up likewise but with a secret of its own. */
async function open({ authentication = {}, key = {}, isBehindProxy = false }: Setup): Promise<void> {
  const settings = { ...NO_AUTHENTICATION, ...authentication }
  edge = await makeEdge({
    isBehindProxy, httpGet: () => Promise.reject(new Error('nobody is called')),
    keys: [
      credential({ requireHmac: true, vendorSecrets: [VENDOR, OLD_VENDOR], authentication: settings, ...key }),
      credential({ key: OTHER_KEY, keyId: 'key-2', companyId: 'com-2', integrationId: 'int-2', hmacSecrets: ['whsec_b3RoZXI='], requireHmac: true, vendorSecrets: [OTHER_VENDOR], authentication: settings }),
    ],
  })
}

async function post(headers: Record<string, string>, options: { source?: string; payload?: string; remoteAddress?: string; query?: string } = {}): Promise<number> {
  const { source = 'zabbix', payload = '{}', remoteAddress = '127.0.0.1', query = '' } = options
  const answer = await edge.app.inject({ method: 'POST', url: `/api/webhooks/${source}${query}`, headers: { ...JSON_HEADERS, ...headers }, payload, remoteAddress })
  expect(answer.body).not.toContain('hush-hush')
  return answer.statusCode
}

/** Nothing that was logged, counted or stored tells a secret. */
function expectNoSecret(): void {
  const told = [...edge.report.lines, JSON.stringify(edge.metrics.counts), ...edge.deliveries().map((delivery) => `${JSON.stringify(delivery.headers)} ${Buffer.from(delivery.body).toString()}`)].join('\n')
  expect(told).not.toContain('hush-hush')
}

const basic = (user: string, password: string): Record<string, string> => ({ authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` })

describe('a static header that the integration names', () => {
  const name = 'x-tool-token'
  test.each([
    [{ [name]: VENDOR }, 202], [{ [name]: `Bearer ${VENDOR}` }, 202], [{ [name]: OLD_VENDOR }, 202],
    [{}, 401], [{ [name]: '' }, 401], [{ [name]: 'wrong' }, 401], [{ [name]: VENDOR.slice(1) }, 401], [{ [name]: `${VENDOR}x` }, 401], [{ [name]: OTHER_VENDOR }, 401], [{ 'x-other': VENDOR }, 401],
  ])('with %j is answered %d', async (headers, status) => {
    await open({ authentication: { staticHeader: name } })
    expect(await post(headers as Record<string, string>)).toBe(status)
    expectNoSecret()
  })

  test('must be there even where no HMAC is required, unless our HMAC is', async () => {
    await open({ authentication: { staticHeader: name }, key: { requireHmac: false, source: 'zabbix' } })
    expect([await post({}), await post({ [name]: VENDOR }), await post(signed('{}', edge.clock.now())), await post({ ...signed('x', edge.clock.now()), [name]: VENDOR })]).toEqual([401, 202, 202, 401])
  })

  test('may be Authorization itself when the key stands elsewhere', async () => {
    await open({ authentication: { staticHeader: 'authorization' } })
    expect([await post({ authorization: `Token ${VENDOR}` }), await post({ authorization: 'Token wrong' })]).toEqual([202, 401])
  })

  test('proves nothing with the secret of another company, whichever of the two is mixed up', async () => {
    await open({ authentication: { staticHeader: name } })
    expect([await post({ [name]: OTHER_VENDOR }), await post({ [name]: VENDOR, 'x-api-key': OTHER_KEY }), await post({ [name]: OTHER_VENDOR, 'x-api-key': OTHER_KEY })]).toEqual([401, 401, 202])
    expect(edge.deliveries().map(({ companyId }) => companyId)).toEqual(['com-2'])
  })

  test('is not kept, though its name be that of a header which is', async () => {
    await open({ authentication: { staticHeader: 'x-tool' } })
    expect(await post({ 'x-tool': VENDOR, 'x-datadog-event': 'kept' })).toBe(202)
    expect(edge.deliveries()[0]?.headers).toMatchObject({ 'x-datadog-event': 'kept' })
    expectNoSecret()
  })

  test('costs the reason in log and counter alone', async () => {
    await open({ authentication: { staticHeader: name } })
    await post({ [name]: 'hush-hush-wrong' })
    expect(edge.report.lines.join()).toContain('proof_wrong')
    expect(edge.report.lines.join()).toContain(name)
    await edge.app.close()
    expect(edge.metrics.counts['ingest_auth_failures_total proof_wrong']).toBe(1)
    expectNoSecret()
  })
})

describe('basic authentication that the integration names', () => {
  test.each([
    [basic('tool', VENDOR), 202], [basic('tool', OLD_VENDOR), 202],
    [{}, 401], [basic('tool', 'wrong'), 401], [basic('other', VENDOR), 401], [basic('tool', ''), 401], [{ authorization: 'Basic dG9vbA==' }, 401], [{ authorization: 'Basic !' }, 401], [{ authorization: `Bearer ${VENDOR}` }, 401], [basic('tool', KEY), 401],
  ])('with %j is answered %d', async (headers, status) => {
    await open({ authentication: { basicUser: 'tool' } })
    expect(await post(headers)).toBe(status)
    expectNoSecret()
  })
})

describe('a secret inside the body', () => {
  const body = (secret: unknown): string => JSON.stringify({ meta: { secret }, text: 'kept' })
  test.each([
    [body(VENDOR), 202], [body(OLD_VENDOR), 202],
    ['{}', 401], [body('wrong'), 401], [body(''), 401], [body(null), 401], [body([VENDOR]), 401], [JSON.stringify({ secret: VENDOR }), 401],
  ])('%s is answered %d', async (payload, status) => {
    await open({ authentication: { bodyField: 'meta.secret' } })
    expect(await post({}, { payload })).toBe(status)
    expectNoSecret()
  })

  test('is blotted out before the body is kept, and nothing else is', async () => {
    await open({ authentication: { bodyField: 'meta.secret' } })
    await post({}, { payload: body(VENDOR) })
    expect(JSON.parse(Buffer.from(edge.deliveries()[0]!.body).toString())).toEqual({ meta: { secret: '*'.repeat(VENDOR.length) }, text: 'kept' })
  })

  test('of a vendor is blotted out whether it is checked or not', async () => {
    await open({ key: { requireHmac: false, source: 'meraki', vendorSecrets: [] } })
    expect(await post({}, { source: 'meraki', payload: JSON.stringify({ sharedSecret: 'hush-hush-unknown' }) })).toBe(202)
    expect(await post(signed(JSON.stringify({ sharedSecret: VENDOR }), edge.clock.now()), { source: 'meraki', payload: JSON.stringify({ sharedSecret: VENDOR }) })).toBe(202)
    expect(edge.deliveries()).toHaveLength(2)
    expectNoSecret()
  })
})

describe('a vendor’s own scheme', () => {
  const payload = '{"a":1}'
  const sentry = (secret: string): Record<string, string> => ({ 'sentry-hook-signature': createHmac('sha256', secret).update(payload).digest('hex') })

  test.each([[sentry(VENDOR), 202], [sentry(OLD_VENDOR), 202], [sentry(OTHER_VENDOR), 401], [{}, 401]])('with %j is answered %d once its secret is stored, required or not', async (headers, status) => {
    for (const requireHmac of [true, false]) {
      await open({ key: { source: 'sentry', requireHmac } })
      expect(await post(headers, { source: 'sentry', payload })).toBe(status)
    }
  })

  test('says nothing while the secret that the vendor made is not stored', async () => {
    await open({ key: { source: 'sentry', requireHmac: false, vendorSecrets: [] } })
    expect(await post(sentry(VENDOR), { source: 'sentry', payload })).toBe(202)
    await edge.app.close()
    expect(edge.metrics.counts['ingest_unsigned_total source']).toBe(1)
    await open({ key: { source: 'sentry', requireHmac: true, vendorSecrets: [] } })
    expect(await post(sentry(VENDOR), { source: 'sentry', payload })).toBe(401)
    expect(edge.report.lines.join()).toContain('set vendorSecret')
  })
})

describe('a client certificate that the integration names', () => {
  const authentication = { clientCertificate: { header: 'x-client-cert', fingerprints: [FINGERPRINT] } }

  test('proves the sender, must be there whatever else is, and is believed from a trusted proxy alone', async () => {
    await open({ authentication, isBehindProxy: true })
    const ours = signed('{}', edge.clock.now())
    expect([await post({ 'x-client-cert': FINGERPRINT }), await post({ ...ours, 'x-client-cert': FINGERPRINT })]).toEqual([202, 202])
    expect([await post({}), await post(ours), await post({ ...ours, 'x-client-cert': 'cd'.repeat(32) })]).toEqual([401, 401, 401])
    expect(edge.report.lines.map((line) => /certificate_\w+/.exec(line)?.[0])).toEqual(['certificate_missing', 'certificate_missing', 'certificate_wrong'])
    await edge.app.close()
    await open({ authentication })
    expect(await post({ 'x-client-cert': FINGERPRINT })).toBe(401)
  })
})

describe('networks that the integration allows', () => {
  test('are all that deliveries may come from, however well they are signed', async () => {
    await open({ authentication: { allowedNetworks: ['203.0.113.0/24', '2001:db8::/32'] } })
    const from = (remoteAddress: string): Promise<number> => post(signed('{}', edge.clock.now()), { remoteAddress })
    expect([await from('203.0.113.9'), await from('2001:db8::7'), await from('::ffff:203.0.113.9')]).toEqual([202, 202, 202])
    expect([await from('203.0.114.9'), await from('2001:db9::7'), await from('127.0.0.1')]).toEqual([401, 401, 401])
    expect(edge.report.lines.every((line) => line.includes('address_refused'))).toBe(true)
  })

  test('prove nothing', async () => {
    await open({ authentication: { allowedNetworks: ['127.0.0.1'] } })
    expect(await post({})).toBe(401)
  })
})

test('a token whose keys cannot be fetched has the sender come again', async () => {
  const guid = '11111111-2222-3333-4444-555555555555'
  await open({ authentication: { entra: { tenantId: guid, audience: 'a', appId: guid } } })
  const token = [{ alg: 'RS256', kid: 'k' }, { aud: 'a' }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const answer = await edge.app.inject({ method: 'POST', url: `/api/webhooks/azure-monitor?api_key=${KEY}`, headers: { 'content-type': 'application/json', authorization: `Bearer ${token}.AAAA` }, payload: '{}' })
  expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '2'])
  expect(edge.report.lines.join()).not.toContain(token)
})

test('a key that is gone from the snapshot is refused at once, and so is one that is expired', async () => {
  await open({})
  expect(await post(signed('{}', edge.clock.now()))).toBe(202)
  edge.credentials.replace([])
  expect(await post(signed('{}', edge.clock.now()))).toBe(401)
})
