import type { PrintedAlert } from '../../schemas/alert.ts'
import type { NormalisedAlert, Rejected } from './source.ts'
import { parseBody } from './parse.ts'
import { adapterFor } from './registry.ts'

/** The outward form of an alert: `unknown` and `no_data` become null. */
export function toPrinted(alert: NormalisedAlert): PrintedAlert {
  const { source, externalId, asset, signature, title, labels } = alert
  const severity = alert.severity === 'unknown' ? null : alert.severity
  const status = alert.status === 'unknown' || alert.status === 'no_data' ? null : alert.status
  const startsAt = alert.startsAtMs === null ? null : new Date(alert.startsAtMs).toISOString()
  return { source, externalId, asset, signature, severity, status, startsAt, title, labels }
}

/** What the command line prints for a body: alerts, and apart from them the elements that could not be read. */
export interface PrintedDelivery {
  readonly alerts: readonly PrintedAlert[]
  readonly rejected: readonly Rejected['rejected'][]
}

/** Reads a body as the pipeline would. Without a content type it is guessed from the first character. Throws `payload_invalid` like `parseBody`. */
export function normaliseForPrint(source: string, body: Buffer, contentType = guessedType(body)): PrintedDelivery {
  const payload = parseBody(body, contentType)
  const alerts: PrintedAlert[] = []
  const rejected: Rejected['rejected'][] = []
  for (const one of adapterFor(source).normalise(payload, { contentType, headers: {}, receivedAtMs: 0 })) {
    if ('rejected' in one) rejected.push(one.rejected)
    else alerts.push(toPrinted(one))
  }
  return { alerts, rejected }
}

/** A form is one line of `name=value`, XML and multipart forms say that they are, protobuf has bytes that no text has; everything else is plain text, which may hold JSON. */
export function guessedType(body: Buffer): string {
  const window = body.subarray(0, 256)
  if (window[0] === 0x0a && window.some((byte) => byte < 0x09 || (byte > 0x0d && byte < 0x20))) return 'application/x-protobuf'
  const start = window.toString('utf8').trimStart()
  const boundary = /^--([^"\r\n]{1,200})\r?\nContent-Disposition: form-data/i.exec(start)?.[1]
  if (boundary !== undefined) return `multipart/form-data; boundary="${boundary}"`
  if (start.startsWith('<?xml')) return 'text/xml'
  return /^[\w.[\]%+-]{1,100}=/.test(start) ? 'application/x-www-form-urlencoded' : 'text/plain'
}
