import { expect, test } from 'vitest'
import { cursorNumber, decodeCursor, encodeCursor, PARTITION_MAX } from './sql.ts'

test('a number of a cursor is read as it was written', () => {
  const [ms, partition, version] = decodeCursor(encodeCursor(`1760000000000:${PARTITION_MAX}:${Number.MAX_SAFE_INTEGER}`), 'string').split(':')
  expect([cursorNumber(ms), cursorNumber(partition, PARTITION_MAX), cursorNumber(version)]).toEqual([1_760_000_000_000, PARTITION_MAX, Number.MAX_SAFE_INTEGER])
})

test.each([undefined, '', '-1', '1.5', '1e3', 'Infinity', 'NaN', ' 1', '0x10', '9007199254740993', '99999999999999999999'])('%j is no number of a cursor', (text) => {
  expect(() => cursorNumber(text)).toThrow(expect.objectContaining({ code: 'bad_request' }))
})

test('a partition has its own bound', () => {
  expect(() => cursorNumber(String(PARTITION_MAX + 1), PARTITION_MAX)).toThrow(expect.objectContaining({ code: 'bad_request' }))
})
