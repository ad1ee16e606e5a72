import type { FastifyInstance } from 'fastify'
import type { RunRequest, TargetAsked } from '../../schemas/remediation-views.ts'
import type { Cloud } from '../../schemas/runs.ts'
import type { System } from '../../schemas/runbooks.ts'
import type { Mode } from '../../schemas/settings.ts'
import { AppError } from '../../schemas/errors.ts'
import { answers, callerOf, companiesOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { body, COMPANY_QUERY, ID, list, MODE, page, text, whole, type JsonSchema } from '../json-schema.ts'
import { CLOUD, PLAN_VIEW, REPLAY, RUN_DETAIL, RUNBOOK_DETAIL, RUNBOOK_FAULTS, RUNBOOK_SUMMARY, SYSTEM } from '../remediation-answers.ts'
import { parseTime } from '../validation.ts'

const tags = ['runbooks']
const FILES_MAX = 60
const FILE_CHARS = 200_000
/** Runbooks come whole, with their scripts and cases. */
const BODY_BYTES = 2_097_152
const SCRIPT_CHARS = 60_000
/** No asset is called like an instance of AWS unless it is that instance. */
const AWS_INSTANCE = /^m?i-[0-9a-f]{8,17}$/

const FILES: JsonSchema = {
  type: 'object', maxProperties: FILES_MAX, propertyNames: { pattern: '^(cases/)?[a-z0-9][a-z0-9._-]{0,99}$' }, additionalProperties: text({ maxLength: FILE_CHARS }),
  description: 'file name to text: runbook.yaml, the scripts it names, cases/*.yaml',
}
const RUNBOOK_ID = text({ pattern: '^[a-z0-9][a-z0-9-]{0,99}$' })
const KEY = { type: 'object', properties: { 'idempotency-key': text({ minLength: 1, maxLength: 200, description: 'the same key and request are answered the same and planned once' }) } }
const TARGETS = list({
  oneOf: [text({ minLength: 1, maxLength: 300 }), body({ asset: text({ minLength: 1, maxLength: 300 }), cloudAccountId: text({ minLength: 1, maxLength: 100 }), instanceId: text({ minLength: 1, maxLength: 300 }) }, ['asset'], { dependencies: { cloudAccountId: ['instanceId'] } })],
}, { maxItems: 50, description: 'names of assets, aliases, addresses or instance ids; an object where more than one machine fits; absent: the machines of the incident' })
const ASKED = {
  company: text({ minLength: 1, maxLength: 200, description: 'company id' }), incident: text({ minLength: 1, maxLength: 200, description: 'incident id' }), cloud_provider: CLOUD, targets: TARGETS, mode: { ...MODE, description: 'absent: the company\'s own; never above it' },
}
const INPUTS: JsonSchema = { type: 'object', maxProperties: 100, additionalProperties: { type: ['string', 'number', 'boolean'] }, description: 'by name, as the runbook types them; they reach a script as parameters, never as its text' }

type Asked = { company: string; incident?: string; cloud_provider?: Cloud; targets?: (string | { asset: string; cloudAccountId?: string; instanceId?: string })[]; mode?: Mode }
type AskedRun = Asked & { inputs?: Record<string, unknown> }
interface Keyed { Headers: { 'idempotency-key'?: string } }
interface Files { Body: { files: Record<string, string> } }

/** The library, what people add to it, and the calls that plan and start runs. */
export function runbookRoutes(app: FastifyInstance, context: RouteContext): void {
  const { remediation: { runbooks, runs }, changed } = context

  app.get<{ Querystring: { company?: string } }>('/api/runbooks', {
    config: { access: 'read' },
    schema: { tags, summary: 'Runbooks: those that ship with the program, the MSP\'s, and a company\'s own, each with how it has done', querystring: { type: 'object', properties: COMPANY_QUERY }, response: answers({ 200: page(RUNBOOK_SUMMARY) }, ...READ_ERRORS) },
  }, async (request) => ({ items: await runbooks.list(callerOf(request).scope, request.query.company ?? null), next: null }))

  app.get<{ Params: { id: string }; Querystring: { company?: string } }>('/api/runbooks/:id', {
    config: { access: 'read' },
    schema: {
      tags, summary: 'One runbook with its scripts, inputs, limits, and its risk after what MSP and company say', params: { type: 'object', properties: { id: ID } }, querystring: { type: 'object', properties: COMPANY_QUERY },
      response: answers({ 200: RUNBOOK_DETAIL }, ...READ_ERRORS),
    },
  }, async (request) => {
    await companiesOf(context, request, request.query.company)
    return runbooks.get(callerOf(request).scope, request.query.company ?? null, request.params.id)
  })

  app.post<Files>('/api/runbooks/check', {
    config: { access: 'command' }, bodyLimit: BODY_BYTES,
    schema: { tags, summary: 'Everything wrong with a runbook; nothing is stored', body: body({ files: FILES }, ['files']), response: answers({ 200: RUNBOOK_FAULTS }, ...READ_ERRORS) },
  }, async (request) => {
    const items = await runbooks.check(request.body.files)
    return { ok: items.every(({ level }) => level === 'advice'), items, next: null }
  })

  for (const [prefix, access, whose, params] of [['/api/msp/runbooks/:rid', 'msp', 'the MSP, for all companies', {}], ['/api/companies/:id/runbooks/:rid', 'manage', 'a company', { id: ID }]] as const) {
    const schema = { tags, params: { type: 'object', properties: { ...params, rid: RUNBOOK_ID } } }
    app.put<Files & { Params: { id?: string; rid: string } }>(prefix, {
      config: { access }, bodyLimit: BODY_BYTES,
      schema: { ...schema, summary: `Save a runbook of ${whose}; refused with every mistake`, body: body({ files: FILES }, ['files']), response: answers({ 200: RUNBOOK_DETAIL }, ...WRITE_ERRORS) },
    }, (request) => runbooks.save(callerOf(request), request.params.id ?? null, request.params.rid, request.body.files))
    app.delete<{ Params: { id?: string; rid: string } }>(prefix, {
      config: { access }, schema: { ...schema, summary: `Remove a runbook of ${whose}; runs that were made of it keep theirs`, response: answers({ 204: { type: 'null', description: 'removed' } }, ...WRITE_ERRORS) },
    }, async (request, reply) => {
      await runbooks.remove(callerOf(request), request.params.id ?? null, request.params.rid)
      return reply.code(204).send()
    })
  }

  app.post<{ Params: { rid: string }; Body: AskedRun }>('/api/msp/runbooks/:rid/plan', {
    config: { access: 'command' },
    schema: {
      tags, summary: 'What a run would do: targets, steps, exact commands, risk, cost, and what the guard says; nothing is written or run', params: { type: 'object', properties: { rid: ID } },
      body: body({ ...ASKED, inputs: INPUTS }, ['company']), response: answers({ 200: PLAN_VIEW }, ...WRITE_ERRORS),
    },
  }, (request) => runs.plan(callerOf(request), requestOf(request.params.rid, request.body)))

  app.post<Keyed & { Params: { rid: string }; Body: AskedRun }>('/api/msp/runbooks/:rid/execute', {
    config: { access: 'command' },
    schema: {
      tags, summary: 'Plan a run and hand it to the guard; it runs, waits for approval, or is only shown, by risk and mode', params: { type: 'object', properties: { rid: ID } }, headers: KEY,
      body: body({ ...ASKED, inputs: INPUTS }, ['company']), response: answers({ 202: { ...RUN_DETAIL, description: 'planned; GET /api/runs/{id} tells what becomes of it' } }, ...WRITE_ERRORS),
    },
  }, async (request, reply) => {
    const run = await runs.execute(callerOf(request), requestOf(request.params.rid, request.body), request.headers['idempotency-key'] ?? null)
    changed.outbox()
    changed.runs?.()
    return reply.code(202).header('location', `/api/runs/${run.id}`).send(run)
  })

  app.post<Keyed & { Params: { id: string }; Body: Omit<Asked, 'company'> & { summary: string; system: System; script: string; timeoutSeconds?: number } }>('/api/companies/:id/scripts', {
    config: { access: 'command' },
    schema: {
      tags: ['runs'], summary: 'A one-off script, as a draft runbook and a run of it: always high risk, and somebody else has to approve it', params: { type: 'object', properties: { id: ID } }, headers: KEY,
      body: body({
        summary: text({ minLength: 1, maxLength: 200, pattern: '\\S', description: 'what it is for, for whoever approves it' }), system: SYSTEM, script: text({ minLength: 1, maxLength: SCRIPT_CHARS, pattern: '\\S' }),
        timeoutSeconds: whole({ minimum: 5, maximum: 3_600, default: 300 }), incident: ASKED.incident, cloud_provider: CLOUD, targets: TARGETS, mode: MODE,
      }, ['summary', 'system', 'script']),
      response: answers({ 202: { ...RUN_DETAIL, description: 'planned' } }, ...WRITE_ERRORS),
    },
  }, async (request, reply) => {
    const { summary, system, script, timeoutSeconds = 300, ...asked } = request.body
    const { companyId, incidentId, cloud, targets, mode } = requestOf('', { ...asked, company: request.params.id })
    const run = await runs.script(callerOf(request), { companyId, summary, system, script, timeoutMs: timeoutSeconds * 1_000, incidentId, cloud, targets, mode }, request.headers['idempotency-key'] ?? null)
    changed.outbox()
    changed.runs?.()
    return reply.code(202).header('location', `/api/runs/${run.id}`).send(run)
  })

  app.post<{ Body: { company: string; from?: string; to?: string; limit?: number } }>('/api/runbooks/replay', {
    config: { access: 'manage' },
    schema: {
      tags, summary: 'Past incidents against the present library: what would have run. Nothing is run or written',
      body: body({ company: text({ minLength: 1, maxLength: 200 }), from: text({ description: 'inclusive, ISO 8601; absent: the last seven days' }), to: text({ description: 'exclusive' }), limit: whole({ minimum: 1, maximum: 1_000, default: 200 }) }, ['company']),
      response: answers({ 200: REPLAY }, ...READ_ERRORS),
    },
  }, async (request) => {
    const { company, from, to, limit = 200 } = request.body
    const [toMs, fromMs] = [parseTime('to', to), parseTime('from', from)]
    if (fromMs !== null && toMs !== null && fromMs >= toMs) throw new AppError('bad_request', 'from must be before to')
    return { ...await runs.replay(callerOf(request), { companyId: company, fromMs, toMs, limit }), next: null }
  })
}

function requestOf(runbookId: string, asked: AskedRun): RunRequest {
  return {
    companyId: asked.company, runbookId, incidentId: asked.incident ?? null, cloud: asked.cloud_provider ?? null, targets: (asked.targets ?? []).map(targetOf), inputs: asked.inputs ?? {}, mode: asked.mode ?? null,
  }
}

function targetOf(target: string | { asset: string; cloudAccountId?: string; instanceId?: string }): TargetAsked {
  if (typeof target === 'string') return { asset: target, cloudAccountId: null, instanceId: AWS_INSTANCE.test(target) ? target : null }
  return { asset: target.asset, cloudAccountId: target.cloudAccountId ?? null, instanceId: target.instanceId ?? null }
}

