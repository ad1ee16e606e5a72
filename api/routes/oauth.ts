import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PAGE_POLICY, PAGE_STYLE, leavingPage, toldPage } from '../approval-page.ts'
import { AppError } from '../../schemas/errors.ts'
import type { RouteContext } from '../context.ts'
import { WindowThrottle } from '../window-throttle.ts'

const tags = ['connections']
const PAGE = { type: 'string', description: 'a page' }
const POLICY = PAGE_POLICY.replace('STYLE', createHash('sha256').update(PAGE_STYLE).digest('base64'))
const KEY = /^[\w-]{43}$/
const CODE_CHARS = 4_096
const SAID_CHARS = 1_000
/** Visits from one address in a minute: people come once, and nobody shall try states out. */
const VISITS_MAX = 60

/** A parameter that comes once, as text of some length; anything else is as good as absent. */
const once = (value: unknown, most: number): string | undefined => (typeof value === 'string' && value !== '' && value.length <= most ? value : undefined)

/** What a browser keeps of an address it opened; one for each, for several may be open. */
const COOKIE = 'aw_sign_in_'
const COOKIES_MAX = 20
const cookieOf = (key: string): string => `${COOKIE}${createHash('sha256').update(key).digest('hex').slice(0, 12)}`

/** Cookies of ours that came, by name; others and what is none are left aside. */
function cookiesOf({ headers: { cookie = '' } }: FastifyRequest): ReadonlyMap<string, string> {
  const pairs = cookie.split(';').map((pair) => pair.trim().split('=', 2) as [string, string?]).filter((pair): pair is [string, string] => pair[0].startsWith(COOKIE) && KEY.test(pair[1] ?? ''))
  return new Map(pairs.slice(0, COOKIES_MAX))
}

/** Where a person begins to agree, and where the browser comes back to after somebody agreed at a vendor's. Nothing but the state, which we gave and take once, and the cookie say whose it is. */
export function oauthRoutes(app: FastifyInstance, { connections, clock }: RouteContext): void {
  const throttle = new WindowThrottle(clock, 60_000)
  const page = (reply: FastifyReply, status: number, html: string): FastifyReply => reply.code(status).headers({ 'content-security-policy': POLICY, 'x-robots-tag': 'noindex' }).type('text/html; charset=utf-8').send(html)
  /** Answers whoever comes too often; false: go on. */
  const isTooOften = (request: FastifyRequest, reply: FastifyReply): boolean => {
    try {
      throttle.take([[request.ip, VISITS_MAX]])
      return false
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'rate_limited') throw thrown
      void page(reply, 429, toldPage('Too many visits', 'Wait a minute, then open the address again.'))
      return true
    }
  }

  app.get<{ Querystring: Record<string, unknown> }>('/api/oauth/agree', {
    // Who only looks, as previews of links do, must not use the address up.
    config: { access: 'public' }, exposeHeadRoute: false,
    schema: { tags, summary: 'What is about to be connected and for whom, with the way to the vendor; binds the sign-in to this browser with a cookie', querystring: { type: 'object', additionalProperties: true }, response: { 200: PAGE, 400: PAGE, 429: PAGE } },
  }, async (request, reply) => {
    if (isTooOften(request, reply)) return reply
    const key = once(request.query['key'], 43)
    if (key === undefined || !KEY.test(key)) return page(reply, 400, toldPage('Nothing to connect', 'This is no whole address of a sign-in: open the one that aw connect prints.'))
    const kept = cookiesOf(request).get(cookieOf(key))
    const found = await connections.agree({ key, ...(kept === undefined ? {} : { browser: kept }) })
    if (!('url' in found)) return page(reply, 400, toldPage(found.title, found.text))
    const { value, isSecure, seconds } = found.browser
    // Lax: the vendor's redirect is a visit from another site.
    void reply.header('set-cookie', `${cookieOf(key)}=${value}; Path=/api/oauth; Max-Age=${seconds}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`)
    return page(reply, 200, leavingPage(found.title, found.text, found.url))
  })

  app.get<{ Querystring: Record<string, unknown> }>('/api/oauth/callback', {
    config: { access: 'public' }, exposeHeadRoute: false,
    // Vendors add parameters of their own, and a strange one must not keep a person from the page that says what happened.
    schema: { tags, summary: 'Where a vendor sends the browser back to; a page that says what happened', querystring: { type: 'object', additionalProperties: true }, response: { 200: PAGE, 400: PAGE, 429: PAGE } },
  }, async (request, reply) => {
    if (isTooOften(request, reply)) return reply
    const { query } = request
    const [state, code, error, errorDescription] = [once(query['state'], 43), once(query['code'], CODE_CHARS), once(query['error'], SAID_CHARS), once(query['error_description'], SAID_CHARS)]
    const { ok, title, text } = await connections.callback({
      browsers: [...cookiesOf(request).values()],
      ...(state === undefined || !KEY.test(state) ? {} : { state }), ...(code === undefined ? {} : { code }), ...(error === undefined ? {} : { error }), ...(errorDescription === undefined ? {} : { errorDescription }),
    })
    return page(reply, ok ? 200 : 400, toldPage(title, text))
  })
}
