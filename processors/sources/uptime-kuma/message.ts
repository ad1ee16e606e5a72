import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert } from '../build.ts'
import { firstText, textOf } from '../json.ts'
import type { Normalised } from '../source.ts'
import { recognise } from '../unknown/recognise.ts'

/** A message is at most this long before its parts are looked for. */
const MESSAGE_WINDOW = 4_096

/** True for the reminder `[name][url] server certificate cn will expire in 7 days`. */
export function isCertificateMessage(text: string | null): boolean {
  const window = (text ?? '').slice(0, MESSAGE_WINDOW)
  return window.includes('certificate') && window.includes('will expire in')
}

/** The domain of the reminder `Domain name example.com will expire in 7 days`; null for every other text. */
function expiringDomain(text: string | null): string | null {
  return /^Domain name (\S{1,253}) will expire in/.exec((text ?? '').slice(0, 512))?.[1] ?? null
}

/**
 * Reads a notification without monitor and heartbeat: the reminder about a certificate or a domain, the test (`My webhook Testing`), or a
 * custom body of the template variables msg, name, status and hostnameOrURL.
 */
export function readMessage(body: unknown, path: string): Normalised {
  const message = (firstText(body, 'msg', 'message', 'text', 'Body', 'body', 'content', 'summary', 'description') ?? textOf(body))?.slice(0, MESSAGE_WINDOW) ?? null
  const told = firstText(body, 'status') ?? stateIn(message)
  if (message !== null && (message.endsWith(' Testing') || told?.toLowerCase().endsWith('test') === true)) return []
  const domain = expiringDomain(message)
  const isCertificate = isCertificateMessage(message)
  const name = domain === null ? (firstText(body, 'name', 'monitor', 'monitorName') ?? nameIn(message)) : `Domain name ${domain}`
  const asset = domain ?? firstText(body, 'hostnameOrURL', 'url', 'hostname') ?? addressIn(message)
  if (name === null && asset === null) return recognise(body, 'uptime-kuma', path)
  return [
    makeAlert({
      source: 'uptime-kuma',
      externalId: null,
      asset,
      signature: isCertificate ? `${name ?? asset} certificate` : name,
      severity: 'unknown',
      status: isCertificate || domain !== null ? 'firing' : statusOf(told),
      title: message ?? name,
      message,
      startsAtMs: null,
      labels: [],
    }),
  ]
}

/** `{{ status }}` is the word with a sign before it: `🔴 Down`, `✅ Up`. */
function statusOf(text: string | null): AlertStatus {
  const word = (text ?? '').slice(0, 64).trim().toLowerCase()
  if (word.endsWith('down')) return 'firing'
  return word.endsWith('up') ? 'resolved' : 'unknown'
}

/** The name in `[name] [🔴 Down] text` and `[name][url] text`. */
function nameIn(message: string | null): string | null {
  if (message === null || !message.startsWith('[')) return null
  const ends = [message.indexOf('] ['), message.indexOf('][')].filter((index) => index > 1)
  return ends.length === 0 ? null : message.slice(1, Math.min(...ends)).trim() || null
}

function stateIn(message: string | null): string | null {
  return between(message, '] [')
}

function addressIn(message: string | null): string | null {
  return between(message, '][')
}

function between(message: string | null, start: string): string | null {
  const from = message?.startsWith('[') === true ? message.indexOf(start) : -1
  if (message === null || from < 0) return null
  const to = message.indexOf(']', from + start.length)
  return to < 0 ? null : message.slice(from + start.length, to).trim() || null
}
