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
  return clean
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
  const asForm = [form, form.replaceAll('%20', '+'), standardForm, ...bare].map((text) => ({ open: '=', text, closes: [AMPERSAND, undefined] }))
  return [...asJson, ...asForm]
}
