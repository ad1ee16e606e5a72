import type { AlertStatus, Severity } from '../../schemas/records.ts'
import * as limits from './limits.ts'
import type { NormalisedAlert, Rejected } from './source.ts'
import { boundedId, manyLines, oneLine } from './text.ts'

/** What an adapter found, before limits. */
export interface Draft {
  readonly source: string
  readonly externalId: string | null
  readonly asset: string | null
  readonly signature: string | null
  readonly severity: Severity
  readonly status: AlertStatus
  /** Null where the vendor has none: the signature, else the message, stands in. */
  readonly title: string | null
  readonly message: string | null
  readonly startsAtMs: number | null
  /** Later names win over earlier ones of the same name. */
  readonly labels: Iterable<readonly [string, string | null]>
}

/** Brings a draft within the named limits. Whatever was cut is told by the label `truncated`. */
export function makeAlert(draft: Draft): NormalisedAlert {
  let truncated = false
  const line = (text: string | null, max: number): string | null => {
    if (text === null) return null
    const bounded = oneLine(text, max)
    truncated ||= bounded.truncated
    return bounded.text || null
  }
  const asset = line(draft.asset, limits.ASSET_MAX)
  const signature = line(draft.signature, limits.SIGNATURE_MAX)
  const message = manyLines(draft.message ?? '', limits.MESSAGE_MAX)
  truncated ||= message.truncated
  const title = line(draft.title, limits.TITLE_MAX) ?? signature ?? line(message.text, limits.TITLE_MAX) ?? line(`Alert from ${draft.source}${asset === null ? '' : ` on ${asset}`}`, limits.TITLE_MAX) ?? 'Alert'
  const externalId = draft.externalId === null ? null : boundedId(draft.externalId, limits.EXTERNAL_ID_MAX) || null
  const labels = boundedLabels(draft.labels)
  truncated ||= labels.truncated
  if (truncated) labels.entries.set('truncated', 'true')
  return {
    source: draft.source,
    externalId,
    asset,
    signature,
    severity: draft.severity,
    status: draft.status,
    title,
    message: message.text,
    startsAtMs: draft.startsAtMs,
    labels: Object.fromEntries(labels.entries),
  }
}

/** An element that cannot be read. `path` is a JSON pointer into the payload; the message says how to mend it. */
export function reject(path: string, message: string): Rejected {
  return { rejected: { code: 'payload_invalid', path, message } }
}

/** Runs `read` over at most ALERTS_MAX elements; what lies beyond is one Rejected that says how many. */
export function readEach(elements: readonly unknown[], path: string, read: (element: unknown, path: string) => readonly (NormalisedAlert | Rejected)[]): (NormalisedAlert | Rejected)[] {
  const out: (NormalisedAlert | Rejected)[] = []
  for (const [index, element] of elements.entries()) {
    for (const one of read(element, `${path}/${index}`)) {
      if (out.length >= limits.ALERTS_MAX) {
        out.push(reject(`${path}/${index}`, `${elements.length - index} elements beyond the first ${limits.ALERTS_MAX} alerts of a delivery are not read; send smaller batches`))
        return out
      }
      out.push(one)
    }
  }
  return out
}

function boundedLabels(source: Iterable<readonly [string, string | null]>): { entries: Map<string, string>; truncated: boolean } {
  const entries = new Map<string, string>()
  let truncated = false
  for (const [rawName, rawValue] of source) {
    if (rawValue === null) continue
    const name = oneLine(rawName, limits.LABEL_NAME_MAX)
    // A label of that name would be a trap for every reader that assigns it to an object.
    if (name.text === '' || name.text === '__proto__') continue
    const value = oneLine(rawValue, limits.LABEL_VALUE_MAX)
    if (value.text === '') continue
    // One place is kept free for `truncated`.
    if (!entries.has(name.text) && entries.size >= limits.LABELS_MAX - 1) {
      truncated = true
      break
    }
    truncated ||= name.truncated || value.truncated
    entries.set(name.text, value.text)
  }
  return { entries, truncated }
}
