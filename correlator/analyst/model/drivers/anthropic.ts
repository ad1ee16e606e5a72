/**
 * Anthropic's Messages. A structured answer is the input of a tool the model is made to use. Newer models take no temperature and think unless told not to; a model that
 * cannot be made to use a tool is asked for its output format instead, and one that has neither is told the schema in words.
 */
import Anthropic, { APIError } from '@anthropic-ai/sdk'
import type { MessageCreateParamsBase, Message, RawMessageStreamEvent } from '@anthropic-ai/sdk/resources/messages'
import type { Clock } from '../../../../schemas/clock.ts'
import type { ErrorCode } from '../../../../schemas/errors.ts'
import { boundedFetch } from '../bounded-fetch.ts'
import type { Driver, DriverAnswer, DriverCall, HttpAccess, TokenCount } from '../driver.ts'
import { codeOfStatus, failureOf } from '../failures.ts'
import { limitNotices, retryAfterSeconds } from '../limits.ts'
import { schemaInstruction } from '../structured.ts'
import { brokenCall, OptionRefused, refusedOption, Refusals, withoutRefused } from './common.ts'

type Option = 'temperature' | 'forcedTool' | 'noThinking' | 'outputFormat'
const OPTIONS: Readonly<Record<Option, RegExp>> = { temperature: /temperature|sampling/i, forcedTool: /tool_choice|forces? tool/i, noThinking: /thinking/i, outputFormat: /output_config|output_format|schema/i }
const OFFICIAL = 'https://api.anthropic.com'
/** Models known to refuse a temperature and to think by default; others are found out. */
const SINCE_5 = /^claude-[a-z]+-[5-9]/
const CODES: Readonly<Record<string, ErrorCode>> = {
  authentication_error: 'llm_unauthorized', billing_error: 'llm_unauthorized', permission_error: 'llm_unauthorized', rate_limit_error: 'llm_rate_limited', timeout_error: 'llm_timeout',
  api_error: 'llm_unavailable', overloaded_error: 'llm_unavailable', invalid_request_error: 'llm_bad_request', not_found_error: 'llm_bad_request', request_too_large: 'llm_bad_request',
}

/** Makes the driver. */
export function anthropicDriver({ baseUrl, apiKey }: HttpAccess, clock: Clock): Driver {
  const refusals = new Refusals<Option>()
  const secret = apiKey?.reveal() ?? ''

  const once = async (call: DriverCall, refused: ReadonlySet<Option>): Promise<DriverAnswer> => {
    const bounded = boundedFetch()
    // The header of the reference, which gateways know too; the library's own way is a bearer token.
    const client = new Anthropic({ apiKey: secret, defaultHeaders: { 'x-api-key': secret, authorization: null }, baseURL: baseUrl ?? OFFICIAL, maxRetries: 0, fetch: bounded.fetch, logLevel: 'off' })
    const body = bodyOf(call, refused)
    const progress: Progress = { text: '', stop: null, usage: null, isWhole: false }
    try {
      const limits = (header: Headers) => limitNotices((name) => header.get(name), clock.now())
      if (call.onText === null) {
        const { data, response } = await client.messages.create({ ...body, stream: false }, { signal: call.signal }).withResponse()
        readMessage(data, progress)
        return ended(call, progress, limits(response.headers))
      }
      const { data, response } = await client.messages.create({ ...body, stream: true }, { signal: call.signal }).withResponse()
      for await (const event of data) readEvent(event, progress, call.onText)
      return ended(call, progress, limits(response.headers))
    } catch (thrown) {
      if (!(thrown instanceof APIError) || (thrown.status === undefined && thrown.type === null)) throw brokenCall(thrown, { provider: 'anthropic', model: call.model, tokens: progress.usage }, bounded.isExceeded())
      const error = thrown as APIError
      const said = error.apiMessage ?? ''
      const status = error.status ?? null
      const code = /credit balance/i.test(said) ? 'llm_unauthorized' : CODES[error.type ?? ''] ?? codeOfStatus(status)
      const failure = failureOf(code, {
        provider: 'anthropic', model: call.model, status, said, secrets: [secret], tokens: progress.usage, retryAfterSeconds: error.headers === undefined ? null : retryAfterSeconds((name) => error.headers?.get(name) ?? null, clock.now()),
      })
      const option = status === 400 ? refusedOption(said, OPTIONS, refused) : null
      throw option === null || code !== 'llm_bad_request' ? failure : new OptionRefused(option, failure)
    }
  }
  return {
    provider: 'anthropic',
    call: (call) => {
      const refused = refusals.of(call.model)
      if (SINCE_5.test(call.model)) refused.add('temperature')
      return withoutRefused(refused, (known) => once(call, known))
    },
  }
}

