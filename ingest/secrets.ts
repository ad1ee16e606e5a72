import { hash, timingSafeEqual } from 'node:crypto'

/** Whether a text is one of the secrets. Their digests are compared, so the time tells neither where they differ nor how long a secret is, and each is looked at. */
export function isOneOf(given: string | Buffer, secrets: readonly string[]): boolean {
  const digest = hash('sha256', given, 'buffer')
  let fits = false
  for (const secret of secrets) if (timingSafeEqual(digest, hash('sha256', secret, 'buffer'))) fits = true
  return fits
}

/** A header's value as the bytes that were sent: the runtime reads them as Latin-1, and a secret may be UTF-8. */
export function headerBytes(value: string): Buffer {
  return Buffer.from(value, 'latin1')
}

const MASK = '*'.charCodeAt(0)
const QUOTE = '"'.charCodeAt(0)
const AMPERSAND = '&'.charCodeAt(0)

/**
 * The body with these values blotted out, so that a secret which travels inside it reaches neither log nor people. Each value is looked for as JSON and
 * as a form write it, between their marks; lengths stay. The body itself is not changed.
 */
export function withoutSecrets(body: Buffer, values: readonly string[]): Buffer {
  let clean = body
  for (const value of new Set(values)) {
    if (value === '') continue
    for (const { open, text, closes } of forms(value)) {
      const needle = Buffer.from(`${open}${text}`)
      for (let at = clean.indexOf(needle); at >= 0; at = clean.indexOf(needle, at + 1)) {
        const end = at + needle.length
        if (!closes.includes(clean[end])) continue
        if (clean === body) clean = Buffer.from(body)
        clean.fill(MASK, at + open.length, end)
      }
    }
  }
  return withoutEscaped(clean, body, values)
}

const BACKSLASH = '\\'.charCodeAt(0)

/** The same for texts of JSON that write characters by number (`\u002B`), as many serialisers do with `+`, `&` or whatever is no ASCII. */
function withoutEscaped(clean: Buffer, body: Buffer, values: readonly string[]): Buffer {
  let result = clean
  if (!clean.includes('\\u')) return result
  const longest = 6 * Math.max(0, ...values.map((value) => value.length))
  for (let at = clean.indexOf(QUOTE); at >= 0;) {
    let end = at + 1
    while (end < clean.length && clean[end] !== QUOTE) end += clean[end] === BACKSLASH ? 2 : 1
    if (end >= clean.length) break
    const text = end - at - 1 <= longest ? clean.subarray(at, end + 1) : null
    if (text?.includes('\\u') === true && isOneText(text, values)) {
      if (result === body) result = Buffer.from(body)
      result.fill(MASK, at + 1, end)
    }
    at = clean.indexOf(QUOTE, end + 1)
  }
  return result
}

function isOneText(literal: Buffer, values: readonly string[]): boolean {
  try {
    const value: unknown = JSON.parse(literal.toString('utf8'))
    return typeof value === 'string' && value !== '' && values.includes(value)
  } catch (error) {
    // No text of JSON after all: the body is of another kind.
    if (error instanceof SyntaxError) return false
    throw error
  }
}

/** How a text may stand in a body: what comes before it, how it is written, and which bytes may follow (none: the end). */
function forms(value: string): readonly { readonly open: string; readonly text: string; readonly closes: readonly (number | undefined)[] }[] {
  const json = JSON.stringify(value).slice(1, -1)
  // Half a surrogate pair, which JSON can carry, is nothing that a form can.
  const form = encodeURIComponent(value.toWellFormed())
  const standardForm = new URLSearchParams([['', value]]).toString().slice(1)
  const asJson = [json, json.replaceAll('/', '\\/')].map((text) => ({ open: '"', text, closes: [QUOTE] }))
  // Some tools leave bare what they should escape; what would then read as the form's own marks is not looked for.
  const bare = /[&=]/.test(value) ? [] : [value]
  const forms = [form, form.replaceAll('%20', '+'), standardForm]
  const asForm = [...forms, ...forms.map((text) => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())), ...bare].map((text) => ({ open: '=', text, closes: [AMPERSAND, undefined] }))
  return [...asJson, ...asForm]
}
