/** Gemini's generateContent and its stream, as the vendor's description has them. */
import { event, pieces, startLlmFake, type LlmFake } from './llm.ts'

interface Options {
  readonly key?: string
  readonly models?: readonly string[]
  /** `thinkingConfig` as models that cannot do without. */
  readonly refuses?: readonly ('responseJsonSchema' | 'thinkingConfig')[]
}
interface Body {
  systemInstruction?: { parts: { text: string }[] }; contents: { role: string; parts: { text: string }[] }[]
  generationConfig?: { temperature?: number; maxOutputTokens?: number; responseMimeType?: string; responseJsonSchema?: Record<string, unknown> }
}
const STATUSES: Readonly<Record<number, string>> = { 400: 'INVALID_ARGUMENT', 401: 'UNAUTHENTICATED', 403: 'PERMISSION_DENIED', 404: 'NOT_FOUND', 429: 'RESOURCE_EXHAUSTED', 500: 'INTERNAL', 503: 'UNAVAILABLE', 504: 'DEADLINE_EXCEEDED' }

/** Starts it. */
export function startGeminiFake({ key = 'AIzaTestGeminiKey', models = ['gemini-3.5-flash-lite', 'gemini-3.8-flash'], refuses = [] }: Options = {}): Promise<LlmFake> {
  return startLlmFake({
    asked(request, body) {
      const found = /^\/v1beta\/models\/([^/:]+):(generateContent|streamGenerateContent\?alt=sse)$/.exec(request.url ?? '')
      if (request.method !== 'POST' || found === null) return null
      const { systemInstruction, contents, generationConfig = {} } = body as unknown as Body
      return {
        model: decodeURIComponent(found[1] ?? ''), system: systemInstruction?.parts[0]?.text ?? '', prompt: contents[0]?.parts[0]?.text ?? '', schema: generationConfig.responseJsonSchema ?? null,
        isStream: found[2] !== 'generateContent', temperature: generationConfig.temperature ?? null, maxTokens: generationConfig.maxOutputTokens ?? 0, body, path: request.url ?? '',
      }
    },
    refusal(request, asked) {
      if (request.headers['x-goog-api-key'] !== key) return { kind: 'error', status: 400, code: 'API_KEY_INVALID', message: 'API key not valid. Please pass a valid API key.' }
      if (!models.includes(asked.model)) return { kind: 'error', status: 404, message: `models/${asked.model} is not found for API version v1beta, or is not supported for generateContent.` }
      const config = (asked.body as unknown as Body).generationConfig ?? {}
      if (config.responseJsonSchema !== undefined && config.responseMimeType !== 'application/json') return { kind: 'error', status: 400, message: 'responseJsonSchema needs responseMimeType application/json' }
      const refused = refuses.find((name) => name in config)
      return refused === undefined ? null : { kind: 'error', status: 400, message: refused === 'thinkingConfig' ? 'Thinking level MINIMAL is not supported for this model. Please retry with other thinking level.' : `Invalid JSON payload received. Unknown name "${refused}" at 'generation_config': Cannot find field.` }
    },
    answer(response, asked, text, _isJson, stop, { inputTokens, outputTokens, cachedInputTokens }) {
      const usageMetadata = { promptTokenCount: inputTokens, candidatesTokenCount: outputTokens - 10, thoughtsTokenCount: 10, cachedContentTokenCount: cachedInputTokens, totalTokenCount: inputTokens + outputTokens }
      const finishReason = { end: 'STOP', cut: 'MAX_TOKENS', refusal: 'SAFETY' }[stop]
      const part = (piece: string, isLast: boolean): object => ({
        candidates: [{ index: 0, ...(stop === 'refusal' ? {} : { content: { role: 'model', parts: [{ text: piece }] } }), ...(isLast ? { finishReason } : {}) }], modelVersion: asked.model, responseId: 'r1', usageMetadata,
      })
      if (!asked.isStream) return void response.writeHead(200, { 'content-type': 'application/json; charset=UTF-8' }).end(JSON.stringify(part(text, true)))
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const all = pieces(text)
      for (const piece of all) response.write(event(part(piece, false)).replaceAll('\n', '\r\n'))
      response.end(event(part('', true)).replaceAll('\n', '\r\n'))
    },
    error(response, { status, message = 'Internal error encountered.', code, headers = {} }) {
      const details = code === undefined ? [] : [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: code, domain: 'googleapis.com' }]
      const retry = status === 429 && headers['retry-after'] === undefined ? [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.5s' }] : []
      response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8', ...headers }).end(JSON.stringify({ error: { code: status, message, status: STATUSES[status] ?? 'UNKNOWN', details: [...details, ...retry] } }))
    },
    begin(response, asked, text) {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const piece of pieces(text)) response.write(event({ candidates: [{ index: 0, content: { role: 'model', parts: [{ text: piece }] } }], modelVersion: asked.model }))
    },
    streamError(response) {
      response.end(event({ error: { code: 503, message: 'The model is overloaded. Please try again later.', status: 'UNAVAILABLE' } }))
    },
  })
}
