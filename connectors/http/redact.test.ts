import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { redactor } from './redact.ts'

const SECRET = 'p@ss "w0rd"/+='

describe('what is kept of a call', () => {
  const redact = redactor([SECRET])

  it('holds none of the credentials, in whatever form they are sent', () => {
    const forms = [SECRET, encodeURIComponent(SECRET), JSON.stringify({ x: SECRET }), Buffer.from(SECRET).toString('base64')]
    for (const form of forms) expect(redact.text(`before ${form} after`)).not.toContain(form.replace(/^\{"x":"|"\}$/g, ''))
    expect(redact.record([['x-any', SECRET]], { deep: [{ [SECRET]: SECRET }] })).not.toContain('w0rd')
  })

  it('hides fields that sound secret, whole, and leaves the others', () => {
    expect(redact.value({ access_token: 'abc', client_secret: ['a', 'b'], ApiIntegrationCode: 'c', is_token: true, subject: 'token ring down', authors: 'me' }))
      .toEqual({ access_token: '[secret]', client_secret: '[secret]', ApiIntegrationCode: '[secret]', is_token: true, subject: 'token ring down', authors: 'me' })
  })

  it('hides secret headers and queries', () => {
    expect(redact.record([['authorization', 'Basic eDp5'], ['x-api-key', 'k'], ['retry-after', '3']], null)).toBe('authorization: [secret]\nx-api-key: [secret]\nretry-after: 3')
    expect(redact.address(new URL('https://h/p?api_key=1234&q=disk'))).toBe('https://h/p?api_key=[secret]&q=disk')
  })

  it.each(['Bearer abcdefgh1234', 'eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl', 'password=hunter2', '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----'])('hides %s in a text nobody knows', (text) => {
    const kept = redact.text(`note: ${text} end`)
    for (const part of ['abcdefgh1234', 'c2lnbmF0dXJl', 'hunter2', 'MIIE']) expect(kept).not.toContain(part)
    expect(kept).toMatch(/^note: .*end$/s)
  })

  it('is never longer than 4 KB, says so, and cuts no character', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', minLength: 3_000, maxLength: 6_000 }), (text) => {
      const kept = redact.record([['a', 'b']], { text })
      expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(4_096)
      expect(kept).not.toContain('\ufffd' + ' … [cut]')
    }), { numRuns: 20 })
    expect(redact.record([], 'ä'.repeat(5_000))).toMatch(/ä … \[cut\]$/)
  })
})
