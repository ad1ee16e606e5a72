import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { PAGE_POLICY, PAGE_STYLE, toldPage } from '../approval-page.ts'
import type { RouteContext } from '../context.ts'

const tags = ['connections']
const PAGE = { type: 'string', description: 'a page' }
const POLICY = PAGE_POLICY.replace('STYLE', createHash('sha256').update(PAGE_STYLE).digest('base64'))
const STATE = /^[\w-]{43}$/
const CODE_CHARS = 4_096
const SAID_CHARS = 1_000

/** A parameter that comes once, as text of some length; anything else is as good as absent. */
const once = (value: unknown, most: number): string | undefined => (typeof value === 'string' && value !== '' && value.length <= most ? value : undefined)

/** Where a browser comes back to after somebody agreed at a vendor's. Nothing but the state, which we gave and take once, says whose it is. */
export function oauthRoutes(app: FastifyInstance, { connections }: RouteContext): void {
  app.get<{ Querystring: Record<string, unknown> }>('/api/oauth/callback', {
    config: { access: 'public' },
    // Vendors add parameters of their own, and a strange one must not keep a person from the page that says what happened.
    schema: { tags, summary: 'Where a vendor sends the browser back to; a page that says what happened', querystring: { type: 'object', additionalProperties: true }, response: { 200: PAGE, 400: PAGE } },
  }, async (request, reply) => {
    const { query } = request
    const [state, code, error, errorDescription] = [once(query['state'], 43), once(query['code'], CODE_CHARS), once(query['error'], SAID_CHARS), once(query['error_description'], SAID_CHARS)]
    const { ok, title, text } = await connections.callback({
      ...(state === undefined || !STATE.test(state) ? {} : { state }), ...(code === undefined ? {} : { code }), ...(error === undefined ? {} : { error }), ...(errorDescription === undefined ? {} : { errorDescription }),
    })
    return reply.code(ok ? 200 : 400).headers({ 'content-security-policy': POLICY, 'x-robots-tag': 'noindex' }).type('text/html; charset=utf-8').send(toldPage(title, text))
  })
}
