/** The API as one Fastify plugin. Everything inside it answers errors alike, asks who is calling, and stands in the OpenAPI document. */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifyPluginAsync, RouteOptions } from 'fastify'
import { AppError } from '../schemas/errors.ts'
import { authenticator } from './authentication.ts'
import type { ApiOptions, RouteContext } from './context.ts'
import { replyErrors } from './error-reply.ts'
import { openapiHead } from './openapi.ts'
import { readBodies } from './read-bodies.ts'
import { mayCall } from './roles.ts'
import { adviceRoutes } from './routes/advice.ts'
import { analysisRoutes } from './routes/analyses.ts'
import { alertRoutes } from './routes/alerts.ts'
import { assetRoutes } from './routes/assets.ts'
import { approvalRoutes } from './routes/approvals.ts'
import { backtestRoutes } from './routes/backtests.ts'
import { callRoutes } from './routes/calls.ts'
import { ticketOutboxRoutes } from './routes/ticket-outbox.ts'
import { cloudAccountRoutes } from './routes/cloud-accounts.ts'
import { companyRoutes } from './routes/companies.ts'
import { connectionRoutes } from './routes/connections.ts'
import { connectorStatusRoutes } from './routes/connector-status.ts'
import { deadLetterRoutes } from './routes/dead-letters.ts'
import { deliveryRoutes } from './routes/deliveries.ts'
import { hookRoutes } from './routes/hooks.ts'
import { historyRoutes } from './routes/history.ts'
import { consoleRoutes } from './routes/console.ts'
import { eventRoutes } from './routes/events.ts'
import { feedbackRoutes } from './routes/feedback.ts'
import { figureRoutes } from './routes/figures.ts'
import { healthRoutes, measureAnswers } from './routes/health.ts'
import { incidentRoutes } from './routes/incidents.ts'
import { incidentTicketRoutes } from './routes/incident-tickets.ts'
import { integrationRoutes } from './routes/integrations.ts'
import { llmRoutes } from './routes/llm.ts'
import { mappingRoutes } from './routes/mappings.ts'
import { auditRoutes } from './routes/audit.ts'
import { noticeRoutes } from './routes/notices.ts'
import { oauthRoutes } from './routes/oauth.ts'
import { quietRoutes } from './routes/quiet.ts'
import { remediationRoutes } from './routes/remediation.ts'
import { ruleRoutes } from './routes/rules.ts'
import { runbookRoutes } from './routes/runbooks.ts'
import { runRoutes } from './routes/runs.ts'
import { sessionRoutes } from './routes/session.ts'
import { settingsRoutes } from './routes/settings.ts'
import { ticketRoutes } from './routes/tickets.ts'
import { ticketWritingRoutes } from './routes/ticket-writing.ts'
import { topologyRoutes } from './routes/topology.ts'
import { userRoutes } from './routes/users.ts'
import { judgeRequests } from './validation.ts'

/** Largest JSON body; only the CSV import takes more. */
const BODY_BYTES = 262_144

/** Makes the plugin that serves `/`, `/metrics` and everything under `/api` but the webhooks. Register it without a prefix; it also answers unknown routes. */
export function apiPlugin(options: ApiOptions): FastifyPluginAsync {
  return async (app) => {
    const context: RouteContext = {
      ...options, log: app.log,
      authenticator: authenticator({ users: options.stores.users, clock: options.clock, jwtSecret: options.jwtSecret, adminToken: options.adminToken }),
    }
    replyErrors(app)
    judgeRequests(app)
    readBodies(app)
    measureAnswers(app, context)
    app.decorateRequest('caller', null)
    await app.register(swagger, { openapi: openapiHead(options.version) })
    await app.register(swaggerUi, { routePrefix: '/api/docs', staticCSP: true })

    await app.register(async (routes) => {
      guard(routes, context)
      sessionRoutes(routes, context)
      companyRoutes(routes, context)
      integrationRoutes(routes, context)
      mappingRoutes(routes, context)
      llmRoutes(routes, context)
      assetRoutes(routes, context)
      settingsRoutes(routes, context)
      ruleRoutes(routes, context)
      auditRoutes(routes, context)
      noticeRoutes(routes, context)
      quietRoutes(routes, context)
      topologyRoutes(routes, context)
      userRoutes(routes, context)
      incidentRoutes(routes, context)
      analysisRoutes(routes, context)
      runbookRoutes(routes, context)
      runRoutes(routes, context)
      approvalRoutes(routes, context)
      remediationRoutes(routes, context)
      cloudAccountRoutes(routes, context)
      connectionRoutes(routes, context)
      connectorStatusRoutes(routes, context)
      oauthRoutes(routes, context)
      ticketRoutes(routes, context)
      await hookRoutes(routes, context)
      callRoutes(routes, context)
      ticketOutboxRoutes(routes, context)
      incidentTicketRoutes(routes, context)
      ticketWritingRoutes(routes, context)
      figureRoutes(routes, context)
      feedbackRoutes(routes, context)
      deliveryRoutes(routes, context)
      alertRoutes(routes, context)
      deadLetterRoutes(routes, context)
      backtestRoutes(routes, context)
      historyRoutes(routes, context)
      adviceRoutes(routes, context)
      eventRoutes(routes, context)
      healthRoutes(routes, context)
      consoleRoutes(routes)
      routes.get('/api/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, async () => app.swagger())
    })
  }
}

/** Nobody reaches a handler unasked: a route says who may call it, and a route that says nothing does not start. */
function guard(routes: FastifyInstance, context: RouteContext): void {
  routes.addHook('onRoute', (route: RouteOptions) => {
    if (route.config?.access === undefined) throw new AppError('internal', `route ${String(route.method)} ${route.url} does not say who may call it`)
    route.bodyLimit ??= BODY_BYTES
  })
  routes.addHook('onRequest', async (request, reply) => {
    void reply.headers({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' })
    const access = request.routeOptions.config.access
    if (access === 'public') return
    request.caller = await context.authenticator.caller(request.headers.authorization, request.ip)
    if (access === undefined || !mayCall(request.caller.scope.role, access)) throw new AppError('forbidden', 'your role may not do this')
  })
}

