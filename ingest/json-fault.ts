/**
 * Where a text stops being JSON. The runtime's own message names a place only sometimes and quotes the body, which may hold secrets; this
 * reads the text again, only after it has failed, and says the place in our words. No recursion: hostile nesting costs memory in proportion.
 */

/** A place in a text: position from 0 in UTF-16 units, line and column from 1. */
export interface JsonFault {
  readonly what: string
  readonly position: number
  readonly line: number
  readonly column: number
}

const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /true|false|null/y

/** What may come next. */
type Expect = 'value' | 'value or ]' | 'name or }' | 'name' | ':' | ', or ]' | ', or }' | 'end'

/** What may close the innermost array or object here. */
const CLOSING: Readonly<Partial<Record<Expect, string>>> = { 'value or ]': ']', ', or ]': ']', 'name or }': '}', ', or }': '}' }

/** The first fault; for text that is JSON after all, its end. */
export function findJsonFault(text: string): JsonFault {
  const open: ('[' | '{')[] = []
  let expect = 'value' as Expect
  let at = 0
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    if (!pattern.test(text)) return false
    const isMoved = pattern.lastIndex > at
    at = pattern.lastIndex
    return isMoved
  }
  const afterValue = (): Expect => (open.length === 0 ? 'end' : open.at(-1) === '[' ? ', or ]' : ', or }')
  for (;;) {
    while (isSpace(text.charCodeAt(at))) at += 1
    const char = text[at]
    if (char === undefined) return fault(text, at, expect === 'end' ? 'nothing wrong' : 'the text ends too early')
    if (expect === 'end') return fault(text, at, 'something follows the end')
    if (char === CLOSING[expect]) {
      at += 1
      open.pop()
      expect = afterValue()
    } else if (expect === ', or ]' || expect === ', or }') {
      if (char !== ',') return fault(text, at, `expected ${expect}`)
      at += 1
      expect = expect === ', or ]' ? 'value' : 'name'
    } else if (expect === ':') {
      if (char !== ':') return fault(text, at, 'expected :')
      at += 1
      expect = 'value'
    } else if (char === '"') {
      const isName = expect === 'name' || expect === 'name or }'
      skip(STRING)
      if (text[at] !== '"') return fault(text, at, at >= text.length ? 'a text has no end' : 'a text holds a character that must be escaped')
      at += 1
      expect = isName ? ':' : afterValue()
    } else if (expect === 'name' || expect === 'name or }') {
      return fault(text, at, `expected a ${expect}`)
    } else if (char === '[' || char === '{') {
      at += 1
      open.push(char)
      expect = char === '[' ? 'value or ]' : 'name or }'
    } else if (skip(WORD) || skip(NUMBER)) {
      expect = afterValue()
    } else {
      return fault(text, at, 'expected a value')
    }
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

function fault(text: string, position: number, what: string): JsonFault {
  let line = 1
  let lineStart = 0
  for (let newline = text.indexOf('\n'); newline >= 0 && newline < position; newline = text.indexOf('\n', newline + 1)) {
    line += 1
    lineStart = newline + 1
  }
  return { what, position, line, column: position - lineStart + 1 }
}
