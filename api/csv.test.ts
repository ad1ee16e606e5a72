import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseCsv } from './csv.ts'

const rowsOf = (text: string) => parseCsv(text).rows.map((row) => row.fields)

test.each([
  ['plain rows, with and without a last line end', 'a,b\n1,2', [['a', 'b'], ['1', '2']]], ['Windows line ends', 'a,b\r\n1,2\r\n', [['a', 'b'], ['1', '2']]],
  ['quotes around commas, quotes and line ends', '"a,1","say ""hi""","two\nlines"\n', [['a,1', 'say "hi"', 'two\nlines']]], ['empty fields', ',a,\n', [['', 'a', '']]],
  ['an empty field at the very end', 'a,', [['a', '']]], ['a byte order mark and empty lines', '\uFEFFa\n\n\nb\n', [['a'], ['b']]], ['nothing', '', []],
])('reads %s', (_what, text, rows) => {
  expect(rowsOf(text)).toEqual(rows)
  expect(parseCsv(text).mistake).toBeNull()
})

test('counts lines inside quoted fields, so that a row is named by the line it starts on', () => {
  expect(parseCsv('"a\nb",1\nc,2\n').rows.map((row) => row.line)).toEqual([1, 3])
})

test.each([['"open', 1, 'never closed'], ['a\n"b"c\n', 2, 'after the closing quote'], ['a\nb"c\n', 2, 'a quote inside']])('tells what is wrong with %j and where', (text, line, message) => {
  const { mistake } = parseCsv(text)
  expect(mistake?.line).toBe(line)
  expect(mistake?.message).toContain(message)
})

test('reads back whatever was written by the rules', () => {
  const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'é') })
  const table = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 5 })
  fc.assert(fc.property(table, (rows) => {
    const text = rows.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(',')).join('\r\n')
    expect(rowsOf(text)).toEqual(rows)
  }))
})

test('ends on any text', () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r') }), (text) => { parseCsv(text) }))
})
