/**
 * OpenAI, and whatever speaks its chat completions: gateways and models of one's own. Servers differ in what they take, so an option that is refused
 * (`response_format` first as a strict schema, then as a plain one, then as JSON; a temperature; either name of the token limit) is left out for that model from then on.
 */
import OpenAI, { APIError } from 'openai'
import type { ChatCompletion, ChatCompletionChunk, ChatCompletionCreateParamsBase } from 'openai/resources/chat/completions'
import type { Clock } from '../../../../schemas/clock.ts'
import type { ErrorCode } from '../../../../schemas/errors.ts'
import { boundedFetch } from '../bounded-fetch.ts'
import type { Driver, DriverAnswer, DriverCall, HttpAccess, TokenCount } from '../driver.ts'
import { codeOfStatus, failureOf } from '../failures.ts'
import { limitNotices, retryAfterSeconds } from '../limits.ts'
import { estimateTokens } from '../rate-gate.ts'
import { isStrict, schemaInstruction } from '../structured.ts'
import { brokenCall, OptionRefused, refusedOption, Refusals, withoutRefused } from './common.ts'

type Option = 'temperature' | 'effort' | 'streamUsage' | 'tokenLimitName' | 'strict' | 'jsonSchema' | 'jsonObject'
const OPTIONS: Readonly<Record<Option, RegExp>> = {
  temperature: /temperature/i, effort: /reasoning/i, streamUsage: /stream_options/i, tokenLimitName: /max_(completion_)?tokens/i,
  strict: /invalid_json_schema|invalid schema|\bstrict\b/i, jsonSchema: /response_format|json_schema|structured output|grammar/i, jsonObject: /response_format|json_object/i,
}
const OFFICIAL = 'https://api.openai.com/v1'
/** Models that think unless told not to; a thousand tokens and three seconds leave no room for that. */
const THINKING = /^gpt-(5\.\d|[6-9])/
/** What OpenAI calls deprecated is the only name many servers of one's own know. */
const OLD_LIMIT = 'max_tokens'
const NO_MONEY = /insufficient_quota|credit_balance|spend_limit|usage_limit|billing/i

/** Makes the driver; without a key only servers that ask for none answer. */
export function openaiDriver({ baseUrl, apiKey }: HttpAccess, clock: Clock): Driver {
  const refusals = new Refusals<Option>()
  const secrets = apiKey === null ? [] : [apiKey.reveal()]

  const once = async (call: DriverCall, refused: ReadonlySet<Option>): Promise<DriverAnswer> => {
    const bounded = boundedFetch()
    const client = new OpenAI({ apiKey: apiKey?.reveal() ?? 'none', baseURL: baseUrl ?? OFFICIAL, maxRetries: 0, fetch: bounded.fetch, logLevel: 'off' })
    const body = bodyOf(call, refused, baseUrl === null || baseUrl.startsWith(OFFICIAL))
    const progress: Progress = { text: '', refusal: '', finish: null, usage: null }
    try {
      const limits = (header: Headers) => limitNotices((name) => header.get(name), clock.now())
      if (call.onText === null) {
        const { data, response } = await client.chat.completions.create({ ...body, stream: false }, { signal: call.signal }).withResponse()
        readCompletion(data, progress)
        return ended(call, progress, limits(response.headers))
      }
      const options = refused.has('streamUsage') ? {} : { stream_options: { include_usage: true } }
      const { data, response } = await client.chat.completions.create({ ...body, ...options, stream: true }, { signal: call.signal }).withResponse()
      for await (const chunk of data) readChunk(chunk, progress, call.onText)
      return ended(call, progress, limits(response.headers))
    } catch (thrown) {
      if (!(thrown instanceof APIError) || (thrown.status === undefined && thrown.error === undefined)) throw brokenCall(thrown, { provider: 'openai', model: call.model, tokens: tokensOf(progress.usage) }, bounded.isExceeded())
      const error = thrown as APIError
      const said = `${error.param ?? ''} ${error.code ?? ''} ${error.type ?? ''} ${error.message}`
      const code = codeOf(error.status ?? null, said)
      const failure = failureOf(code, {
        provider: 'openai', model: call.model, status: error.status ?? null, said: error.message, secrets, retryAfterSeconds: error.headers === undefined ? null : retryAfterSeconds((name) => error.headers?.get(name) ?? null, clock.now()),
      })
      const option = error.status === 400 || error.status === 422 ? refusedOption(said, OPTIONS, refused) : null
      throw option === null || code !== 'llm_bad_request' ? failure : new OptionRefused(option, failure)
    }
  }
  return { provider: 'openai', call: (call) => withoutRefused(refusals.of(call.model), (refused) => once(call, refused)) }
}

