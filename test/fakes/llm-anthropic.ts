/** Anthropic's Messages, as its reference has them. */
import { event, pieces, startLlmFake, type Asked, type LlmFake, type Vendor } from './llm.ts'

interface Options {
  readonly key?: string
  readonly models?: readonly string[]
  /** `temperature` as models since 5; `tool_choice` as models that always think. */
  readonly refuses?: readonly ('temperature' | 'tool_choice' | 'thinking' | 'output_config')[]
}
interface Body {
  model: string; system?: string; stream?: boolean; temperature?: number; max_tokens?: number; thinking?: { type: string }; messages: { role: string; content: string }[]
  tools?: { name: string; input_schema: Record<string, unknown> }[]; tool_choice?: { type: string; name?: string }; output_config?: { format?: { schema: Record<string, unknown> } }
}
const WORDS = {
  temperature: '`temperature` is not supported by this model; remove it.', tool_choice: 'Thinking may not be enabled when tool_choice forces tool use.', thinking: 'thinking.type: "disabled" is not supported by this model.', output_config: 'output_config.format: is not supported by this model.',
}
const TYPES: Readonly<Record<number, string>> = { 400: 'invalid_request_error', 401: 'authentication_error', 402: 'billing_error', 403: 'permission_error', 404: 'not_found_error', 413: 'request_too_large', 429: 'rate_limit_error', 504: 'timeout_error', 529: 'overloaded_error' }

/** Starts it. */
export function startAnthropicFake({ key = 'sk-ant-test-key', models = ['claude-haiku-5-5', 'claude-sonnet-5-5'], refuses = ['temperature'] }: Options = {}): Promise<LlmFake> {
  return startLlmFake({
    asked(request, body) {
      if (request.method !== 'POST' || request.url !== '/v1/messages') return null
      const { model, system = '', messages, stream = false, temperature = null, max_tokens: limit = 0, tools, output_config: output } = body as unknown as Body
      return { model, system, prompt: messages[0]?.content ?? '', schema: tools?.[0]?.input_schema ?? output?.format?.schema ?? null, isStream: stream, temperature, maxTokens: limit, body, path: request.url }
    },
    refusal(request, asked) {
      if (request.headers['anthropic-version'] === undefined) return { kind: 'error', status: 400, message: 'anthropic-version: header is required' }
      if (request.headers['x-api-key'] !== key) return { kind: 'error', status: 401, message: 'invalid x-api-key' }
      if (!models.includes(asked.model)) return { kind: 'error', status: 404, message: `model: ${asked.model}` }
      if (asked.maxTokens < 1) return { kind: 'error', status: 400, message: 'max_tokens: Field required' }
      const refused = refuses.find((name) => name in asked.body)
      return refused === undefined ? null : { kind: 'error', status: 400, message: WORDS[refused] }
    },
    answer(response, asked, text, isJson, stop, { inputTokens, outputTokens, cachedInputTokens }) {
      const tool = (asked.body as unknown as Body).tools?.[0]
      const isTool = isJson && tool !== undefined
      const reason = stop === 'refusal' ? 'refusal' : stop === 'cut' ? 'max_tokens' : isTool ? 'tool_use' : 'end_turn'
      const usage = { input_tokens: inputTokens - cachedInputTokens, cache_creation_input_tokens: 0, cache_read_input_tokens: cachedInputTokens, output_tokens: outputTokens, service_tier: 'standard' }
      if (!asked.isStream) {
        const block = isTool ? { type: 'tool_use', id: 'toolu_1', name: tool.name, input: JSON.parse(text) as unknown } : { type: 'text', text }
        response.writeHead(200, { 'content-type': 'application/json', 'request-id': 'req_1' }).end(JSON.stringify({ ...message(asked), content: stop === 'refusal' ? [] : [block], stop_reason: reason, usage }))
        return
      }
      start(response, asked, { ...usage, output_tokens: 1 }, isTool ? tool.name : null)
      for (const piece of pieces(text)) response.write(event({ type: 'content_block_delta', index: 0, delta: isTool ? { type: 'input_json_delta', partial_json: piece } : { type: 'text_delta', text: piece } }, 'content_block_delta'))
      response.write(event({ type: 'content_block_stop', index: 0 }, 'content_block_stop'))
      response.write(event({ type: 'message_delta', delta: { stop_reason: reason, stop_sequence: null }, usage: { output_tokens: outputTokens } }, 'message_delta'))
      response.end(event({ type: 'message_stop' }, 'message_stop'))
    },
    error(response, { status, message: words = 'Internal server error', code, headers = {} }) {
      response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_1', ...headers }).end(JSON.stringify({ type: 'error', error: { type: code ?? TYPES[status] ?? 'api_error', message: words }, request_id: 'req_1' }))
    },
    begin(response, asked, text) {
      start(response, asked, { input_tokens: 100, output_tokens: 1 }, null)
      for (const piece of pieces(text)) response.write(event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: piece } }, 'content_block_delta'))
    },
    streamError(response) {
      response.end(event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, 'error'))
    },
  })
}

const start = (response: Parameters<Vendor['begin']>[0], asked: Asked, usage: object, toolName: string | null): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  response.write(event({ type: 'message_start', message: { ...message(asked), content: [], stop_reason: null, usage } }, 'message_start'))
  response.write(event({ type: 'ping' }, 'ping'))
  response.write(event({ type: 'content_block_start', index: 0, content_block: toolName === null ? { type: 'text', text: '' } : { type: 'tool_use', id: 'toolu_1', name: toolName, input: {} } }, 'content_block_start'))
}

const message = ({ model }: Asked): object => ({ id: 'msg_1', type: 'message', role: 'assistant', model, stop_sequence: null })
