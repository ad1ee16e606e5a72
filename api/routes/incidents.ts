import type { FastifyInstance, FastifyReply } from 'fastify'
import { AppError } from '../../schemas/errors.ts'
import { ERROR_CODES, type ErrorCode } from '../../schemas/errors.ts'
import type { CommandAction, IncidentSeverity, IncidentStatus } from '../../schemas/records.ts'
import type { CommandView } from '../../schemas/views.ts'
import { COMMAND, INCIDENT, INCIDENT_DETAIL } from '../answers.ts'
import { answers, callerOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { answer, body, COMPANY_QUERY, flag, ID, list, nullable, page, PAGE_QUERY, text, whole, type JsonSchema } from '../json-schema.ts'
import type { CommandRequest } from '../ports.ts'
import { parseWords } from '../validation.ts'

const STATUSES: readonly IncidentStatus[] = ['open', 'assigned', 'in_progress', 'resolved', 'closed']
const SEVERITIES: readonly IncidentSeverity[] = ['critical', 'high', 'medium', 'low', 'info']
const NOTE = text({ minLength: 1, maxLength: 10_000 })
const PARAMS = { type: 'object', properties: { id: ID } }
const tags = ['incidents']

interface CommandBody {
  version?: number
  assignee?: string | null
  text?: string
  into?: string
  problemKeys?: string[]
  severity?: IncidentSeverity
  category?: string
}

/** Each command: its path, what it does, the fields its body takes and those it must have. */
const COMMANDS: readonly { path: string; action: CommandAction; summary: string; fields: Readonly<Record<string, JsonSchema>>; required: readonly string[] }[] = [
  { path: 'acknowledge', action: 'acknowledge', summary: 'Somebody has seen it; sets acknowledgedAt, not the status', fields: {}, required: [] },
  { path: 'assign', action: 'assign', summary: 'Give it to a user, or to nobody with null', fields: { assignee: nullable(text({ minLength: 1, maxLength: 200 })) }, required: ['assignee'] },
  { path: 'start', action: 'start', summary: 'Work has begun', fields: {}, required: [] },
  { path: 'resolve', action: 'resolve', summary: 'The trouble is over', fields: { text: NOTE }, required: [] },
  { path: 'close', action: 'close', summary: 'Nothing is left to do', fields: { text: NOTE }, required: [] },
  { path: 'reopen', action: 'reopen', summary: 'It was not over', fields: { text: NOTE }, required: [] },
  { path: 'notes', action: 'note', summary: 'Write a note', fields: { text: NOTE }, required: ['text'] },
  {
    path: 'classify', action: 'note', summary: 'Say what it is: a category, a severity or both, and why; it stands, and is learned from', required: ['text'],
    fields: { text: NOTE, category: text({ pattern: '^[a-z0-9_-]{1,64}$', description: 'id of a default category or of one of the company' }), severity: text({ enum: [...SEVERITIES] }) },
  },
  { path: 'merge', action: 'merge', summary: 'Make one of two; the older incident stays', fields: { into: text({ minLength: 1, maxLength: 200, description: 'id of the other incident' }) }, required: ['into'] },
  {
    path: 'split', action: 'split', summary: 'Move problems to an incident of their own', required: ['problemKeys'],
    fields: { problemKeys: list(text({ minLength: 1, maxLength: 2_000 }), { minItems: 1, maxItems: 200, uniqueItems: true }) },
  },
]

/** Incidents, and what people ask of them. */
export function incidentRoutes(app: FastifyInstance, context: RouteContext): void {
  const { stores: { incidents, commands }, remediation, settlements, changed } = context

  app.get<{ Querystring: { limit: number; cursor?: string; company?: string; status?: string; severity?: string; assignee?: string; q?: string; merged: boolean } }>('/api/incidents', {
    config: { access: 'read' },
    schema: {
      tags, summary: 'Incidents, newest first',
      querystring: {
        type: 'object',
        properties: {
          ...PAGE_QUERY, ...COMPANY_QUERY, status: text({ description: `one or several of ${STATUSES.join(', ')}, with commas` }), severity: text({ description: `one or several of ${SEVERITIES.join(', ')}, with commas` }),
          assignee: text({ maxLength: 200, description: 'user id, "me" or "none"' }), q: text({ minLength: 1, maxLength: 200, description: 'words in title or asset, or a number' }),
          merged: flag({ default: false, description: 'also those that were merged into others' }),
        },
      },
      response: answers({ 200: page(INCIDENT) }, ...READ_ERRORS),
    },
  }, async (request) => {
    const { limit, cursor, company, status, severity, assignee, q, merged } = request.query
    const { id, scope } = callerOf(request)
    return incidents.list(scope, {
      limit, cursor: cursor ?? null, companyId: company ?? null, statuses: parseWords('status', status, STATUSES), severities: parseWords('severity', severity, SEVERITIES),
      assignee: assignee === 'me' ? id : (assignee ?? null), q: q ?? null, merged,
    })
  })

  app.get<{ Params: { id: string } }>('/api/incidents/:id', {
    config: { access: 'read' },
    schema: { tags, summary: 'One incident with its problems and why each is in it', params: PARAMS, response: answers({ 200: INCIDENT_DETAIL }, ...READ_ERRORS) },
  }, async (request) => {
    const { scope } = callerOf(request)
    const incident = await incidents.get(scope, request.params.id)
    return { ...incident, suggestedRunbooks: await remediation.runs.suggest(scope, incident) }
  })

  for (const command of COMMANDS) {
    app.post<{ Params: { id: string }; Body: CommandBody | null; Headers: { 'idempotency-key'?: string } }>(`/api/incidents/:id/${command.path}`, {
      config: { access: 'command' },
      schema: {
        tags, summary: command.summary, params: PARAMS,
        headers: { type: 'object', properties: { 'idempotency-key': text({ minLength: 1, maxLength: 200, description: 'the same key and request are answered the same and done once' }) } },
        body: body({ version: whole({ description: 'the version you judged; refused with version_stale when the incident has moved on' }), ...command.fields }, command.required),
        response: answers({
          200: answer({ commandId: text(), incidentId: text({ description: 'the one it was done to: the survivor where yours was merged' }), version: whole() }, { description: 'done and shown' }),
          202: answer({ commandId: text(), status: text() }, { description: 'not settled within 5 s; GET /api/commands/{id} tells' }),
        }, ...WRITE_ERRORS),
      },
    }, async (request, reply) => {
      const asked = await commands.submit(callerOf(request), request.params.id, commandFrom(command.action, request.body), request.headers['idempotency-key'] ?? null)
      changed.outbox()
      return tell(reply, await settlements.outcome(asked, (id) => commands.current(id)))
    })
  }

  app.get<{ Params: { id: string } }>('/api/commands/:id', {
    config: { access: 'read' },
    schema: { tags, summary: 'What became of a command', params: PARAMS, response: answers({ 200: COMMAND }, ...READ_ERRORS) },
  }, (request) => commands.get(callerOf(request).scope, request.params.id))
}

function commandFrom(action: CommandAction, fields: CommandBody | null): CommandRequest {
  return {
    action, version: fields?.version ?? null, assignee: fields?.assignee ?? null, text: fields?.text ?? null, intoIncidentId: fields?.into ?? null, problemKeys: fields?.problemKeys ?? [], severity: fields?.severity ?? null, category: fields?.category ?? null,
  }
}

function tell(reply: FastifyReply, command: CommandView): FastifyReply {
  if (command.status === 'pending') return reply.code(202).header('location', `/api/commands/${command.id}`).send({ commandId: command.id, status: 'pending' })
  if (command.status === 'refused') throw new AppError(refusalCode(command.code), command.message ?? 'the command was refused')
  return reply.send({ commandId: command.id, incidentId: command.appliedIncidentId ?? command.incidentId, version: command.version })
}

/** The correlator's code where it stands in the closed list, as it always should. */
function refusalCode(code: string | null): ErrorCode {
  return code !== null && code in ERROR_CODES ? (code as ErrorCode) : 'conflict'
}
