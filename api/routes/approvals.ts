import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError, toAppError } from '../../schemas/errors.ts'
import type { ApprovalView } from '../../schemas/runs.ts'
import { askingPage } from '../approval-page.ts'
import { answers, callerOf, companiesOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { statusOf } from '../error-reply.ts'
import { answer, body, COMPANY_QUERY, ID, page, PAGE_QUERY, text, time } from '../json-schema.ts'
import { APPROVAL } from '../remediation-answers.ts'
import { readForms, sendPage, toldPage } from '../page.ts'
import type { Decision } from '../remediation-ports.ts'

const tags = ['approvals']
const PARAMS = { type: 'object', properties: { id: ID } }
const COMMENT = text({ maxLength: 1_000 })
const INSTANCE = text({ minLength: 1, maxLength: 300, description: 'for a question "target": which of the candidates is meant' })
const TOKEN = { type: 'object', properties: { token: text({ minLength: 1, maxLength: 300 }) } }
const PAGE = { type: 'string', description: 'a page' }
const GONE = 'This link was used, is over, or was never given. Nothing was changed.'

interface Answered { comment?: string; instanceId?: string }

/** Requests for approval: listed, decided, and decided by a one-time link. */
export function approvalRoutes(app: FastifyInstance, context: RouteContext): void {
  const { remediation: { approvals }, changed, publicUrl } = context

  app.get<{ Querystring: { limit: number; cursor?: string; company?: string; incident?: string; status?: ApprovalView['status'] } }>('/api/approvals', {
    config: { access: 'read' },
    schema: {
      tags, summary: 'Requests, newest first', querystring: { type: 'object', properties: { ...PAGE_QUERY, ...COMPANY_QUERY, incident: text({ maxLength: 200 }), status: text({ enum: ['pending', 'approved', 'refused', 'expired', 'void'] }) } },
      response: answers({ 200: page(APPROVAL) }, ...READ_ERRORS),
    },
  }, async (request) => {
    const { limit, cursor, company, incident, status } = request.query
    await companiesOf(context, request, company)
    return approvals.list(callerOf(request).scope, { limit, cursor: cursor ?? null, companyId: company ?? null, incidentId: incident ?? null, status: status ?? null })
  })

  for (const [word, yes, summary, fields] of [['approve', true, 'Say yes to the plan as it was shown', { comment: COMMENT, instanceId: INSTANCE }], ['refuse', false, 'Say no', { comment: COMMENT }]] as const) {
    app.post<{ Params: { id: string }; Body: Answered }>(`/api/approvals/:id/${word}`, {
      config: { access: 'command' }, schema: { tags, summary, params: PARAMS, body: body(fields), response: answers({ 200: APPROVAL }, ...WRITE_ERRORS) },
    }, async (request) => {
      const decided = await approvals.decide(callerOf(request), request.params.id, decisionOf(yes, request.body), 'api')
      told()
      return decided
    })
  }

  app.post<{ Params: { id: string }; Body: { user?: string } }>('/api/approvals/:id/link', {
    config: { access: 'command' },
    schema: {
      tags, summary: 'A one-time signed link by which one person decides; shown this once. For yourself; the installation\'s own token may name a user', params: PARAMS, body: body({ user: text({ minLength: 1, maxLength: 200 }) }),
      response: answers({ 201: answer({ url: text(), userId: text(), expiresAt: time() }) }, ...WRITE_ERRORS),
    },
  }, async (request, reply) => {
    const { token, userId, expiresAt } = await approvals.link(callerOf(request), request.params.id, request.body.user ?? null)
    const base = publicUrl ?? `${request.protocol}://${request.host}`
    return reply.code(201).send({ url: `${base}/api/approvals/link/${token}`, userId, expiresAt })
  })

  // Mail scanners and previews follow links: looking changes nothing, only the form decides.
  void app.register(async (form) => {
    readForms(form)

    form.get<{ Params: { token: string } }>('/api/approvals/link/:token', {
      config: { access: 'public' },
      schema: { tags, summary: 'The page behind a one-time link: the plan and two buttons. Looking at it changes nothing', params: TOKEN, response: { 200: PAGE, 404: PAGE } },
    }, async (request, reply) => {
      const linked = await approvals.byLink(request.params.token)
      return sendPage(reply, linked === null ? 404 : 200, linked === null ? toldPage('Nothing to decide', GONE) : askingPage(linked))
    })

    form.post<{ Params: { token: string }; Body: Record<string, unknown> }>('/api/approvals/link/:token', {
      config: { access: 'public' },
      schema: { tags, summary: 'What the form of that page sends: decides once, in the name of the link\'s person', consumes: ['application/x-www-form-urlencoded'], params: TOKEN, response: { 200: PAGE, 400: PAGE, 403: PAGE, 404: PAGE, 409: PAGE } },
    }, async (request, reply) => {
      try {
        const decided = await approvals.decideByLink(request.params.token, decisionOfForm(request), request.ip)
        told()
        return await sendPage(reply, 200, toldPage(decided.status === 'approved' ? 'Approved' : 'Refused', decided.status === 'approved' ? 'The guard looks once more, then it runs.' : 'It does not run.'))
      } catch (thrown) {
        const error = toAppError(thrown)
        if (statusOf(error.code) >= 500) throw error
        return await sendPage(reply, statusOf(error.code), toldPage('Not decided', error.code === 'not_found' ? GONE : `${error.message}.`))
      }
    })
  })

  function told(): void {
    changed.outbox()
    changed.runs?.()
  }
}

function decisionOf(yes: boolean, { comment, instanceId }: Answered): Decision {
  const words = comment?.trim() ?? ''
  return { yes, comment: words === '' ? null : words, instanceId: instanceId ?? null }
}

function decisionOfForm(request: FastifyRequest<{ Body: Record<string, unknown> }>): Decision {
  const { decision, comment, instanceId } = request.body
  if (decision !== 'approve' && decision !== 'refuse') throw new AppError('bad_request', 'press one of the two buttons')
  return decisionOf(decision === 'approve', { comment: typeof comment === 'string' ? comment.slice(0, 1_000) : '', ...(typeof instanceId === 'string' && instanceId !== '' ? { instanceId } : {}) })
}
