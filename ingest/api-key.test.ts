import { describe, expect, test } from 'vitest'
import { findApiKey } from './api-key.ts'

const KEY = 'aw_abc'
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

describe('the API key of a request', () => {
  test.each([
    ['X-API-Key', { 'x-api-key': KEY }, {}],
    ['a bearer token', { authorization: `Bearer ${KEY}` }, {}],
    ['a bearer token in any case', { authorization: `bearer  ${KEY}` }, {}],
    ['the basic-auth password', { authorization: basic(`user:${KEY}`) }, {}],
    ['the basic-auth password without a user', { authorization: basic(`:${KEY}`) }, {}],
    ['the query', {}, { api_key: KEY }],
    ['the query, beside a bearer token of another kind', { authorization: 'Bearer vendor-token' }, { api_key: KEY }],
    ['a bearer token, beside another X-API-Key', { 'x-api-key': 'other', authorization: `Bearer ${KEY}` }, {}],
  ])('is found in %s', (_place, headers, query) => {
    expect(findApiKey(headers, query)).toBe(KEY)
  })

  test.each([
    ['nothing', {}, {}],
    ['a key without our prefix', { 'x-api-key': 'sk_abc' }, {}],
    ['a basic-auth user', { authorization: basic(`${KEY}:x`) }, {}],
    ['a scheme alone', { authorization: 'Bearer' }, {}],
    ['a repeated query', {}, { api_key: [KEY, KEY] }],
    ['a key longer than any of ours', { 'x-api-key': `aw_${'a'.repeat(300)}` }, {}],
  ])('is not found in %s', (_place, headers, query) => {
    expect(findApiKey(headers, query)).toBeNull()
  })
})
