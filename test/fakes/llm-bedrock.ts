/** Bedrock's Converse and ConverseStream: REST JSON, errors named in a header, streams in AWS's event-stream encoding. Signatures are looked at, not verified. */
import type { ServerResponse } from 'node:http'
import { crc32 } from 'node:zlib'
import { pieces, startLlmFake, type LlmFake } from './llm.ts'

interface Options {
  readonly accessKeyId?: string
  readonly models?: readonly string[]
  /** `toolChoice` as models that cannot be made to use a tool. */
  readonly refuses?: readonly 'toolChoice'[]
}
interface Body {
  system?: { text: string }[]; messages: { role: string; content: { text: string }[] }[]; inferenceConfig?: { maxTokens?: number; temperature?: number }
  toolConfig?: { tools: { toolSpec: { name: string; inputSchema: { json: Record<string, unknown> } } }[]; toolChoice?: object }
}
const NAMES: Readonly<Record<number, string>> = { 400: 'ValidationException', 403: 'AccessDeniedException', 404: 'ResourceNotFoundException', 408: 'ModelTimeoutException', 429: 'ThrottlingException', 500: 'InternalServerException', 503: 'ServiceUnavailableException' }

/** Starts it. */
export function startBedrockFake({ accessKeyId = 'AKIATESTBEDROCK', models = ['us.amazon.nova-lite-v1:0', 'us.amazon.nova-pro-v1:0'], refuses = [] }: Options = {}): Promise<LlmFake> {
  return startLlmFake({
    asked(request, body) {
      const found = /^\/model\/([^/]+)\/(converse|converse-stream)$/.exec(request.url ?? '')
      if (request.method !== 'POST' || found === null) return null
      const { system, messages, inferenceConfig, toolConfig } = body as unknown as Body
      return {
        model: decodeURIComponent(found[1] ?? ''), system: system?.[0]?.text ?? '', prompt: messages[0]?.content[0]?.text ?? '', schema: toolConfig?.tools[0]?.toolSpec.inputSchema.json ?? null,
        isStream: found[2] === 'converse-stream', temperature: inferenceConfig?.temperature ?? null, maxTokens: inferenceConfig?.maxTokens ?? 0, body, path: request.url ?? '',
      }
    },
    refusal(request, asked) {
      const signed = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/bedrock\/aws4_request, SignedHeaders=\S+, Signature=[0-9a-f]{64}$/.exec(request.headers.authorization ?? '')
      if (signed === null) return { kind: 'error', status: 403, code: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token' }
      if (signed[1] !== accessKeyId) return { kind: 'error', status: 403, code: 'UnrecognizedClientException', message: 'The security token included in the request is invalid.' }
      if (!models.includes(asked.model)) return { kind: 'error', status: 400, message: 'The provided model identifier is invalid.' }
      if (refuses.length > 0 && (asked.body as unknown as Body).toolConfig?.toolChoice !== undefined) return { kind: 'error', status: 400, message: "This model doesn't support the toolConfig.toolChoice.tool field. Remove toolConfig.toolChoice.tool and try again." }
      return null
    },
    answer(response, asked, text, isJson, stop, { inputTokens, outputTokens, cachedInputTokens }) {
      const tool = (asked.body as unknown as Body).toolConfig?.tools[0]?.toolSpec
      const isTool = isJson && tool !== undefined
      const stopReason = stop === 'refusal' ? 'guardrail_intervened' : stop === 'cut' ? 'max_tokens' : isTool ? 'tool_use' : 'end_turn'
      const usage = { inputTokens: inputTokens - cachedInputTokens, outputTokens, totalTokens: inputTokens + outputTokens, cacheReadInputTokens: cachedInputTokens, cacheWriteInputTokens: 0 }
      if (!asked.isStream) {
        const block = isTool ? { toolUse: { toolUseId: 'tooluse_1', name: tool.name, input: JSON.parse(text) as unknown } } : { text }
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ output: { message: { role: 'assistant', content: [block] } }, stopReason, usage, metrics: { latencyMs: 12 } }))
        return
      }
      response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' })
      send(response, 'messageStart', { role: 'assistant' })
      if (isTool) send(response, 'contentBlockStart', { contentBlockIndex: 0, start: { toolUse: { toolUseId: 'tooluse_1', name: tool.name } } })
      for (const piece of pieces(text)) send(response, 'contentBlockDelta', { contentBlockIndex: 0, delta: isTool ? { toolUse: { input: piece } } : { text: piece } })
      send(response, 'contentBlockStop', { contentBlockIndex: 0 })
      send(response, 'messageStop', { stopReason })
      send(response, 'metadata', { usage, metrics: { latencyMs: 12 } })
      response.end()
    },
    error(response, { status, message = 'The system encountered an unexpected error during processing. Try your request again.', code, headers = {} }) {
      response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': `${code ?? NAMES[status] ?? 'InternalServerException'}:http://internal.amazon.com/coral/com.amazon.bedrock/`, ...headers }).end(JSON.stringify({ message }))
    },
    begin(response, _asked, text) {
      response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' })
      send(response, 'messageStart', { role: 'assistant' })
      for (const piece of pieces(text)) send(response, 'contentBlockDelta', { contentBlockIndex: 0, delta: { text: piece } })
    },
    streamError(response) {
      send(response, 'throttlingException', { message: 'Too many tokens, please wait before trying again.' }, 'exception')
      response.end()
    },
  })
}

/** One message: total and header length with their CRC, headers, body, and the CRC of all. */
function send(response: ServerResponse, name: string, body: object, kind: 'event' | 'exception' = 'event'): void {
  const headers = Buffer.concat([header(kind === 'event' ? ':event-type' : ':exception-type', name), header(':content-type', 'application/json'), header(':message-type', kind)])
  const payload = Buffer.from(JSON.stringify(body))
  const message = Buffer.alloc(16 + headers.length + payload.length)
  message.writeUInt32BE(message.length, 0)
  message.writeUInt32BE(headers.length, 4)
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8)
  headers.copy(message, 12)
  payload.copy(message, 12 + headers.length)
  message.writeUInt32BE(crc32(message.subarray(0, message.length - 4)), message.length - 4)
  response.write(message)
}

function header(name: string, value: string): Buffer {
  const text = Buffer.from(value)
  const head = Buffer.from([name.length, ...Buffer.from(name), 7, text.length >> 8, text.length & 255])
  return Buffer.concat([head, text])
}
