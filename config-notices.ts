/** The part of the configuration that is about telling people: where mail goes out, and what addresses of ours look like from outside. Read by config.ts. */
import type { Readers, Secret } from './config-reading.ts'

/** Names of our own about notices. */
export const NOTICE_NAMES: readonly string[] = ['AW_PUBLIC_URL', 'AW_SMTP_URL', 'AW_MAIL_FROM']

/** How people are told. */
export interface NoticeSettings {
  /** Base of the addresses people are given, without a slash at the end; null: as the request came, and AW_URL where there is none. */
  readonly publicUrl: string | null
  /** Null: no mail is sent. */
  readonly mail: { readonly url: Secret; readonly from: string } | null
}

const ADDRESS = /^(?:[^<>@\r\n]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/

/** Reads it. */
export function readNotices({ text, url, secret, mistake }: Readers): NoticeSettings {
  const publicUrl = url('AW_PUBLIC_URL', ['http:', 'https:'])?.replace(/\/+$/, '') ?? null
  const server = secret(url('AW_SMTP_URL', ['smtp:', 'smtps:']))
  const from = text('AW_MAIL_FROM')
  if (from !== null && !ADDRESS.test(from)) mistake(`AW_MAIL_FROM: an address such as alerts@example.com or Alert Whisperer <alerts@example.com>, not "${from}"`)
  if ((server === null) !== (from === null)) mistake(server === null ? 'AW_SMTP_URL: needed with AW_MAIL_FROM' : 'AW_MAIL_FROM: needed with AW_SMTP_URL')
  if (server !== null && publicUrl === null) mistake('AW_PUBLIC_URL: needed with AW_SMTP_URL, so that links in mails lead here')
  return { publicUrl, mail: server === null || from === null ? null : { url: server, from } }
}
