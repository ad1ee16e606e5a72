import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { DoorServices, DoorVerdict } from '../doors/door.ts'
import { KeySets } from './key-sets.ts'
import { judgeEntra, judgeGooglePush } from './tokens.ts'

const TENANT = '11111111-2222-3333-4444-555555555555'
const APP = '461e8683-5575-4561-ac7f-899cc907d62a'
const ENTRA = { tenantId: TENANT, audience: 'api://alerts', appId: APP }
const GOOGLE = { audience: 'https://aw.test/api/webhooks/gcp-monitoring', serviceAccount: 'push@project.iam.gserviceaccount.com' }
const ENTRA_KEYS = `https://login.microsoftonline.com/${TENANT}/discovery/v2.0/keys`

type Claims = Record<string, unknown>

/** An issuer: it signs, and publishes its keys at one address. */
let key: CryptoKey
let stranger: CryptoKey
let published: JWK[]
beforeAll(async () => {
  const [ours, theirs] = [await generateKeyPair('RS256', { extractable: true }), await generateKeyPair('RS256')]
  key = ours.privateKey
  stranger = theirs.privateKey
  published = [{ ...(await exportJWK(ours.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }]
})

let clock: TestClock
let asked: string[]
let isDown: boolean
let sets: KeySets
beforeEach(() => {
  clock = new TestClock()
  asked = []
  isDown = false
  sets = new KeySets()
})
const services = (): DoorServices => ({
  clock,
  httpGet: async (url) => {
    asked.push(url.href)
    if (isDown) throw new AppError('engine_unavailable', 'the host does not answer')
    return { statusCode: 200, text: JSON.stringify({ keys: published }) }
  },
})

const v1 = (): Claims => ({ iss: `https://sts.windows.net/${TENANT}/`, aud: ENTRA.audience, tid: TENANT, appid: APP })
const v2 = (): Claims => ({ iss: `https://login.microsoftonline.com/${TENANT}/v2.0`, aud: ENTRA.audience, tid: TENANT, azp: APP })
const google = (): Claims => ({ iss: 'https://accounts.google.com', aud: GOOGLE.audience, email: GOOGLE.serviceAccount, email_verified: true })

async function token(claims: Claims, options: { by?: CryptoKey; kid?: string; liveS?: number; sinceS?: number } = {}): Promise<string> {
  const nowS = Math.floor(clock.now() / 1_000)
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: options.kid ?? 'k1' }).setIssuedAt(nowS).setNotBefore(nowS + (options.sinceS ?? 0)).setExpirationTime(nowS + (options.liveS ?? 3_600)).sign(options.by ?? key)
}
const entra = (text: string): Promise<DoorVerdict> => judgeEntra(ENTRA, { authorization: `Bearer ${text}` }, sets, services())
const push = (text: string): Promise<DoorVerdict> => judgeGooglePush(GOOGLE, { authorization: `Bearer ${text}` }, sets, services())