interface Progress { text: string; stop: string | null; usage: TokenCount | null; isWhole: boolean }

function bodyOf({ model, system, prompt, schema, schemaName, temperature, maxTokens }: DriverCall, refused: ReadonlySet<Option>): Omit<MessageCreateParamsBase, 'stream'> & { temperature?: number } {
  const form = schema === null ? null : !refused.has('forcedTool') ? 'tool' : !refused.has('outputFormat') ? 'format' : 'words'
  return {
    model,
    max_tokens: maxTokens,
    system: form === 'words' && schema !== null ? `${system}\n\n${schemaInstruction(schema)}` : system,
    messages: [{ role: 'user', content: prompt }],
    ...(refused.has('temperature') ? {} : { temperature }),
    ...(SINCE_5.test(model) && !refused.has('noThinking') ? { thinking: { type: 'disabled' as const } } : {}),
    ...(form === 'tool' && schema !== null ? {
      tools: [{ name: schemaName, description: 'Takes the answer.', input_schema: { ...schema, type: 'object' as const } }],
      tool_choice: { type: 'tool' as const, name: schemaName, disable_parallel_tool_use: true },
    } : {}),
    ...(form === 'format' && schema !== null ? { output_config: { format: { type: 'json_schema' as const, schema: { ...schema } } } } : {}),
  }
}

function readMessage(message: Partial<Message>, progress: Progress): void {
  if (message.content === undefined || message.usage === undefined) throw new SyntaxError('no message')
  for (const block of message.content) {
    if (block.type === 'tool_use') progress.text += JSON.stringify(block.input)
    else if (block.type === 'text') progress.text += block.text
  }
  progress.stop = message.stop_reason ?? null
  progress.usage = tokensOf(message.usage)
  progress.isWhole = true
}

function readEvent(event: RawMessageStreamEvent, progress: Progress, onText: (delta: string) => void): void {
  switch (event.type) {
    case 'message_start':
      progress.usage = tokensOf(event.message.usage)
      return
    case 'content_block_delta': {
      const delta = event.delta.type === 'text_delta' ? event.delta.text : event.delta.type === 'input_json_delta' ? event.delta.partial_json : ''
      progress.text += delta
      if (delta !== '') onText(delta)
      return
    }
    case 'message_delta':
      progress.stop = event.delta.stop_reason
      progress.usage = { inputTokens: 0, cachedInputTokens: 0, ...progress.usage, outputTokens: event.usage.output_tokens }
      return
    case 'message_stop':
      progress.isWhole = true
  }
}

function ended(call: DriverCall, { text, stop, usage, isWhole }: Progress, limits: DriverAnswer['limits']): DriverAnswer {
  const failure = { provider: 'anthropic' as const, model: call.model, status: null, tokens: usage }
  if (stop === 'refusal') throw failureOf('llm_refused', { ...failure, said: '' })
  if (!isWhole || usage === null) throw failureOf('llm_unavailable', { ...failure, said: 'the stream ended early' })
  return { text, isCut: stop === 'max_tokens' || stop === 'model_context_window_exceeded', tokens: usage, limits }
}

/** What was read from and written to the cache is counted beside the input there; here it is part of it. */
function tokensOf(usage: { input_tokens: number; output_tokens: number; cache_read_input_tokens?: number | null; cache_creation_input_tokens?: number | null }): TokenCount {
  const cached = usage.cache_read_input_tokens ?? 0
  return { inputTokens: usage.input_tokens + cached + (usage.cache_creation_input_tokens ?? 0), outputTokens: usage.output_tokens, cachedInputTokens: cached }
}
