import { createHash } from 'node:crypto'

/** A text cut to a limit, and whether anything was lost. */
export interface Bounded {
  readonly text: string
  readonly truncated: boolean
}

/** One line of at most `max` UTF-16 units: a run of line breaks, tabs and control characters becomes one space; spaces stay as they are. */
export function oneLine(text: string, max: number): Bounded {
  // Cut before cleaning, so that cost follows the limit and not the text; cleaning can only shrink it.
  const window = text.slice(0, max * 4)
  const clean = window.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim()
  return { text: cut(clean, max), truncated: clean.length > max || text.length > window.length }
}

/** Several lines of at most `max` UTF-16 units: control characters other than line break and tab are dropped. */
export function manyLines(text: string, max: number): Bounded {
  const window = text.slice(0, max * 2)
  const clean = window.replace(/\r\n?/g, '\n').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '').trim()
  return { text: cut(clean, max), truncated: clean.length > max || text.length > window.length }
}

/** An id of at most `max` UTF-16 units. A longer one ends in the SHA-256 of the whole, so that two ids never become one. */
export function boundedId(id: string, max: number): string {
  const trimmed = id.trim().toWellFormed()
  if (trimmed.length <= max) return trimmed
  return `${cut(trimmed, max - 65)}~${createHash('sha256').update(trimmed).digest('hex')}`
}

/** Lower-case words joined by hyphens: `Example Tool 2` is `example-tool-2`; empty when there is nothing to keep. */
export function slug(text: string): string {
  return text.slice(0, 200).toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 64)
}

function cut(text: string, max: number): string {
  // A cut may split a surrogate pair, and hostile bodies hold lone halves.
  return text.slice(0, max).toWellFormed()
}
