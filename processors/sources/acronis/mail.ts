import { makeAlert, reject } from '../build.ts'
import { firstText } from '../json.ts'
import { readMarks } from '../marks.ts'
import type { Normalised } from '../source.ts'
import { severityFrom, statusFrom, STATUS_WORDS, type SeverityTable } from '../words.ts'

const LINES_MAX = 60

/** Reads a notification that was sent as a mail and forwarded: a subject, and lines such as `Device: fs-1` and `Severity: Critical` in the text. */
export function readMail(source: string, element: unknown, path: string, severities: SeverityTable): Normalised {
  const subject = firstText(element, 'subject', 'title', 'Subject')
  const text = firstText(element, 'text', 'body', 'plain', 'body_plain', 'body-plain', 'message', 'description')
  if (subject === null && text === null) return [reject(path, 'neither an alert (id, type, severity) nor a mail (subject, text); post the alert as the API gives it')]
  const lines = linesOf(text)
  const line = (...names: readonly string[]): string | null => names.map((name) => lines.get(name)).find((value) => value !== undefined) ?? null
  const marks = readMarks(subject)
  const word = line('status', 'state')
  return [
    makeAlert({
      source,
      externalId: line('alert id', 'id'),
      asset: line('device', 'machine', 'workload', 'resource', 'computer', 'host', 'server'),
      signature: line('alert', 'alert type', 'type', 'alert name') ?? marks.text,
      severity: severityFrom(severities, line('severity', 'alert severity')),
      status: word === null ? (marks.status ?? 'firing') : statusFrom(STATUS_WORDS, word),
      title: subject,
      message: text,
      // Times in mails are the reader's own, without a zone.
      startsAtMs: null,
      labels: [['tenant', line('customer', 'tenant', 'unit', 'account')], ['plan', line('plan', 'plan name', 'protection plan')], ['category', line('category')]],
    }),
  ]
}

function linesOf(text: string | null): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const raw of (text ?? '').slice(0, 8_192).split('\n', LINES_MAX)) {
    const colon = raw.indexOf(':')
    const name = raw.slice(0, Math.max(colon, 0)).trim().toLowerCase()
    const value = raw.slice(colon + 1).trim()
    if (name !== '' && name.length <= 40 && value !== '' && !values.has(name)) values.set(name, value)
  }
  return values
}
