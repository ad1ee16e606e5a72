/** OpenAI's chat completions, as its description and its error guide have them; or a server of one's own that takes less. */
import type { IncomingMessage } from 'node:http'
import { event, pieces, startLlmFake, type Asked, type LlmFake, type Vendor } from './llm.ts'

interface Options {
  /** Null: asks for no key, as a model of one's own does. */
  readonly key?: string | null
  readonly models?: readonly string[]
  /** Parameters it refuses as `unsupported_parameter`. */
  readonly refuses?: readonly string[]
}
interface Body {
  model: string; stream?: boolean; temperature?: number; max_tokens?: number; max_completion_tokens?: number; stream_options?: { include_usage?: boolean }
  messages: { role: string; content: string }[]; response_format?: { type: string; json_schema?: { name: string; schema: Record<string, unknown>; strict?: boolean } }
}

/** Starts it; its address ends in `/v1`. */
export async function startOpenAiFake({ key = 'sk-test-openai-key', models = ['gpt-6-luna', 'gpt-6-sol'], refuses = [] }: Options = {}): Promise<LlmFake> {
  const vendor: Vendor = {
    asked(request, body) {
      if (request.method !== 'POST' || request.url !== '/v1/chat/completions') return null
      const { model, messages, stream = false, temperature = null, response_format: format, max_tokens: old, max_completion_tokens: limit } = body as unknown as Body
      return {
        model, system: messages.find(({ role }) => role === 'system')?.content ?? '', prompt: messages.find(({ role }) => role === 'user')?.content ?? '', schema: format?.json_schema?.schema ?? null,
        isStream: stream, temperature, maxTokens: limit ?? old ?? 0, body, path: request.url,
      }
    },
    refusal(request, asked) {
      if (key !== null && bearer(request) !== key) return { kind: 'error', status: 401, code: 'invalid_api_key', message: `Incorrect API key provided: ${bearer(request)}. You can find your API key at https://platform.openai.com/account/api-keys.` }
      if (!models.includes(asked.model)) return { kind: 'error', status: 404, code: 'model_not_found', message: `The model \`${asked.model}\` does not exist or you do not have access to it.` }
      const refused = refuses.find((name) => name in asked.body || (name === 'json_schema' && (asked.body as unknown as Body).response_format?.type === 'json_schema'))
      if (refused !== undefined) return { kind: 'error', status: 400, code: 'unsupported_parameter', message: `Unsupported parameter: '${refused === 'json_schema' ? "response_format' of type 'json_schema" : refused}' is not supported with this model.` }
      const { response_format: format, messages } = asked.body as unknown as Body
      // A schema that is strict must close every object; a plain JSON format needs the word in the messages.
      if (format?.json_schema?.strict === true && format.json_schema.schema.additionalProperties !== false) return { kind: 'error', status: 400, code: 'invalid_json_schema', message: "Invalid schema for response_format: 'additionalProperties' is required to be supplied and to be false." }
      if (format?.json_schema?.strict === true && JSON.stringify(format.json_schema.schema).includes('"minLength"')) return { kind: 'error', status: 400, code: 'invalid_json_schema', message: "Invalid schema for response_format: 'minLength' is not permitted." }
      if (format?.type === 'json_object' && !messages.some(({ content }) => /json/i.test(content))) return { kind: 'error', status: 400, code: 'invalid_request_error', message: "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'." }
      return null
    },
    answer(response, asked, text, _isJson, stop, tokens) {
      const usage = {
        prompt_tokens: tokens.inputTokens, completion_tokens: tokens.outputTokens, total_tokens: tokens.inputTokens + tokens.outputTokens,
        prompt_tokens_details: { cached_tokens: tokens.cachedInputTokens }, completion_tokens_details: { reasoning_tokens: 0 },
      }
      const finish = { end: 'stop', cut: 'length', refusal: 'stop' }[stop]
      const refusal = stop === 'refusal' ? 'I cannot help with that.' : null
      if (!asked.isStream) {
        response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': 'req_1' }).end(JSON.stringify({
          id: 'chatcmpl-1', object: 'chat.completion', created: 1_700_000_000, model: asked.model, usage, service_tier: 'default', system_fingerprint: 'fp_1',
          choices: [{ index: 0, message: { role: 'assistant', content: refusal === null ? text : null, refusal }, logprobs: null, finish_reason: finish }],
        }))
        return
      }
      begin(response, asked, '')
      for (const piece of pieces(refusal ?? text)) response.write(event(chunk(asked, refusal === null ? { content: piece } : { refusal: piece }, null)))
      response.write(event(chunk(asked, {}, finish)))
      if ((asked.body as unknown as Body).stream_options?.include_usage === true) response.write(event({ ...chunk(asked, {}, null), choices: [], usage }))
      response.end('data: [DONE]\n\n')
    },
    error(response, { status, message = 'The server had an error while processing your request.', code, headers = {} }) {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify({ error: { message, type: status >= 500 ? 'server_error' : status === 429 ? 'requests' : 'invalid_request_error', param: null, code: code ?? null } }))
    },
    begin,
    streamError(response) {
      response.end(event({ error: { message: 'The server had an error while processing your request.', type: 'server_error', param: null, code: null } }))
    },
  }
  const fake = await startLlmFake(vendor)
  return Object.defineProperty(fake, 'url', { value: `${fake.url}/v1` })
}

const begin: Vendor['begin'] = (response, asked, text) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(event(chunk(asked, { role: 'assistant', content: '', refusal: null }, null)))
  for (const piece of pieces(text)) response.write(event(chunk(asked, { content: piece }, null)))
}

function chunk({ model }: Asked, delta: object, finish: string | null): object {
  return { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model, system_fingerprint: 'fp_1', choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] }
}

const bearer = (request: IncomingMessage): string => (request.headers.authorization ?? '').replace(/^Bearer /, '')
