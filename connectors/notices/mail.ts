/** Mail by SMTP through nodemailer. */
import { createTransport } from 'nodemailer'
import { NoticeError, plain, type Sender } from './port.ts'

/** Where mail goes out. */
export interface MailSettings {
  /** smtp:// or smtps://, with user and password where the server wants them. */
  readonly url: string
  /** Sender, as `Alert Whisperer <alerts@example.com>` or the address alone. */
  readonly from: string
}

const TIMEOUT_MS = 20_000
const html = (text: string): string => plain(text).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)

/** Sends to one address of mail. TLS is demanded of every server but one on this machine. */
export function mail({ url, from }: MailSettings): Sender {
  const server = new URL(url)
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(server.hostname)
  const transport = createTransport({
    host: server.hostname.replace(/^\[|\]$/g, ''), port: server.port === '' ? (server.protocol === 'smtps:' ? 465 : 587) : Number(server.port), secure: server.protocol === 'smtps:', requireTLS: server.protocol === 'smtp:' && !isHere,
    ...(server.username === '' ? {} : { auth: { user: decodeURIComponent(server.username), pass: decodeURIComponent(server.password) } }),
    connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS, disableFileAccess: true, disableUrlAccess: true,
  })
  return async (notice, address) => {
    const facts = notice.facts.map(([name, value]) => [plain(name, 60), plain(value)] as const)
    try {
      await transport.sendMail({
        from, to: { name: '', address }, subject: plain(notice.subject, 150),
        text: [plain(notice.summary), '', ...facts.map(([name, value]) => `${name}: ${value}`), '', `${notice.linkText}:`, notice.link, ''].join('\n'),
        html: `<p>${html(notice.summary)}</p><table>${facts.map(([name, value]) => `<tr><th align="left">${html(name)}</th><td>${html(value)}</td></tr>`).join('')}</table><p><a href="${html(notice.link)}">${html(notice.linkText)}</a></p>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
      })
    } catch (thrown) {
      throw mailError(thrown)
    }
  }
}

/** The server's own words may repeat the address or the login; only its number is told. */
function mailError(thrown: unknown): NoticeError {
  const { responseCode, code } = thrown as { responseCode?: number; code?: string }
  if (code === 'EAUTH') return new NoticeError('backoff', `the mail server refuses the login${responseCode === undefined ? '' : ` (${responseCode})`}: mend AW_SMTP_URL`)
  if (responseCode !== undefined && responseCode >= 500) return new NoticeError('never', `the mail server refuses it (${responseCode}): look at AW_MAIL_FROM and at the address of the user`)
  return new NoticeError('backoff', `the mail server could not be used${responseCode === undefined ? (code === undefined ? '' : ` (${code})`) : ` (${responseCode})`}`)
}
