/**
 * Amazon Bedrock through Converse, which is the same for every model there. A structured answer is the input of a tool the model is made to use; a model that cannot be
 * made to is told the schema in words. Region and credentials are those of the AWS default chain.
 */
import { Transform, type Readable } from 'node:stream'
import {
  BedrockRuntimeClient, BedrockRuntimeServiceException, ConverseCommand, ConverseStreamCommand, type ConverseCommandInput, type ConverseCommandOutput, type ConverseStreamOutput, type TokenUsage, type Tool,
} from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { Clock } from '../../../../schemas/clock.ts'
import { AppError, type ErrorCode } from '../../../../schemas/errors.ts'
import { ANSWER_BYTES, type Driver, type DriverAnswer, type DriverCall, type TokenCount } from '../driver.ts'
import { codeOfStatus, failureOf } from '../failures.ts'
import { retryAfterSeconds } from '../limits.ts'
import { schemaInstruction } from '../structured.ts'
import { brokenCall, OptionRefused, refusedOption, Refusals, withoutRefused } from './common.ts'

/** Where Bedrock is; nulls leave it to the default chain. */
export interface BedrockAccess {
  readonly region: string | null
  readonly endpoint?: string | null
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | null
}

type Option = 'temperature' | 'forcedTool'
const OPTIONS: Readonly<Record<Option, RegExp>> = { temperature: /temperature/i, forcedTool: /tool/i }
const CODES: Readonly<Record<string, ErrorCode>> = {
  CredentialsProviderError: 'llm_unauthorized', TokenProviderError: 'llm_unauthorized', ExpiredTokenException: 'llm_unauthorized', ExpiredToken: 'llm_unauthorized',
  ThrottlingException: 'llm_rate_limited', ServiceQuotaExceededException: 'llm_rate_limited', ModelNotReadyException: 'llm_rate_limited', ModelTimeoutException: 'llm_timeout',
  ModelErrorException: 'llm_unavailable', ModelStreamErrorException: 'llm_unavailable', InternalServerException: 'llm_unavailable', ServiceUnavailableException: 'llm_unavailable', ValidationException: 'llm_bad_request',
}
const REFUSED = new Set(['content_filtered', 'guardrail_intervened'])
const CUT = new Set(['max_tokens', 'model_context_window_exceeded'])

/** Makes the driver. */
export function bedrockDriver({ region, endpoint = null, credentials = null }: BedrockAccess, clock: Clock): Driver {
  const client = new BedrockRuntimeClient({
    ...(region === null ? {} : { region }), ...(endpoint === null ? {} : { endpoint }), ...(credentials === null ? {} : { credentials }), maxAttempts: 1,
    // The library's own choice is HTTP/2, for calls that speak both ways at once; these do not.
    requestHandler: new NodeHttpHandler(), logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  })
  const refusals = new Refusals<Option>()

  const once = async (call: DriverCall, refused: ReadonlySet<Option>): Promise<DriverAnswer> => {
    const input = inputOf(call, refused)
    const progress: Progress = { text: '', stop: null, usage: null, isExceeded: false }
    try {
      if (call.onText === null) {
        const command = new ConverseCommand(input)
        command.middlewareStack.add(bounding(progress), BOUNDING)
        readOutput(await client.send(command, { abortSignal: call.signal }), progress)
      } else {
        const command = new ConverseStreamCommand(input)
        command.middlewareStack.add(bounding(progress), BOUNDING)
        const { stream } = await client.send(command, { abortSignal: call.signal })
        for await (const event of stream ?? []) readEvent(event, progress, call.onText)
      }
      return ended(call, progress)
    } catch (thrown) {
      if (thrown instanceof AppError) throw thrown
      const name = thrown instanceof Error ? thrown.name : ''
      const isAnswer = thrown instanceof BedrockRuntimeServiceException
      if (progress.isExceeded || (!isAnswer && CODES[name] === undefined)) throw brokenCall(thrown, { provider: 'bedrock', model: call.model, tokens: progress.usage }, progress.isExceeded)
      // An error inside a stream has neither metadata nor an answer, whatever its type says.
      const { $metadata: metadata, $response, message } = thrown as Partial<BedrockRuntimeServiceException> & Error
      const answered = metadata?.httpStatusCode ?? 200
      const status = answered === 200 ? null : answered
      const code = CODES[name] ?? codeOfStatus(status)
      const headers = $response?.headers ?? {}
      const failure = failureOf(code, { provider: 'bedrock', model: call.model, status, said: `${name} ${message}`, tokens: progress.usage, retryAfterSeconds: retryAfterSeconds((header) => headers[header] ?? null, clock.now()) })
      const option = code === 'llm_bad_request' && status === 400 ? refusedOption(message, OPTIONS, refused) : null
      throw option === null ? failure : new OptionRefused(option, failure)
    }
  }
  return { provider: 'bedrock', call: (call) => withoutRefused(refusals.of(call.model), (refused) => once(call, refused)) }
}

