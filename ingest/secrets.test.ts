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
