import fc from 'fast-check'
import { expect, it } from 'vitest'
import { withExactIntegers } from './long-integers.ts'
import { parseBody } from './parse.ts'

const parsed = (text: string): unknown => parseBody(Buffer.from(text), 'application/json')

it('keeps every digit of an id that a double cannot hold', () => {
  expect(parsed('{"MONITOR_ID":285731000000025126,"list":[-9007199254740993, 1]}')).toEqual({ MONITOR_ID: '285731000000025126', list: ['-9007199254740993', 1] })
})

it.each([
  ['an exact integer', '{"a":9007199254740991}'],
  ['a fraction', '{"a":1234567890.12345678901}'],
  ['an exponent', '{"a":1E400,"b":12345678901234567890e2}'],
  ['digits in a text', '{"a":"285731000000025126 and \\"285731000000025126\\""}'],
  ['digits in a name', '{"285731000000025126":1}'],
])('leaves %s as it is', (_, text) => {
  expect(withExactIntegers(text)).toBe(text)
})

it('mends no mistake of a sender', () => {
  expect(() => parsed('{"a":012345678901234567890}')).toThrow('not JSON')
  expect(() => parsed('{"a":12345678901234567890-}')).toThrow('not JSON')
})

it('gives any JSON the same value where all its integers are exact', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const text = JSON.stringify(value)
    const again: unknown = JSON.parse(withExactIntegers(text))
    expect(JSON.stringify(again).replace(/"(-?[1-9]\d{15,})"/g, '$1')).toBe(text.replace(/"(-?[1-9]\d{15,})"/g, '$1'))
  }), { numRuns: 500 })
})