interface Progress { text: string; stop: string | null; usage: TokenCount | null; isExceeded: boolean }

const BOUNDING = { step: 'deserialize', priority: 'low', name: 'boundedAnswer' } as const

/** Ends an answer beyond the bound. */
function bounding(progress: Progress) {
  return <Args, Result extends { response: unknown }>(next: (args: Args) => Promise<Result>) => async (args: Args): Promise<Result> => {
    const result = await next(args)
    const response = result.response as { body?: Readable }
    if (response.body === undefined) return result
    let bytes = 0
    const source = response.body
    const bounded = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length
        if (bytes <= ANSWER_BYTES) return done(null, chunk)
        progress.isExceeded = true
        done(new Error('too large'))
      },
    })
    source.on('error', (error) => bounded.destroy(error))
    source.on('aborted', () => bounded.destroy(new Error('terminated')))
    bounded.on('close', () => source.destroy())
    response.body = source.pipe(bounded)
    return result
  }
}

function inputOf({ model, system, prompt, schema, schemaName, temperature, maxTokens }: DriverCall, refused: ReadonlySet<Option>): ConverseCommandInput {
  const inWords = schema !== null && refused.has('forcedTool')
  const tool = schema === null || inWords ? null : ({ toolSpec: { name: schemaName, description: 'Takes the answer.', inputSchema: { json: schema } } } as Tool)
  return {
    modelId: model,
    system: [{ text: inWords ? `${system}\n\n${schemaInstruction(schema)}` : system }],
    messages: [{ role: 'user', content: [{ text: prompt }] }],
    inferenceConfig: { maxTokens, ...(refused.has('temperature') ? {} : { temperature }) },
    ...(tool === null ? {} : { toolConfig: { tools: [tool], toolChoice: { tool: { name: schemaName } } } }),
  }
}

function readOutput({ output, stopReason, usage }: ConverseCommandOutput, progress: Progress): void {
  for (const block of output?.message?.content ?? []) {
    if (block.toolUse !== undefined) progress.text += JSON.stringify(block.toolUse.input)
    else if (block.text !== undefined) progress.text += block.text
  }
  progress.stop = stopReason ?? null
  progress.usage = tokensOf(usage)
}

function readEvent(event: ConverseStreamOutput, progress: Progress, onText: (delta: string) => void): void {
  const { delta } = event.contentBlockDelta ?? {}
  const text = delta?.text ?? delta?.toolUse?.input ?? ''
  progress.text += text
  if (text !== '') onText(text)
  progress.stop = event.messageStop?.stopReason ?? progress.stop
  progress.usage = tokensOf(event.metadata?.usage) ?? progress.usage
}

function ended(call: DriverCall, { text, stop, usage }: Progress): DriverAnswer {
  const failure = { provider: 'bedrock' as const, model: call.model, status: null, tokens: usage }
  if (stop !== null && REFUSED.has(stop)) throw failureOf('llm_refused', { ...failure, said: '' })
  if (stop === null || usage === null) throw failureOf('llm_unavailable', { ...failure, said: 'the stream ended early' })
  return { text, isCut: CUT.has(stop), tokens: usage, limits: [] }
}

/** What was read from and written to the cache is counted beside the input there; here it is part of it. */
function tokensOf(usage: TokenUsage | undefined): TokenCount | null {
  if (usage === undefined) return null
  const cached = usage.cacheReadInputTokens ?? 0
  return { inputTokens: (usage.inputTokens ?? 0) + cached + (usage.cacheWriteInputTokens ?? 0), outputTokens: usage.outputTokens ?? 0, cachedInputTokens: cached }
}
