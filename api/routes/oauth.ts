import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { PAGE_POLICY, PAGE_STYLE, toldPage } from '../approval-page.ts'
import { AppError } from '../../schemas/errors.ts'
import type { RouteContext } from '../context.ts'
import { WindowThrottle } from '../window-throttle.ts'

const tags = ['connections']
const PAGE = { type: 'string', description: 'a page' }
const POLICY = PAGE_POLICY.replace('STYLE', createHash('sha256').update(PAGE_STYLE).digest('base64'))
const STATE = /^[\w-]{43}$/
const CODE_CHARS = 4_096
const SAID_CHARS = 1_000
/** Visits from one address in a minute: people come once, and nobody shall try states out. */
const VISITS_MAX = 60

/** A parameter that comes once, as text of some length; anything else is as good as absent. */
const once = (value: unknown, most: number): string | undefined => (typeof value === 'string' && value !== '' && value.length <= most ? value : undefined)

/** Where a browser comes back to after somebody agreed at a vendor's. Nothing but the state, which we gave and take once, says whose it is. */
export function oauthRoutes(app: FastifyInstance, { connections, clock }: RouteContext): void {
  const throttle = new WindowThrottle(clock, 60_000)
  app.get<{ Querystring: Record<string, unknown> }>('/api/oauth/callback', {
    config: { access: 'public' },
    // Vendors add parameters of their own, and a strange one must not keep a person from the page that says what happened.
    schema: { tags, summary: 'Where a vendor sends the browser back to; a page that says what happened', querystring: { type: 'object', additionalProperties: true }, response: { 200: PAGE, 400: PAGE, 429: PAGE } },
  }, async (request, reply) => {
    const { query } = request
    const told = (status: number, title: string, text: string): FastifyReply => reply.code(status).headers({ 'content-security-policy': POLICY, 'x-robots-tag': 'noindex' }).type('text/html; charset=utf-8').send(toldPage(title, text))
    try {
      throttle.take([[request.ip, VISITS_MAX]])
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'rate_limited') throw thrown
      return told(429, 'Too many visits', 'Wait a minute, then open the address again.')
    }
    const [state, code, error, errorDescription] = [once(query['state'], 43), once(query['code'], CODE_CHARS), once(query['error'], SAID_CHARS), once(query['error_description'], SAID_CHARS)]
    const { ok, title, text } = await connections.callback({
      ...(state === undefined || !STATE.test(state) ? {} : { state }), ...(code === undefined ? {} : { code }), ...(error === undefined ? {} : { error }), ...(errorDescription === undefined ? {} : { errorDescription }),
    })
    return told(ok ? 200 : 400, title, text)
  })
}
