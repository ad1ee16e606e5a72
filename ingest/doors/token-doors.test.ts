import { hash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import type { Door, DoorRequest, DoorVerdict } from './door.ts'
import { createDoors } from './registry.ts'

const SECRET = 'a shared secret/ü'
const services = { clock: new TestClock(), httpGet: () => Promise.reject(new Error('this door calls nobody')) }
const JSON_TYPE = { 'content-type': 'application/json' }
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' }
/** A header as the runtime hands it over: the bytes of UTF-8 read as Latin-1. */
const asHeader = (text: string): string => Buffer.from(text).toString('latin1')

function doorOf(source: string): Door {
  const door = createDoors()(source)
  if (door === undefined) throw new Error(`no door for ${source}`)
  return door
}

const inHeader = (name: string) => (token: string): Partial<DoorRequest> => ({ headers: { ...JSON_TYPE, [name]: asHeader(token) }, rawBody: Buffer.from('{}') })
const inJson = (name: string) => (token: string): Partial<DoorRequest> => ({ headers: JSON_TYPE, rawBody: Buffer.from(JSON.stringify({ alertType: 'x', [name]: token })) })

const PLACES: readonly { name: string; source: string; token: string; place: (token: string) => Partial<DoorRequest> }[] = [
  { name: 'honeycomb', source: 'honeycomb', token: SECRET, place: inHeader('x-honeycomb-webhook-token') },
  { name: 'honeycomb as it was', source: 'honeycomb', token: SECRET, place: inJson('shared_secret') },
  { name: 'cloudflare', source: 'cloudflare', token: SECRET, place: inHeader('cf-webhook-auth') },
  { name: 'meraki', source: 'meraki', token: SECRET, place: inJson('sharedSecret') },
  { name: 'statuscake', source: 'statuscake', token: hash('md5', SECRET, 'hex'), place: (token) => ({ headers: FORM_TYPE, rawBody: Buffer.from(new URLSearchParams({ Name: 'web', Token: token }).toString()) }) },
]

describe.each(PLACES)('the door of $name', ({ source, token, place }) => {
  const verify = (given: string, vendorSecrets: string[] = [SECRET], hmacSecrets: string[] = []): Promise<DoorVerdict> =>
    doorOf(source).verify({ headers: {}, rawBody: Buffer.from('{}'), ...place(given), vendorSecrets, hmacSecrets }, services)

  it('accepts the secret, and either of two live ones', async () => {
    expect(await verify(token)).toBe('valid')
    expect(await verify(token, ['the new one', SECRET])).toBe('valid')
    expect(await verify(token, [SECRET, 'the old one'])).toBe('valid')
  })

  it.each([['another', 'another secret'], ['one cut at the end', token.slice(0, -1)], ['one cut at the beginning', token.slice(1)], ['one with more after it', `${token}x`], ['one in other letters', source === 'statuscake' ? 'x' : token.toUpperCase()]])('refuses %s', async (_what, given) => {
    expect(await verify(given)).toEqual({ invalid: 'the token is not the vendor secret' })
  })

  it('says absent without one, or with an empty one', async () => {
    expect(await doorOf(source).verify({ headers: JSON_TYPE, rawBody: Buffer.from('{"alertType":"x"}'), vendorSecrets: [SECRET], hmacSecrets: [] }, services)).toBe('absent')
    expect(await verify('')).toBe('absent')
  })

  it('never compares our HMAC secret with what is sent in the clear', async () => {
    expect(await verify(token, [], [SECRET])).toEqual({ unverified: expect.stringContaining('vendorSecret') as string })
  })
})

describe('a secret in the body', () => {
  it('is none when the body cannot be read, nests it elsewhere, or names it twice', async () => {
    const verify = (source: string, headers: Record<string, string>, body: string): Promise<DoorVerdict> =>
      doorOf(source).verify({ headers, rawBody: Buffer.from(body), vendorSecrets: [SECRET], hmacSecrets: [] }, services)
    expect(await verify('meraki', JSON_TYPE, `{"sharedSecret":"${SECRET}"`)).toBe('absent')
    expect(await verify('meraki', JSON_TYPE, JSON.stringify({ data: { sharedSecret: SECRET } }))).toBe('absent')
    expect(await verify('meraki', JSON_TYPE, JSON.stringify([SECRET]))).toBe('absent')
    expect(await verify('meraki', JSON_TYPE, JSON.stringify({ sharedSecret: [SECRET] }))).toBe('absent')
    expect(await verify('statuscake', FORM_TYPE, `Token=${hash('md5', SECRET, 'hex')}&Token=${hash('md5', SECRET, 'hex')}`)).toBe('absent')
  })

  it('may be the token of StatusCake itself', async () => {
    const token = hash('md5', 'user' + 'key', 'hex')
    expect(await doorOf('statuscake').verify({ headers: FORM_TYPE, rawBody: Buffer.from(`Token=${token}`), vendorSecrets: [token], hmacSecrets: [] }, services)).toBe('valid')
  })

  it('is told, so that it can be blotted out', () => {
    const request = { headers: JSON_TYPE, rawBody: Buffer.from(JSON.stringify({ sharedSecret: SECRET })), vendorSecrets: [], hmacSecrets: [] }
    expect(doorOf('meraki').bodySecret?.(request)).toBe(SECRET)
  })
})