describe('a token of Microsoft Entra', () => {
  test('counts in both versions, and its keys are fetched once', async () => {
    expect([await entra(await token(v1())), await entra(await token(v2()))]).toEqual(['valid', 'valid'])
    expect(asked).toEqual([ENTRA_KEYS])
  })

  test.each<[string, () => Claims]>([
    ['another tenant’s issuer', () => ({ ...v1(), iss: 'https://sts.windows.net/66666666-2222-3333-4444-555555555555/' })], ['another host', () => ({ ...v2(), iss: `https://evil.example/${TENANT}/v2.0` })],
    ['another tenant', () => ({ ...v1(), tid: '66666666-2222-3333-4444-555555555555' })], ['no tenant', () => ({ ...v1(), tid: undefined })], ['another audience', () => ({ ...v1(), aud: 'api://other' })],
    ['another application', () => ({ ...v1(), appid: '00000000-0000-0000-0000-000000000000' })], ['no application', () => ({ ...v2(), azp: undefined })], ['no issuer', () => ({ ...v2(), iss: undefined })],
  ])('with %s is refused', async (_what, claims) => {
    expect(await entra(await token(claims()))).toEqual({ invalid: expect.any(String) as string })
  })

  test('of version 2 may name the application whose default URI is set by its client id', async () => {
    const proof = { ...ENTRA, audience: `api://${APP}` }
    const by = async (aud: string) => judgeEntra(proof, { authorization: `Bearer ${await token({ ...v2(), aud })}` }, sets, services())
    expect([await by(APP), await by(`api://${APP}`), await by(TENANT)]).toEqual(['valid', 'valid', { invalid: expect.any(String) as string }])
  })

  test('is refused when it is over, not yet, by another key, changed, cut, or unsigned', async () => {
    const good = await token(v1())
    const [head = '', body = '', signature = ''] = good.split('.')
    const unsigned = `${Buffer.from('{"alg":"none","kid":"k1"}').toString('base64url')}.${body}.`
    const symmetric = `${Buffer.from('{"alg":"HS256","kid":"k1"}').toString('base64url')}.${body}.${signature}`
    const other = Buffer.from(JSON.stringify({ ...v1(), exp: 9e9 })).toString('base64url')
    for (const text of [
      await token(v1(), { liveS: -301 }), await token(v1(), { sinceS: 301 }), await token(v1(), { by: stranger }), `${head}.${other}.${signature}`, `${head}.${body}.${signature.slice(0, -4)}`,
      `${head}.${body}.`, unsigned, symmetric, 'a.b.c', `${head}.${body}.${'A'.repeat(9_000)}`,
    ]) expect(await entra(text)).toEqual({ invalid: expect.any(String) as string })
    expect(await entra(await token(v1(), { liveS: -299 }))).toBe('valid')
  })

  test('is absent without a bearer token, and with one that is no JWT', async () => {
    expect(await judgeEntra(ENTRA, {}, sets, services())).toBe('absent')
    expect(await judgeEntra(ENTRA, { authorization: 'Basic YTpi' }, sets, services())).toBe('absent')
    expect(await entra('opaque')).toBe('absent')
    expect(asked).toEqual([])
  })
})

test('a token of Google counts for its audience and service account alone', async () => {
  expect(await push(await token(google()))).toBe('valid')
  for (const change of [{ email: 'other@project.iam.gserviceaccount.com' }, { email_verified: false }, { aud: 'https://other.test' }, { iss: 'https://accounts.google.evil' }]) {
    expect(await push(await token({ ...google(), ...change }))).toEqual({ invalid: expect.any(String) as string })
  }
  expect(asked).toEqual(['https://www.googleapis.com/oauth2/v3/certs'])
})

describe('the keys of an issuer', () => {
  test('are fetched again for an unknown key, but no more than every five minutes', async () => {
    const unknown = await token(v1(), { kid: 'k2' })
    expect(await entra(unknown)).toEqual({ invalid: expect.any(String) as string })
    for (let times = 0; times < 5; times++) await entra(unknown)
    expect(asked).toHaveLength(1)
    clock.tick(5 * 60_000)
    await entra(await token(v1(), { kid: 'k2' }))
    expect(asked).toHaveLength(2)
  })

  test('are asked for once by those who come at the same time, and again after half a day', async () => {
    const good = await token(v1(), { liveS: 100_000 })
    expect(await Promise.all([entra(good), entra(good), entra(good)])).toEqual(['valid', 'valid', 'valid'])
    expect(asked).toHaveLength(1)
    clock.tick(12 * 3_600_000)
    await entra(good)
    expect(asked).toHaveLength(2)
  })

  test('go on counting while their host does not answer; without any the sender shall come again', async () => {
    isDown = true
    await expect(entra(await token(v1()))).rejects.toMatchObject({ code: 'engine_unavailable' })
    isDown = false
    await expect(entra(await token(v1()))).rejects.toMatchObject({ code: 'engine_unavailable' })
    expect(asked).toHaveLength(1)
    clock.tick(5_000)
    const good = await token(v1(), { liveS: 100_000 })
    expect(await entra(good)).toBe('valid')
    isDown = true
    clock.tick(13 * 3_600_000)
    expect(await entra(good)).toBe('valid')
    clock.tick(12 * 3_600_000)
    await expect(entra(good)).rejects.toMatchObject({ code: 'engine_unavailable' })
  })
})
