import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MacKey } from './mac.ts'

const bytes = (constraints: fc.IntArrayConstraints): fc.Arbitrary<Buffer> => fc.uint8Array(constraints).map((array) => Buffer.from(array))
const latin1 = fc.string({ maxLength: 80 }).map((text) => Buffer.from(text, 'utf8').toString('latin1'))

test('signs as the runtime does, whatever the lengths of secret and message', () => {
  fc.assert(fc.property(bytes({ maxLength: 150 }), latin1, bytes({ maxLength: 500 }), fc.constantFrom('hex' as const, 'base64' as const), (secret, prefix, body, encoding) => {
    expect(new MacKey(secret).sign(prefix, body, encoding)).toBe(createHmac('sha256', secret).update(prefix, 'latin1').update(body).digest(encoding))
  }), { numRuns: 1_000 })
})

test.each([65_536 - 64 - 3, 65_536 - 64 - 2, 200_000])('signs a body of %d bytes as the runtime does', (length) => {
  const [secret, body] = [Buffer.from('secret'), Buffer.alloc(length, 'x')]
  expect(new MacKey(secret).sign('17.', body, 'hex')).toBe(createHmac('sha256', secret).update('17.').update(body).digest('hex'))
})

test('the test vector of RFC 4231, case 2', () => {
  expect(new MacKey(Buffer.from('Jefe')).sign('', Buffer.from('what do ya want for nothing?'), 'hex')).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
})
