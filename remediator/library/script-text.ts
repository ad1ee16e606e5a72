/**
 * Texts of scripts without what is not code, so that a rule about code is not set off by a comment or a message. Every view has the length and the lines of the original, with blanks
 * in place of what was taken out.
 */

/** Views of one script. */
export interface ScriptViews {
  /** All of it. */
  readonly whole: string
  /** Without comments. */
  readonly bare: string
  /** Without comments and texts in single quotes. */
  readonly code: string
  /** Without comments and any text in quotes; what is called inside of one, `"$(…)"`, stays. */
  readonly plain: string
}

type Kind = 'code' | 'comment' | 'single' | 'double'

/** Views of a POSIX shell script. Good enough for rules that look, not for running it: here-documents count as code. */
export function shellViews(text: string): ScriptViews {
  const kinds = new Array<Kind>(text.length).fill('code')
  // One entry a level: `"` is a text, a number counts the brackets that are open in a `$(…)`.
  const levels: ('"' | number)[] = [0]
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    const level = levels.at(-1)
    if (char === '\\') {
      if (level === '"') kinds.fill('double', at, at + 2)
      at++
    } else if (char === '$' && text[at + 1] === '(') {
      levels.push(0)
      at++
    } else if (level === '"') {
      if (char === '"') levels.pop()
      else kinds[at] = 'double'
    } else if (char === '"') levels.push('"')
    else if (char === "'") at = mark(kinds, 'single', at + 1, text.indexOf("'", at + 1), text.length)
    else if (char === '#' && isWordStart(text[at - 1])) at = mark(kinds, 'comment', at, text.indexOf('\n', at), text.length)
    else if (char === '(') levels[levels.length - 1] = (level ?? 0) + 1
    else if (char === ')' && level === 0 && levels.length > 1) levels.pop()
    else if (char === ')' && level !== undefined && level > 0) levels[levels.length - 1] = level - 1
  }
  return views(text, kinds)
}

/** Views of a PowerShell script. */
export function powershellViews(text: string): ScriptViews {
  const kinds = new Array<Kind>(text.length).fill('code')
  const levels: ('"' | '@' | number)[] = [0]
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    const level = levels.at(-1)
    const isText = level === '"' || level === '@'
    if (char === '`') {
      if (isText) kinds.fill('double', at, at + 2)
      at++
    } else if (isText && char === '$' && text[at + 1] === '(') {
      levels.push(0)
      at++
    } else if (level === '@') {
      if (text.startsWith('\n"@', at)) {
        levels.pop()
        at += 2
      } else kinds[at] = 'double'
    } else if (level === '"') {
      if (char === '"' && text[at + 1] === '"') {
        kinds.fill('double', at, at + 2)
        at++
      } else if (char === '"') levels.pop()
      else kinds[at] = 'double'
    } else if (text.startsWith("@'\n", at)) at = mark(kinds, 'single', at + 2, text.indexOf("\n'@", at + 2), text.length) + 2
    else if (text.startsWith('@"\n', at)) {
      levels.push('@')
      at++
    } else if (char === '"') levels.push('"')
    else if (char === "'") at = mark(kinds, 'single', at + 1, text.indexOf("'", at + 1), text.length)
    else if (text.startsWith('<#', at)) at = mark(kinds, 'comment', at, text.indexOf('#>', at + 2) + 2, text.length)
    else if (char === '#' && isWordStart(text[at - 1])) at = mark(kinds, 'comment', at, text.indexOf('\n', at), text.length)
    else if (char === '(') levels[levels.length - 1] = (level ?? 0) + 1
    else if (char === ')' && level === 0 && levels.length > 1) levels.pop()
    else if (char === ')' && level !== undefined && level > 0) levels[levels.length - 1] = level - 1
  }
  return views(text, kinds)
}

/** Line of a place in a text, from 1. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}

const isWordStart = (before: string | undefined): boolean => before === undefined || /[\s;(){}|&]/.test(before)

/** Marks up to an end; where there is none (-1, or 1 of a sum with it) to the end of the text. Returns the place of the end. */
function mark(kinds: Kind[], kind: Kind, from: number, end: number, length: number): number {
  const to = end < from ? length : end
  kinds.fill(kind, from, to)
  return to
}

function views(text: string, kinds: readonly Kind[]): ScriptViews {
  const without = (...gone: readonly Kind[]) => text.replace(/[^\n]/g, (char, at: number) => (gone.includes(kinds[at] ?? 'code') ? ' ' : char))
  return { whole: text, bare: without('comment'), code: without('comment', 'single'), plain: without('comment', 'single', 'double') }
}
