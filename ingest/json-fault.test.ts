import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findJsonFault } from './json-fault.ts'

test.each([
  ['', 0, 'the text ends too early'],
  ['{"a":}', 5, 'expected a value'],
  ['{"a" 1}', 5, 'expected :'],
  ['{a:1}', 1, 'expected a name or }'],
  ['{"a":1,}', 7, 'expected a name'],
  ['[1,]', 3, 'expected a value'],
  ['[1 2]', 3, 'expected , or ]'],
  ['{"a":1 "b":2}', 7, 'expected , or }'],
  ['[1}', 2, 'expected , or ]'],
  ['{} x', 3, 'something follows the end'],
  ['{"a":"b', 7, 'a text has no end'],
  ['{"a":"b\nc"}', 7, 'a text holds a character that must be escaped'],
  ['{"a":"\\x"}', 6, 'a text holds a character that must be escaped'],
  ['[01]', 2, 'expected , or ]'],
  ['[nul]', 1, 'expected a value'],
  ['\ufeff{}', 0, 'expected a value'],
])('%j goes wrong at %d: %s', (text, position, what) => {
  expect(findJsonFault(text)).toMatchObject({ position, what })
})

test('names line and column from 1', () => {
  expect(findJsonFault('{\n  "a": 1,\n  "b": oops\n}')).toEqual({ what: 'expected a value', position: 19, line: 3, column: 8 })
})

/** JSON with a few characters exchanged, cut or added. */
const nearlyJson = fc.tuple(fc.json(), fc.array(fc.tuple(fc.nat(), fc.constantFrom('', '"', '{', '}', '[', ']', ',', ':', '\\', '0', 'e', ' ', '\n', '\u0001')), { maxLength: 3 })).map(([text, edits]) => {
  let edited = text
  for (const [at, by] of edits) {
    const place = at % (edited.length + 1)
    edited = edited.slice(0, place) + by + edited.slice(place + 1)
  }
  return edited
})

test('finds a fault exactly where the runtime refuses the text, and nothing before it that was right', () => {
  fc.assert(fc.property(fc.oneof(nearlyJson, fc.string()), (text) => {
    let isJson = true
    try {
      JSON.parse(text)
    } catch {
      isJson = false
    }
    const { what, position } = findJsonFault(text)
    expect(what === 'nothing wrong').toBe(isJson)
    expect(position).toBeLessThanOrEqual(text.length)
  }), { numRuns: 2_000 })
})

test('deep nesting neither overflows nor takes long', () => {
  expect(findJsonFault('['.repeat(1_000_000))).toMatchObject({ position: 1_000_000, what: 'the text ends too early' })
})
