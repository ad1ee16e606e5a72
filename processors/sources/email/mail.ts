import { Fields } from '../fields.ts'
import { at, firstText, isObject, listOf, textEntries, textOf } from '../json.ts'
import { SKIPPED_FILES } from '../parse-multipart.ts'
import { decodedWords, htmlText, mailTimeMs, rawMail } from './mime.ts'

/** One mail, as far as it is read. */
export interface Mail {
  readonly subject: string | null
  readonly text: string | null
  readonly sentAtMs: number | null
  /** The sender's domain; the address itself is a person's. */
  readonly domain: string | null
  readonly attachments: number
}

/** Characters of a text part that are read. */
const TEXT_MAX = 65_536

/**
 * The mail in what a gateway posts: SendGrid's Inbound Parse (fields, or the whole mail in `email`), Mailgun's routes, Postmark's inbound JSON,
 * CloudMailin's normalised JSON and multipart. Null where there is neither subject nor text.
 */
export function readMail(payload: unknown): Mail | null {
  if (!isObject(payload)) return null
  const raw = firstText(payload, 'email', 'body-mime')
  const whole = raw === null ? null : rawMail(raw.slice(0, TEXT_MAX * 4))
  const header = (name: string): string | null => whole?.headers.get(name) ?? headerOf(payload, name)
  const subject = firstText(payload, 'subject', 'Subject') ?? header('subject')
  const plain = firstText(payload, 'body-plain', 'TextBody', 'text', 'plain') ?? whole?.text ?? null
  const html = firstText(payload, 'html', 'HtmlBody', 'body-html')
  const text = plain ?? (html === null ? firstText(payload, 'stripped-text') : htmlText(html.slice(0, TEXT_MAX * 2)))
  if (subject === null && text === null) return null
  const from = firstText(payload, ['FromFull', 'Email'], 'sender', 'From', 'from', ['envelope', 'from'], 'envelope[from]') ?? header('from')
  return {
    subject: subject === null ? null : decodedWords(subject.slice(0, 4_096)),
    text: text?.slice(0, TEXT_MAX) ?? null,
    sentAtMs: mailTimeMs(firstText(payload, 'Date', 'date') ?? header('date') ?? firstText(payload, 'timestamp')),
    domain: /@([a-z0-9.-]{1,253})/i.exec((from ?? '').slice(0, 1_024))?.[1]?.toLowerCase() ?? null,
    attachments: Math.max(count(payload['attachments']), count(payload['attachment-count']), listOf(payload['Attachments']).length, listOf(payload['attachments']).length, count(payload[SKIPPED_FILES])),
  }
}

function count(value: unknown): number {
  const text = textOf(value)
  return text !== null && /^\d{1,4}$/.test(text) ? Number(text) : 0
}

/** A header where the gateway keeps them all: a text (SendGrid), `[[name, value]]` (Mailgun), `[{Name, Value}]` (Postmark), an object or `headers[name]` (CloudMailin). */
function headerOf(payload: unknown, name: string): string | null {
  const headers = at(payload, 'headers')
  if (typeof headers === 'string') return rawMail(`${headers.slice(0, TEXT_MAX)}\n\n`).headers.get(name) ?? null
  if (isObject(headers)) return new Fields(Object.fromEntries(textEntries(headers).slice(0, 200))).path(name)
  for (const entry of listOf(at(payload, 'Headers')).slice(0, 200)) if (textOf(at(entry, 'Name'))?.toLowerCase() === name) return textOf(at(entry, 'Value'))
  return firstText(payload, `headers[${name}]`, `headers[${name.slice(0, 1).toUpperCase()}${name.slice(1)}]`)
}