interface Progress { text: string; refusal: string; finish: string | null; usage: ChatCompletion['usage'] | null }

function bodyOf({ model, system, prompt, schema, schemaName, temperature, maxTokens }: DriverCall, refused: ReadonlySet<Option>, isOfficial: boolean): Omit<ChatCompletionCreateParamsBase, 'stream'> {
  const format = schema === null ? null : !refused.has('jsonSchema') ? 'json_schema' : !refused.has('jsonObject') ? 'json_object' : null
  const instruction = schema === null || format === 'json_schema' ? system : `${system}\n\n${schemaInstruction(schema)}`
  return {
    model,
    messages: [{ role: 'system', content: instruction }, { role: 'user', content: prompt }],
    [isOfficial === refused.has('tokenLimitName') ? OLD_LIMIT : 'max_completion_tokens']: maxTokens,
    ...(refused.has('temperature') ? {} : { temperature }),
    ...(THINKING.test(model) && !refused.has('effort') ? { reasoning_effort: 'none' as const } : {}),
    ...(format === 'json_schema' && schema !== null ? { response_format: { type: 'json_schema' as const, json_schema: { name: schemaName, schema, strict: !refused.has('strict') && isStrict(schema) } } } : {}),
    ...(format === 'json_object' ? { response_format: { type: 'json_object' as const } } : {}),
  }
}

/** Servers that only resemble OpenAI's leave out what its types promise. */
function readCompletion(data: Partial<ChatCompletion>, progress: Progress): void {
  const choice = data.choices?.[0]
  if (choice === undefined) throw new SyntaxError('no choices')
  progress.text = choice.message.content ?? ''
  progress.refusal = choice.message.refusal ?? ''
  progress.finish = choice.finish_reason
  progress.usage = data.usage ?? null
}

function readChunk(chunk: Partial<ChatCompletionChunk>, progress: Progress, onText: (delta: string) => void): void {
  progress.usage = chunk.usage ?? progress.usage
  const choice = chunk.choices?.[0]
  if (choice === undefined) return
  const delta = choice.delta.content ?? ''
  progress.text += delta
  progress.refusal += choice.delta.refusal ?? ''
  progress.finish = choice.finish_reason ?? progress.finish
  if (delta !== '') onText(delta)
}

function ended(call: DriverCall, { text, refusal, finish, usage }: Progress, limits: DriverAnswer['limits']): DriverAnswer {
  const failure = { provider: 'openai' as const, model: call.model, status: null, tokens: tokensOf(usage) }
  if (refusal !== '' || finish === 'content_filter') throw failureOf('llm_refused', { ...failure, said: '' })
  if (finish === null) throw failureOf('llm_unavailable', { ...failure, said: 'the stream ended early' })
  const tokens = failure.tokens ?? { inputTokens: estimateTokens(call.system, call.prompt), outputTokens: estimateTokens(text), cachedInputTokens: 0 }
  return { text, isCut: finish === 'length', tokens, limits }
}

function tokensOf(usage: ChatCompletion['usage'] | null | undefined): TokenCount | null {
  return usage == null ? null : { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens, cachedInputTokens: usage.prompt_tokens_details?.cached_tokens ?? 0 }
}

function codeOf(status: number | null, said: string): ErrorCode {
  if (/content_filter|content_policy/i.test(said)) return 'llm_refused'
  if (status === 429 && NO_MONEY.test(said)) return 'llm_unauthorized'
  return codeOfStatus(status)
}
