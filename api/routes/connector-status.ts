import type { FastifyInstance } from 'fastify'
import { CONNECTOR, CONNECTOR_STATUS, MASTER_KEY } from '../connection-answers.ts'
import { answers, callerOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { body, COMPANY_QUERY, flag, page, text } from '../json-schema.ts'

const tags = ['connections']

/** The ticket systems there are, how connections to them stand, and the key their secrets are sealed under. */
export function connectorStatusRoutes(app: FastifyInstance, { connections, masterKeys }: RouteContext): void {
  app.get('/api/connectors', {
    config: { access: 'manage' }, schema: { tags, summary: 'Ticket systems, with the form of each and what is to be done there', response: answers({ 200: page(CONNECTOR) }, ...READ_ERRORS) },
  }, async () => ({ items: connections.connectors(), next: null }))

  app.get<{ Querystring: { company?: string; probe: boolean } }>('/api/connectors/status', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'How each connection stands: reachable, authorised, budget, queue, dead letters, last error and how to mend it',
      querystring: { type: 'object', properties: { company: { ...COMPANY_QUERY.company, description: 'company id, or msp for the MSP\'s own; absent: all you manage' }, probe: flag({ default: false, description: 'call those in use now; nothing of it is kept' }) } }, response: answers({ 200: page(CONNECTOR_STATUS) }, ...READ_ERRORS),
    },
  }, async (request) => {
    const { company, probe } = request.query
    return { items: await connections.status(callerOf(request), { ...(company === undefined ? {} : { companyId: company === 'msp' ? null : company }), probe }), next: null }
  })

  app.get('/api/master-key', {
    config: { access: 'msp' }, schema: { tags: ['master key'], summary: 'How many stored secrets are sealed, and whether under the present key', response: answers({ 200: MASTER_KEY }, ...READ_ERRORS) },
  }, () => masterKeys.status())

  app.post<{ Body: { newKey?: string } }>('/api/master-key/rotate', {
    config: { access: 'msp' },
    schema: {
      tags: ['master key'], summary: 'Seal everything stored under a new master key; goes on after a restart. GET /api/master-key tells how far it is', body: body({ newKey: text({ minLength: 40, maxLength: 48, description: '32 bytes in base64; made where it is absent. Only where the key lies in the data directory' }) }),
      response: answers({ 202: MASTER_KEY }, ...WRITE_ERRORS),
    },
  }, async (request, reply) => reply.code(202).send(await masterKeys.rotate(callerOf(request), request.body.newKey ?? null)))
}
