import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isOwnForm, leavingPage, readForms, sendPage, toldPage } from '../page.ts'
import { AppError } from '../../schemas/errors.ts'
import type { RouteContext } from '../context.ts'
import { WindowThrottle } from '../window-throttle.ts'

const tags = ['connections']
const PAGE = { type: 'string', description: 'a page' }
const KEY = /^[\w-]{43}$/
const NO_ADDRESS = toldPage('Nothing to connect', 'This is no whole address of a sign-in: open the one that aw connect prints.')
const CODE_CHARS = 4_096
const SAID_CHARS = 1_000
/** Visits from one address in a minute: people come once, and nobody shall try states out. */
const VISITS_MAX = 60

/** A parameter that comes once, as text of some length; anything else is as good as absent. */
const once = (value: unknown, most: number): string | undefined => (typeof value === 'string' && value !== '' && value.length <= most ? value : undefined)

/** What a browser keeps of an address it looked at; one for each, for several may be open. */
const COOKIE = 'aw_sign_in_'
const COOKIES_MAX = 20
const cookieOf = (key: string): string => `${COOKIE}${createHash('sha256').update(key).digest('hex').slice(0, 12)}`

/** Cookies of ours that came, by name; others and what is none are left aside. */
function cookiesOf({ headers: { cookie = '' } }: FastifyRequest): ReadonlyMap<string, string> {
  const pairs = cookie.split(';').map((pair) => pair.trim().split('=', 2) as [string, string?]).filter((pair): pair is [string, string] => pair[0].startsWith(COOKIE) && KEY.test(pair[1] ?? ''))
  return new Map(pairs.slice(0, COOKIES_MAX))
}

interface Opened { Querystring: Record<string, unknown> }
const QUERY = { type: 'object', additionalProperties: true }

/** Where a person begins to agree, and where the browser comes back to after somebody agreed at a vendor's. Nothing but the state, which we gave and take once, and the cookie say whose it is. */
export function oauthRoutes(app: FastifyInstance, { connections, clock, publicUrl }: RouteContext): void {
  const throttle = new WindowThrottle(clock, 60_000)
  /** Answers whoever comes too often; false: go on. */
  const isTooOften = (request: FastifyRequest, reply: FastifyReply): boolean => {
    try {
      throttle.take([[request.ip, VISITS_MAX]])
      return false
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'rate_limited') throw thrown
      void sendPage(reply, 429, toldPage('Too many visits', 'Wait a minute, then open the address again.'))
      return true
    }
  }
  /** The key of the address, and what the browser kept of it. */
  const visitOf = (request: FastifyRequest<Opened>): { readonly key: string; readonly browser?: string } | null => {
    const key = once(request.query['key'], 43)
    if (key === undefined || !KEY.test(key)) return null
    const browser = cookiesOf(request).get(cookieOf(key))
    return { key, ...(browser === undefined ? {} : { browser }) }
  }

  app.get<Opened>('/api/oauth/agree', {
    config: { access: 'public' },
    schema: { tags, summary: 'What is about to be connected and for whom, with a button. Looking at it changes nothing', querystring: QUERY, response: { 200: PAGE, 400: PAGE, 429: PAGE } },
  }, async (request, reply) => {
    if (isTooOften(request, reply)) return reply
    const visit = visitOf(request)
    if (visit === null) return sendPage(reply, 400, NO_ADDRESS)
    const found = await connections.offer(visit)
    if (!('origin' in found)) return sendPage(reply, 400, toldPage(found.title, found.text))
    const { value, isSecure, seconds } = found.browser
    // Lax: the vendor's redirect is a visit from another site. The form's own request has to say where it is from.
    void reply.headers({ 'set-cookie': `${cookieOf(visit.key)}=${value}; Path=/api/oauth; Max-Age=${seconds}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`, 'referrer-policy': 'same-origin' })
    return sendPage(reply, 200, leavingPage(found.title, found.text, found.origin), found.origin)
  })

  void app.register(async (form) => {
    readForms(form)
    form.post<Opened>('/api/oauth/agree', {
      config: { access: 'public' },
      schema: { tags, summary: 'What the button of that page sends: uses the address up for this browser and sends it on to the vendor', consumes: ['application/x-www-form-urlencoded'], querystring: QUERY, response: { 303: { type: 'null', description: 'to the vendor' }, 400: PAGE, 403: PAGE, 429: PAGE } },
    }, async (request, reply) => {
      if (isTooOften(request, reply)) return reply
      // Else another site could have somebody's browser go on to a vendor that asks no more, and their account be connected.
      if (!isOwnForm(request, publicUrl)) return sendPage(reply, 403, toldPage('Not connected', 'This did not come from the page with the button. Nothing was changed. Open the address that aw connect prints, and press the button there.'))
      const visit = visitOf(request)
      if (visit === null) return sendPage(reply, 400, NO_ADDRESS)
      const found = await connections.agree(visit)
      return 'url' in found ? reply.redirect(found.url, 303) : sendPage(reply, 400, toldPage(found.title, found.text))
    })
  })

  app.get<Opened>('/api/oauth/callback', {
    config: { access: 'public' }, exposeHeadRoute: false,
    // Vendors add parameters of their own, and a strange one must not keep a person from the page that says what happened.
    schema: { tags, summary: 'Where a vendor sends the browser back to; a page that says what happened', querystring: QUERY, response: { 200: PAGE, 400: PAGE, 429: PAGE } },
  }, async (request, reply) => {
    if (isTooOften(request, reply)) return reply
    const { query } = request
    const [state, code, error, errorDescription] = [once(query['state'], 43), once(query['code'], CODE_CHARS), once(query['error'], SAID_CHARS), once(query['error_description'], SAID_CHARS)]
    const { ok, title, text } = await connections.callback({
      browsers: [...cookiesOf(request).values()],
      ...(state === undefined || !KEY.test(state) ? {} : { state }), ...(code === undefined ? {} : { code }), ...(error === undefined ? {} : { error }), ...(errorDescription === undefined ? {} : { errorDescription }),
    })
    return sendPage(reply, ok ? 200 : 400, toldPage(title, text))
  })
}
