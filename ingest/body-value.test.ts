import { expect, test } from 'vitest'
import { bodyValue } from './body-value.ts'

const FORM = 'application/x-www-form-urlencoded; charset=utf-8'

test.each([
  ['{"a":"x"}', 'application/json', 'a', 'x'], ['{"a":{"b":["", {"c":"x"}]}}', 'application/json', 'a.b.1.c', 'x'], ['{"a":7}', 'application/json', 'a', '7'],
  ['{"a":"x"}', 'text/plain', 'a', 'x'], ['{"a":"x"}', FORM, 'a', 'x'], ['a=x%20y&b=z', FORM, 'a', 'x y'], ['a.b=x', FORM, 'a.b', 'x'],
  ['{"a":null}', 'application/json', 'a', null], ['{"a":{"b":"x"}}', 'application/json', 'a', null], ['{}', 'application/json', '__proto__', null], ['{}', 'application/json', 'constructor.name', null],
  ['[1,2]', 'application/json', 'length', '2'], ['{"a"', 'application/json', 'a', null], ['', undefined, 'a', null], ['a=x&a=y', FORM, 'a', null], ['<a>x</a>', 'application/xml', 'a', null],
])('%s as %s has at %s: %j', (body, contentType, path, value) => {
  expect(bodyValue(Buffer.from(body), contentType, path)).toBe(value)
})
