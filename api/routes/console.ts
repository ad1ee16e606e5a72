/** The web page: static files of dashboards/console, read once, with a policy that lets nothing in from elsewhere. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'

const FOLDER = join(import.meta.dirname, '..', '..', 'dashboards', 'console')

const FILES = [
  { url: '/', file: 'index.html', type: 'text/html; charset=utf-8' },
  { url: '/console/style.css', file: 'style.css', type: 'text/css; charset=utf-8' },
  { url: '/console/console.js', file: 'console.js', type: 'text/javascript; charset=utf-8' },
  { url: '/console/api.js', file: 'api.js', type: 'text/javascript; charset=utf-8' },
  { url: '/console/analysis.js', file: 'analysis.js', type: 'text/javascript; charset=utf-8' },
  { url: '/console/company.js', file: 'company.js', type: 'text/javascript; charset=utf-8' },
  { url: '/console/connections.js', file: 'connections.js', type: 'text/javascript; charset=utf-8' },
  { url: '/console/dom.js', file: 'dom.js', type: 'text/javascript; charset=utf-8' },
  { url: '/console/part.js', file: 'part.js', type: 'text/javascript; charset=utf-8' },
  { url: '/console/repairs.js', file: 'repairs.js', type: 'text/javascript; charset=utf-8' },
  { url: '/console/tickets.js', file: 'tickets.js', type: 'text/javascript; charset=utf-8' },
  { url: '/console/view.js', file: 'view.js', type: 'text/javascript; charset=utf-8' },
] as const

const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Serves the page and its files. */
export function consoleRoutes(app: FastifyInstance): void {
  for (const { url, file, type } of FILES) {
    const content = readFileSync(join(FOLDER, file))
    const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`
    app.get(url, { config: { access: 'public' }, schema: { hide: true } }, async (request, reply) => {
      void reply.headers({ etag, 'cache-control': 'no-cache', 'content-security-policy': POLICY })
      return request.headers['if-none-match'] === etag ? reply.code(304).send() : reply.type(type).send(content)
    })
  }
}
