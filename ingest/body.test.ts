import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { decompress, inspect, isJson, JSON_DEPTH_MAX } from './body.ts'

const JSON_TYPE = 'application/json'
const look = (body: string, contentType = JSON_TYPE, isGeneric = true): unknown => inspect(Buffer.from(body), contentType, isGeneric)

describe('elements of a body', () => {
  test.each([
    ['an object', '{}', JSON_TYPE, true, 1],
    ['an array', '[{},{},{}]', JSON_TYPE, true, 3],
    ['an empty array', '[]', JSON_TYPE, true, 0],
    ['an array of a vendor', '[{},{}]', JSON_TYPE, false, 1],
    ['an array that says it is text', '[{},{}]', 'text/plain', true, 2],
    ['an array that says it is a form', '[{},{}]', 'application/x-www-form-urlencoded', true, 2],
    ['plain text', 'disk full on web-1', 'text/plain', true, 1],
    ['a form', 'a=b&c=d', 'application/x-www-form-urlencoded', false, 1],
    ['XML', '<a/>', 'text/xml', false, 1],
  ])('%s', (_what, body, contentType, isGeneric, elements) => {
    expect(look(body, contentType, isGeneric)).toBe(elements)
  })

  test('broken JSON is refused with the place, and the body is not quoted', () => {
    expect(look('{"password":"hunter2",}')).toEqual({ code: 'body_invalid', message: 'The body is not JSON: expected a name at position 22 (line 1, column 23).' })
  })

  test.each([['nothing', ''], ['a text', '"a"'], ['a number', '5'], ['null', 'null']])('%s is refused', (_what, body) => {
    expect(look(body)).toMatchObject({ code: 'body_invalid' })
  })

  test('nesting is bounded, whatever it nests', () => {
    expect(look('['.repeat(JSON_DEPTH_MAX) + ']'.repeat(JSON_DEPTH_MAX), JSON_TYPE, false)).toBe(1)
    for (const [open, close] of [['[', ']'], ['{"a":', '}']] as const) {
      const deep = open.repeat(JSON_DEPTH_MAX + 1) + (open === '[' ? '' : '1') + close.repeat(JSON_DEPTH_MAX + 1)
      expect(look(deep)).toEqual({ code: 'body_invalid', message: 'The body nests deeper than 64 levels.' })
    }
    expect(look('['.repeat(500_000) + ']'.repeat(500_000))).toMatchObject({ code: 'body_invalid' })
  })

  test('bytes that are no UTF-8 inside a text do not cost the alert', () => {
    expect(inspect(Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xe4, 0xff]), Buffer.from('"}')]), JSON_TYPE, true)).toBe(1)
  })
})

test.each([
  ['application/json', true], ['application/json; charset=utf-8', true], ['Application/JSON;charset=utf-8', true], ['application/cloudevents+json', true],
  ['application/problem+json; a=b', true], ['text/plain', false], ['application/x-www-form-urlencoded', false], ['application/xml', false],
])('%s promises JSON: %s', (contentType, promises) => {
  expect(isJson(contentType)).toBe(promises)
})

describe('packed bodies', () => {
  const body = Buffer.from('{"a":1}'.repeat(100))

  test.each([['gzip', gzipSync], ['x-gzip', gzipSync], ['GZIP', gzipSync], ['deflate', deflateSync], ['deflate', deflateRawSync], ['br', brotliCompressSync], ['identity', (bytes: Buffer) => bytes]])('%s is unpacked', async (encoding, pack) => {
    expect(await decompress(pack(body), encoding, 10_000)).toEqual(body)
  })

  test.each([['gzip', gzipSync], ['deflate', deflateSync], ['br', brotliCompressSync]])('a bomb in %s is stopped at the limit', async (encoding, pack) => {
    const bomb = pack(Buffer.alloc(20_000_000))
    expect(bomb.length).toBeLessThan(30_000)
    expect(await decompress(bomb, encoding, 1_000)).toMatchObject({ code: 'body_too_large' })
  })

  test.each(['gzip', 'deflate', 'br'])('what is no %s is refused', async (encoding) => {
    expect(await decompress(body, encoding, 10_000)).toMatchObject({ code: 'body_invalid' })
    expect(await decompress(gzipSync(body).subarray(0, 20), encoding, 10_000)).toMatchObject({ code: 'body_invalid' })
  })

  test.each(['zstd', 'gzip, gzip', 'constructor', '__proto__'])('encoding %s is refused with the list', async (encoding) => {
    expect(await decompress(body, encoding, 10_000)).toMatchObject({ code: 'media_type_unsupported', message: expect.stringContaining('gzip, deflate, br') as string })
  })
})
