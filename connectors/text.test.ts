import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cut, escapeHtml, oneLine, plainText, referenceIn, tokensIn, withToken } from './text.ts'

describe('text for ticket systems', () => {
  it('never lets a character of markup through', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(escapeHtml(text).replaceAll('<br>\n', '').replace(/&(amp|lt|gt|quot|#39);/g, '')).not.toMatch(/[<>"'&]/)
    }))
  })

  it('gives back what it escaped', () => {
    expect(plainText(escapeHtml('a <b>&amp; "c"\n\'d\''))).toBe('a <b>&amp; "c"\n\'d\'')
  })

  it.each([
    ['<p>one</p><p>two &eacute; &#233; &#x41;</p>', 'one\ntwo &eacute; é A'],
    ['<script>alert(1)</script>gone<br/>next', 'gone\nnext'],
    ['&#99999999; stays', '&#99999999; stays'],
    ['none that no database keeps: &#0;&#xD800;&#57343;', 'none that no database keeps: \ufffd\ufffd\ufffd'],
    ['<<b>a < b</b>', '<a < b'],
    ['<script>one<script>two</script>three', 'onethree'],
  ])('reads %s as text', (html, text) => {
    expect(plainText(html)).toBe(text)
  })

  it.each(['<', '<script', '<script>', '<style><script ', '</script', '<br', '&#', '<a '])('reads a comment of nothing but %s in a time that grows as it does', (unit) => {
    // In a time that grows with its square this would take an hour.
    expect(typeof runInNewContext('read(text)', { read: plainText, text: unit.repeat(4_000_000 / unit.length) }, { timeout: 60_000 })).toBe('string')
  })

  it('cuts visibly, never beyond the limit and never half a character', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.integer({ min: 20, max: 100 }), (text, max) => {
      const short = cut(text, max)
      expect(short.length).toBeLessThanOrEqual(max)
      expect(short === text || short.endsWith(' … [cut]')).toBe(true)
      if (text.isWellFormed()) expect(short.isWellFormed()).toBe(true)
    }))
  })

  it('makes one line of a title', () => {
    expect(oneLine('disk\r\nBcc: all\u0000\u2028x', 100)).toBe('disk Bcc: all x')
  })

  it('keeps the token of a note however long the text is, and finds it again in text and HTML', () => {
    const note = withToken('x'.repeat(1_000), 'aw-n-1', 100)
    expect(note).toHaveLength(100)
    expect(note.endsWith('\n\n[aw-n-1]')).toBe(true)
    expect([...tokensIn([escapeHtml(note), 'other'], ['aw-n-1', 'aw-n-2'])]).toEqual(['aw-n-1'])
  })

  it('finds our reference in a title and takes nothing else for one', () => {
    expect(referenceIn('[AW-0123456789AB] disk full')).toBe('AW-0123456789AB')
    expect(referenceIn('[AW-123] LAW-0123456789AB0')).toBeNull()
  })
})
