import { describe, expect, test } from 'vitest'
import { isOneOf, withoutSecrets } from './secrets.ts'

test('a text is one of the secrets only when it is whole', () => {
  expect(isOneOf('abc', ['x', 'abc'])).toBe(true)
  for (const given of ['', 'ab', 'abcd', 'ABC', 'abc ']) expect(isOneOf(given, ['x', 'abc'])).toBe(false)
  expect(isOneOf('', [])).toBe(false)
})

describe('a body', () => {
  const clean = (body: string, ...values: string[]): string => withoutSecrets(Buffer.from(body), values).toString()

  test.each([
    ['{"sharedSecret":"hush-hush","a":1}', '{"sharedSecret":"*********","a":1}'],
    ['{"a":["hush-hush","hush-hush"]}', '{"a":["*********","*********"]}'],
    ['Name=a&Token=hush-hush', 'Name=a&Token=*********'],
    ['Token=hush-hush&Name=a', 'Token=*********&Name=a'],
    ['{"a":"hush-hush is not all of this"}', '{"a":"hush-hush is not all of this"}'],
    ['{"a":1}', '{"a":1}'],
  ])('%s goes on as %s', (body, expected) => {
    expect(clean(body, 'hush-hush')).toBe(expected)
  })

  test('loses secrets that JSON and forms write in another way', () => {
    const secret = 'a"b\\c/ü &=!~'
    const json = JSON.stringify({ secret, other: 'x' })
    expect(JSON.parse(clean(json, secret))).toEqual({ secret: expect.stringMatching(/^\*+$/) as string, other: 'x' })
    expect(clean(json.replaceAll('/', '\\/'), secret)).not.toContain('a\\"b')
    const form = new URLSearchParams({ secret, other: 'x' }).toString()
    expect(new URLSearchParams(clean(form, secret)).get('secret')).toMatch(/^\*+$/)
  })

  test.each([
    ['as .NET escapes', '"\\u002Ba\\u0026b\\u0027c"'], ['as Go escapes', '"+a\\u0026b\'c"'], ['whole by number', '"\\u002b\\u0061\\u0026\\u0062\\u0027\\u0063"'],
  ])('loses a secret that is written %s', (_what, literal) => {
    const secret = "+a&b'c"
    expect(JSON.parse(literal)).toBe(secret)
    const body = `{"\\u0041":"x\\u0041\\"","sharedSecret":${literal},"end":"\\u0042"}`
    expect(clean(body, secret)).toBe(`{"\\u0041":"x\\u0041\\"","sharedSecret":"${'*'.repeat(literal.length - 2)}","end":"\\u0042"}`)
  })

  test('loses a secret of a form whose codes are in small letters', () => {
    expect(clean('Token=a%2bb%2fc&x=1', 'a+b/c')).toBe('Token=*********&x=1')
  })

  test('with a text that never ends goes on', () => {
    expect(clean('{"a":"\\u0041', 'A')).toBe('{"a":"\\u0041')
    expect(clean('"\\u0041'.repeat(50_000), 'hush-hush')).toHaveLength(350_000)
  })

  test('may carry half a character', () => {
    expect(clean('{"secret":"\\ud800 half"}', '\ud800 half')).toMatch(/^\{"secret":"\*+"\}$/)
  })

  test('stays the very same where there is nothing to hide', () => {
    const body = Buffer.from('{"a":1}')
    expect(withoutSecrets(body, ['', 'hush'])).toBe(body)
  })

  test('is not changed itself', () => {
    const body = Buffer.from('{"a":"hush"}')
    withoutSecrets(body, ['hush'])
    expect(body.toString()).toBe('{"a":"hush"}')
  })
})
