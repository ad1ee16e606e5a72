/**
 * Gemini's generateContent, over plain HTTP: the vendor's library brings a whole family of others for one call, and takes neither a fetch of ours nor a bound
 * of the answer's size. Structured answers by `responseJsonSchema`; a version without it is asked for JSON, with the schema in words.
 */
import type { Clock } from '../../../../schemas/clock.ts'
import type { ErrorCode } from '../../../../schemas/errors.ts'
import { boundedFetch } from '../bounded-fetch.ts'
import type { Driver, DriverAnswer, DriverCall, HttpAccess, TokenCount } from '../driver.ts'
import { codeOfStatus, failureOf } from '../failures.ts'
import { retryAfterSeconds } from '../limits.ts'
import { eventsOf } from '../sse.ts'
import { schemaInstruction } from '../structured.ts'
import { brokenCall, OptionRefused, refusedOption, Refusals, withoutRefused } from './common.ts'

type Option = 'temperature' | 'thinking' | 'jsonSchema'
const OPTIONS: Readonly<Record<Option, RegExp>> = { temperature: /temperature/i, thinking: /thinking/i, jsonSchema: /response_?json_?schema|response_?schema|schema/i }
const OFFICIAL = 'https://generativelanguage.googleapis.com'
/** How models are told to think as little as they can: their thoughts count against the tokens and the time of an answer. */
const THINKING: readonly (readonly [RegExp, object])[] = [[/^gemini-2\.5-flash/, { thinkingBudget: 0 }], [/^gemini-[3-9]/, { thinkingLevel: 'minimal' }]]
const REFUSED = new Set(['SAFETY', 'RECITATION', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII'])

/** The parts of the answer that are read; anything may be absent. */
interface GenerateContentResponse {
  readonly candidates?: readonly { readonly content?: { readonly parts?: readonly { readonly text?: string; readonly thought?: boolean }[] }; readonly finishReason?: string }[]
  readonly promptFeedback?: { readonly blockReason?: string }
  readonly usageMetadata?: { readonly promptTokenCount?: number; readonly candidatesTokenCount?: number; readonly thoughtsTokenCount?: number; readonly cachedContentTokenCount?: number }
  readonly error?: ApiError
}
interface ApiError { readonly code?: number; readonly message?: string; readonly status?: string; readonly details?: readonly { readonly reason?: string; readonly retryDelay?: string }[] }

/** Makes the driver. */
export function geminiDriver({ baseUrl, apiKey }: HttpAccess, clock: Clock): Driver {
  const refusals = new Refusals<Option>()
  const secret = apiKey?.reveal() ?? ''

  const once = async (call: DriverCall, refused: ReadonlySet<Option>): Promise<DriverAnswer> => {
    const bounded = boundedFetch()
    const progress: Progress = { text: '', finish: null, blocked: false, usage: null }
    const failed = ({ code: number, message = '', status = '', details = [] }: ApiError, httpStatus: number | null, header: (name: string) => string | null): Error => {
      const answered = httpStatus ?? number ?? null
      const code = codeOf(answered, message, details)
      const delay = details.find(({ retryDelay }) => retryDelay !== undefined)?.retryDelay
      const failure = failureOf(code, {
        provider: 'gemini', model: call.model, status: answered, said: `${status} ${message}`, secrets: [secret], tokens: progress.usage,
        retryAfterSeconds: retryAfterSeconds(header, clock.now()) ?? (delay === undefined ? null : Math.ceil(Number.parseFloat(delay)) || null),
      })
      const option = answered === 400 && code === 'llm_bad_request' ? refusedOption(message, OPTIONS, refused) : null
      return option === null ? failure : new OptionRefused(option, failure)
    }
    try {
      const method = call.onText === null ? 'generateContent' : 'streamGenerateContent?alt=sse'
      const answer = await bounded.fetch(`${baseUrl ?? OFFICIAL}/v1beta/models/${encodeURIComponent(call.model)}:${method}`, {
        method: 'POST', headers: { 'content-type': 'application/json', 'x-goog-api-key': secret }, body: JSON.stringify(bodyOf(call, refused)), signal: call.signal,
      })
      if (!answer.ok) throw failed(errorIn(await answer.text()), answer.status, (name) => answer.headers.get(name))
      if (call.onText === null) read((await answer.json()) as GenerateContentResponse, progress, null)
      else if (answer.body !== null) {
        for await (const data of eventsOf(answer.body)) {
          const event = JSON.parse(data) as GenerateContentResponse
          if (event.error !== undefined) throw failed(event.error, null, () => null)
          read(event, progress, call.onText)
        }
      }
      return ended(call, progress)
    } catch (thrown) {
      if (thrown instanceof OptionRefused) throw thrown
      throw brokenCall(thrown, { provider: 'gemini', model: call.model, tokens: progress.usage }, bounded.isExceeded())
    }
  }
  return { provider: 'gemini', call: (call) => withoutRefused(refusals.of(call.model), (refused) => once(call, refused)) }
}

interface Progress { text: string; finish: string | null; blocked: boolean; usage: TokenCount | null }

function bodyOf({ model, system, prompt, schema, temperature, maxTokens }: DriverCall, refused: ReadonlySet<Option>): object {
  const inWords = schema !== null && refused.has('jsonSchema')
  const thinkingConfig = refused.has('thinking') ? undefined : THINKING.find(([models]) => models.test(model))?.[1]
  return {
    systemInstruction: { parts: [{ text: inWords ? `${system}\n\n${schemaInstruction(schema)}` : system }] },
    contents: [{ role: 'user', parts: [{ text: prompt }] }],
    generationConfig: {
      maxOutputTokens: maxTokens,
      ...(refused.has('temperature') ? {} : { temperature }),
      ...(thinkingConfig === undefined ? {} : { thinkingConfig }),
      ...(schema === null ? {} : { responseMimeType: 'application/json' }),
      ...(schema === null || inWords ? {} : { responseJsonSchema: schema }),
    },
  }
}

function read({ candidates, promptFeedback, usageMetadata }: GenerateContentResponse, progress: Progress, onText: ((delta: string) => void) | null): void {
  const candidate = candidates?.[0]
  const delta = (candidate?.content?.parts ?? []).map(({ text, thought }) => (thought === true ? '' : text ?? '')).join('')
  progress.text += delta
  progress.finish = candidate?.finishReason ?? progress.finish
  if (promptFeedback?.blockReason !== undefined) progress.blocked = true
  if (usageMetadata !== undefined) {
    progress.usage = {
      inputTokens: usageMetadata.promptTokenCount ?? 0, outputTokens: (usageMetadata.candidatesTokenCount ?? 0) + (usageMetadata.thoughtsTokenCount ?? 0), cachedInputTokens: usageMetadata.cachedContentTokenCount ?? 0,
    }
  }
  if (delta !== '') onText?.(delta)
}

function ended(call: DriverCall, { text, finish, blocked, usage }: Progress): DriverAnswer {
  const failure = { provider: 'gemini' as const, model: call.model, status: null, tokens: usage }
  if (blocked || (finish !== null && REFUSED.has(finish))) throw failureOf('llm_refused', { ...failure, said: '' })
  if (finish === null) throw failureOf('llm_unavailable', { ...failure, said: 'the answer ended early' })
  return { text, isCut: finish === 'MAX_TOKENS', tokens: usage ?? { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 }, limits: [] }
}

/** The error of an answer; proxies answer in HTML, streams in a list. */
function errorIn(text: string): ApiError {
  try {
    const document = JSON.parse(text) as GenerateContentResponse | readonly GenerateContentResponse[] | null
    return (Array.isArray(document) ? (document as readonly GenerateContentResponse[])[0] : (document as GenerateContentResponse | null))?.error ?? {}
  } catch {
    return { message: text.slice(0, 200) }
  }
}

/** A wrong key is a 400 there. */
function codeOf(status: number | null, message: string, details: NonNullable<ApiError['details']>): ErrorCode {
  if (details.some(({ reason }) => reason === 'API_KEY_INVALID' || reason === 'API_KEY_SERVICE_BLOCKED') || /api key not valid|api key expired/i.test(message)) return 'llm_unauthorized'
  return codeOfStatus(status)
}
