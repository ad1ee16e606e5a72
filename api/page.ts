/** The small pages behind links in mails and chats, and what their forms send. They hold no script; everything that came from outside is escaped. */
import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

const FORM_BYTES = 16_384

const PAGE_STYLE = `:root { color-scheme: light dark; } body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
pre { overflow: auto; max-height: 24rem; padding: .8rem; border: 1px solid #8886; border-radius: 6px; font-size: .85rem; white-space: pre-wrap; overflow-wrap: anywhere; }
button { font: inherit; padding: .6rem 1.4rem; margin: 0 .6rem .6rem 0; border-radius: 6px; border: 1px solid #8886; cursor: pointer; } .yes { background: #0f766e; color: #fff; } .high { color: #c81e3a; font-weight: 600; }
textarea, select { font: inherit; width: 100%; box-sizing: border-box; } dt { color: #777; } dd { margin: 0 0 .5rem; overflow-wrap: anywhere; }`

const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(PAGE_STYLE).digest('base64')}'; base-uri 'none'`

/**
 * Answers with a page on which nothing is loaded and nothing runs. Its form may only come back to where it is from; with `leadsTo`, an origin, it may lead on from
 * there to that and to other sites over https, for browsers hold what a form is answered with to the same rule, and vendors send people on to hosts of their own.
 */
export function sendPage(reply: FastifyReply, status: number, html: string, leadsTo: string | null = null): FastifyReply {
  const goals = leadsTo === null ? "'self'" : `'self' ${leadsTo} https:`
  return reply.code(status).headers({ 'content-security-policy': `${POLICY}; form-action ${goals}; frame-ancestors 'none'`, 'x-robots-tag': 'noindex' }).type('text/html; charset=utf-8').send(html)
}

/** Reads what forms of pages send, on this part of the app alone. */
export function readForms(app: FastifyInstance): void {
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string', bodyLimit: FORM_BYTES }, (_request, content, done) => done(null, Object.fromEntries(new URLSearchParams(content.toString()))))
}

/** Whether a form was sent from a page of ours, which browsers say and no other site can have them say otherwise. `publicUrl` is where we are reached, null: as the request says. */
export function isOwnForm({ headers, host }: FastifyRequest, publicUrl: string | null): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin'
  // Over plain http, but on this machine, browsers tell the origin alone.
  const { origin } = headers
  if (origin === undefined || !URL.canParse(origin)) return false
  return new URL(origin).host === host || (publicUrl !== null && new URL(origin).origin === new URL(publicUrl).origin)
}

/** Text as HTML. */
export function escaped(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => `&#${character.codePointAt(0) ?? 0};`)
}

/** The page after a decision, or where there is none to make. */
export function toldPage(title: string, text: string): string {
  return pageOf(title, `<h1>${escaped(title)}</h1><p>${escaped(text)}</p><p><a href="/">To the console</a></p>`)
}

/** The page before somebody leaves for the vendor at `origin`; its button comes back to where the page is from. */
export function leavingPage(title: string, text: string, origin: string): string {
  return pageOf(title, `<h1>${escaped(title)}</h1><p>${escaped(text)}</p><form method="post"><button class="yes">Go on to ${escaped(new URL(origin).host)}</button></form>`)
}

/** A whole page; `main` is HTML. */
export function pageOf(title: string, main: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>${escaped(title)}</title><style>${PAGE_STYLE}</style></head><body>${main}</body></html>`
}
