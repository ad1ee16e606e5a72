/** `POST /api/llm/test`: whether the configured language models answer, and how to mend those that do not. */
import type { FastifyInstance } from 'fastify'
import { AppError } from '../../schemas/errors.ts'
import { answers, callerOf, READ_ERRORS, type RouteContext } from '../context.ts'
import { answer, body, flag, list, nullable, text, whole } from '../json-schema.ts'

const TRIAL = answer({
  provider: text(), model: text(), tiers: list(text({ enum: ['cheap', 'strong'] })), ok: flag({ description: 'it answered the question in the form that was asked for' }),
  latencyMs: whole(), inputTokens: nullable(whole()), outputTokens: nullable(whole()), costMicroUsd: nullable(whole({ description: 'millionths of a US dollar; null where the price of the model is unknown' })),
  code: nullable(text({ description: 'why not, as in the list of errors' })), message: nullable(text({ description: 'how to mend it' })),
})

/** Makes real, tiny calls; in mode demo none. */
export function llmRoutes(app: FastifyInstance, { modelTests, stores }: RouteContext): void {
  app.post<{ Body: { provider?: string } | null }>('/api/llm/test', {
    config: { access: 'msp' },
    schema: {
      tags: ['llm'], summary: 'Try each configured language model with a tiny question',
      body: { ...body({ provider: text({ maxLength: 40, description: 'openai, bedrock, anthropic or gemini; absent: every configured one' }) }), type: ['object', 'null'] },
      response: answers({ 200: answer({ off: nullable(text({ description: 'why no call was made at all' })), items: list(TRIAL, { description: 'one for each model of each provider, in the order they are asked' }) }) }, ...READ_ERRORS),
    },
  }, async (request) => {
    const provider = request.body?.provider ?? null
    const { off, providers } = modelTests
    if (off === null && provider !== null && !providers.includes(provider)) throw new AppError('bad_request', `provider: ${providers.join(', ')} ${providers.length === 1 ? 'is' : 'are'} configured`)
    const items = off === null ? await modelTests.run(provider) : []
    if (items.length > 0) await stores.audit.write(callerOf(request), { companyId: null, action: 'llm.tested', subject: provider ?? 'all', after: items.map(({ provider: name, model, ok, code }) => ({ provider: name, model, ok, code })) })
    return { off, items }
  })
}
