import { describe, expect, it, test } from 'vitest'
import { authorizeAddress, challengeOf, oauthAddress, oauthFields, readTokenAnswer } from './oauth.ts'

const HOSTS = ['.desk.test', 'login.vendor.test']
const site = (fields: Record<string, string>, baseUrl = 'https://acme.desk.test/api') => ({ baseUrl, fields, hosts: HOSTS })

test('the challenge is the one of RFC 7636, appendix B', () => {
  expect(challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')
})

describe('an address', () => {
  it('is filled from fields, the base URL or its host', () => {
    expect(oauthFields({ authorizeUrl: 'https://a.desk.test/{tenant}', tokenUrl: '{baseUrl}/{tenant}/{zone}' })).toEqual(['tenant', 'zone'])
    expect(oauthAddress('https://accounts.desk.test/{tenant}/token', site({ tenant: 'acme-1' }))?.href).toBe('https://accounts.desk.test/acme-1/token')
    expect(oauthAddress('{baseUrl}/oauth/token?tenant={tenant}', site({ tenant: 'acme' }))?.href).toBe('https://acme.desk.test/api/oauth/token?tenant=acme')
    expect(oauthAddress('https://{baseHost}/oauth', site({}))?.href).toBe('https://acme.desk.test/oauth')
    expect(oauthAddress('https://{region}.desk.test/t', site({ region: 'eu' }))?.href).toBe('https://eu.desk.test/t')
  })

  it.each(['', 'evil.test/x', 'evil.test#', 'a@evil.test', '..', 'a/../b', 'a b', 'a%2f', 'a?b', 'a:80', '-', '{baseUrl}', 'a\nb'])('is none where a field holds %j', (tenant) => {
    for (const template of ['https://{tenant}.desk.test/token', 'https://accounts.desk.test/{tenant}']) expect(oauthAddress(template, site({ tenant }))).toBe(null)
  })

  it('leads to hosts of the vendor or of the connection alone', () => {
    for (const template of ['https://{host}/token', 'https://{host}.desk.test.evil.test/token']) expect(oauthAddress(template, site({ host: 'evil.test' }))).toBe(null)
    expect(oauthAddress('https://{host}/token', site({ host: 'login.vendor.test' }))?.host).toBe('login.vendor.test')
    expect(oauthAddress('http://accounts.desk.test/token', site({}))).toBe(null)
  })

  it('of a system of one’s own is asked for there, and never at the vendor’s', () => {
    for (const baseUrl of ['http://127.0.0.1:8080/api', 'https://psa.acme.test', 'https://desk.test.evil.test']) {
      expect(oauthAddress('https://accounts.desk.test/oauth/token?x=1', site({}, baseUrl))?.href).toBe(`${new URL(baseUrl).origin}/oauth/token?x=1`)
    }
  })
})

test('a person is sent there with everything encoded, and with what the vendor wants besides', () => {
  const places = { authorizeUrl: '', tokenUrl: '', defaultScopes: [], clientAuth: 'body' as const, scopeSeparator: ',', authorizeQuery: { prompt: 'consent', state: 'not ours' } }
  const address = new URL(authorizeAddress(new URL('https://accounts.desk.test/authorize?keep=1'), places, { clientId: 'a&b', redirectUri: 'https://aw.test/api/oauth/callback', state: 's', verifier: 'v', scopes: ['x', 'y z'] }))
  expect(Object.fromEntries(address.searchParams)).toEqual({ keep: '1', prompt: 'consent', response_type: 'code', client_id: 'a&b', redirect_uri: 'https://aw.test/api/oauth/callback', state: 's', code_challenge: challengeOf('v'), code_challenge_method: 'S256', scope: 'x,y z' })
})

test.each([
  [{ access_token: 'a', expires_in: '3600', refresh_token: '' }, { accessToken: 'a', refreshToken: null, expiresInS: 3_600, scope: null }], [{ access_token: 'a', refresh_token: 'r', scope: 's' }, { accessToken: 'a', refreshToken: 'r', expiresInS: null, scope: 's' }],
  [{ access_token: 'a', expires_in: -5 }, { accessToken: 'a', refreshToken: null, expiresInS: null, scope: null }], [{ error: 'invalid_grant', error_description: 'gone' }, { error: 'invalid_grant', description: 'gone' }], [{ error: 'invalid_code' }, { error: 'invalid_code', description: '' }],
  [{ access_token: 'a\r\nX-Evil: 1' }, null], [{ access_token: '' }, null], [{ access_token: { a: 1 } }, null], ['text', null], [null, null], [[], null], [{ error: { code: 1 } }, null],
])('an answer %j is read as it is meant', (body, read) => {
  expect(readTokenAnswer(body)).toEqual(read)
})
