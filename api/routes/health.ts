import type { FastifyInstance } from 'fastify'
import { Histogram } from 'prom-client'
import type { RouteContext } from '../context.ts'
import { answer, flag, list, nullable, text, whole } from '../json-schema.ts'

const CHECKS = answer({ status: text(), checks: list(answer({ name: text(), ok: flag(), message: nullable(text()), latencyMs: whole() })) })

/** Health for whoever starts and watches the process, and metrics in the Prometheus text format. */
export function healthRoutes(app: FastifyInstance, { health, metrics }: Pick<RouteContext, 'health' | 'metrics'>): void {
  app.get('/api/health/live', {
    config: { access: 'public' },
    schema: { tags: ['health'], summary: 'The process runs', security: [], response: { 200: answer({ status: text() }, { description: 'it does' }) } },
  }, async () => ({ status: 'ok' }))

  for (const [url, summary] of [['/api/health/ready', 'Every engine answers and the log takes records'], ['/api/health', 'The same: each part and what is wrong with it']] as const) app.get(url, {
    config: { access: 'public' },
    schema: { tags: ['health'], summary, security: [], response: { 200: { ...CHECKS, description: 'all of them do' }, 503: { ...CHECKS, description: 'some do not' } } },
  }, async (_request, reply) => {
    const checks = await health.ready()
    const ready = checks.every((check) => check.ok)
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not_ready', checks: checks.map((check) => ({ ...check, latencyMs: Math.round(check.latencyMs) })) })
  })

  app.get('/metrics', {
    config: { access: 'public' },
    schema: { tags: ['health'], summary: 'Prometheus metrics', security: [], produces: ['text/plain'], response: { 200: { type: 'string', description: 'Prometheus text format' } } },
  }, async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()))
}

/** Measures every answer of an instance: labels are the route's pattern and the status, so they stay bounded whatever is asked. */
export function measureAnswers(app: FastifyInstance, { metrics }: Pick<RouteContext, 'metrics'>): void {
  const seconds = new Histogram({
    name: 'api_request_duration_seconds', help: 'Time to answer a request of the API.', labelNames: ['method', 'route', 'status'], buckets: [0.005, 0.02, 0.1, 0.5, 2, 5, 10], registers: [metrics],
  })
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown'
    seconds.observe({ method: request.method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1000)
  })
}
