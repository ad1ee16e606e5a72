import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConnectorError } from '../port.ts'
import { addressOf, path, segment } from './address.ts'

const BASE = 'https://acme.zendesk.com/api/v2'
const HOSTS = ['.zendesk.com', 'accounts.zoho.eu']
const codeOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    return error instanceof ConnectorError ? error.code : 'thrown'
  }
  return 'none'
}

describe('an address the vendor gave that is none', () => {
  it.each(['http://[', 'https://a b', 'https://%', '//'])('is refused as any other: %s', (url) => expect(codeOf(() => addressOf(BASE, { path: '/', url }, HOSTS))).toBe('invalid'))
})

describe('the address of a call', () => {
  it('is base, path and query', () => {
    expect(addressOf(`${BASE}/`, { path: path`/tickets/${7}/notes`, query: { 'page[size]': 100, q: 'a b+c&d', none: undefined, yes: true } }, HOSTS).href).toBe(`${BASE}/tickets/7/notes?page%5Bsize%5D=100&q=a%20b%2Bc%26d&yes=true`)
  })

  it('holds no half of a character, where a search was cut through one', () => {
    expect(addressOf(BASE, { path: '/x', query: { q: 'disk \ud83d' } }, HOSTS).search).toBe('?q=disk%20%EF%BF%BD')
  })

  it('keeps whatever is put in as one segment', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', minLength: 1 }).filter((id) => id.isWellFormed() && id !== '.' && id !== '..'), (id) => {
      const url = addressOf(BASE, { path: path`/tickets/${id}/notes` }, HOSTS)
      expect(url.origin).toBe('https://acme.zendesk.com')
      const parts = url.pathname.split('/')
      expect([parts.length, parts[3], parts[5], url.search, url.hash]).toEqual([6, 'tickets', 'notes', '', ''])
      expect(decodeURIComponent(parts[4] ?? '')).toBe(id)
    }))
  })

  it.each(['', '.', '..', '\ud800'])('refuses %j as a segment', (id) => {
    expect(codeOf(() => segment(id))).toBe('invalid')
  })

  it.each(['tickets', '//evil.example/x', '/a/../b', '/a?b=1', '/a#b', '/a b', '/a\\b', '/%2e%2e/b'])('refuses the path %s', (bad) => {
    expect(codeOf(() => addressOf(BASE, { path: bad }, HOSTS))).toBe('defect')
  })

  it.each(['http://acme.zendesk.com', 'ftp://x', 'nothing', 'https://user:pass@acme.zendesk.com'])('refuses the base URL %s', (base) => {
    expect(codeOf(() => addressOf(base, { path: '/x' }, HOSTS))).toBe('misconfigured')
  })

  it('takes plain http for this machine alone', () => {
    expect(addressOf('http://127.0.0.1:8080', { path: '/x' }, []).href).toBe('http://127.0.0.1:8080/x')
  })

  it.each([
    ['https://acme.zendesk.com/api/v2/next?page=2', 'none'], ['/api/v2/next', 'none'], ['https://other.zendesk.com/x', 'none'], ['https://accounts.zoho.eu/x', 'none'],
    ['https://evilzendesk.com/x', 'invalid'], ['https://evil.example/zendesk.com', 'invalid'], ['http://acme.zendesk.com/x', 'invalid'], ['https://a@acme.zendesk.com/x', 'invalid'], ['https://accounts.zoho.eu:8443/x', 'invalid'],
  ])('an address the vendor gave, %s: %s', (url, code) => {
    expect(codeOf(() => addressOf(BASE, { path: '/', url }, HOSTS))).toBe(code)
  })

  it.each(['http://127.0.0.1:8080/api', 'https://psa.acme.test', 'https://zendesk.com.evil.test'])('where the base URL %s is not the vendor’s, what is known there is sent to no host of the vendor’s, whatever an answer says', (base) => {
    for (const url of ['https://other.zendesk.com/x', 'https://accounts.zoho.eu/x']) expect(codeOf(() => addressOf(base, { path: '/', url }, HOSTS))).toBe('invalid')
    expect(addressOf(base, { path: '/', url: `${base}/next` }, HOSTS).href).toBe(`${base}/next`)
  })
})
