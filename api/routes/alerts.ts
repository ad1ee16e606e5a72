import type { FastifyInstance } from 'fastify'
import { AppError } from '../../schemas/errors.ts'
import { answers, callerOf, READ_ERRORS, type RouteContext } from '../context.ts'
import { EXPLANATION } from '../explain-answers.ts'
import { text } from '../json-schema.ts'

/** Single alerts: why each became what it did. */
export function alertRoutes(app: FastifyInstance, { explanations }: RouteContext): void {
  app.get<{ Params: { id: string } }>('/api/alerts/:id/explain', {
    config: { access: 'read' },
    schema: {
      tags: ['alerts'], summary: 'The whole decision of one alert: how it was read, its problem, what it was compared with, each rule that matched or nearly did, what keeps it quiet',
      description: 'By alert id (<delivery id>:<element>); a delivery id alone means its first alert, and a problem may be named by its key.',
      params: { type: 'object', properties: { id: text({ minLength: 1, maxLength: 2_000 }) } }, response: answers({ 200: EXPLANATION }, ...READ_ERRORS),
    },
  }, async (request) => {
    const found = await explanations.explain(callerOf(request).scope, request.params.id)
    if (found === null) throw new AppError('not_found', 'there is no such alert')
    return found
  })
}
