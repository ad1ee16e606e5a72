/** What stands behind the port: one driver for each provider. A driver makes one call and tells how it went; waiting, trying again, limits and prices are not its business. */
import type { AnswerSchema, ProviderName } from './port.ts'

/** One call. */
export interface DriverCall {
  readonly model: string
  readonly system: string
  readonly prompt: string
  readonly schema: AnswerSchema | null
  readonly schemaName: string
  readonly temperature: number
  readonly maxTokens: number
  /** Asks for a stream and is told each piece of text. */
  readonly onText: ((delta: string) => void) | null
  /** Aborts the request and closes its connection. */
  readonly signal: AbortSignal
}

/** Tokens as the provider counted them; what it had in its cache is part of the input. */
export interface TokenCount {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens: number
}

/** What the provider says of one of its limits in the headers of an answer. */
export interface LimitNotice {
  readonly kind: 'requests' | 'tokens'
  readonly left: number
  /** When the limit is full again, in ms from now. */
  readonly resetMs: number
}

/** What came back. */
export interface DriverAnswer {
  /** For a structured answer its JSON as text. */
  readonly text: string
  /** Whether the provider stopped it at `maxTokens`. */
  readonly isCut: boolean
  readonly tokens: TokenCount
  readonly limits: readonly LimitNotice[]
}

/** Throws AppErrors with the `llm_` codes of the port; details may hold `retryAfterSeconds`, `status` and `tokens` (a TokenCount the provider told before it failed). */
export interface Driver {
  readonly provider: ProviderName
  call(call: DriverCall): Promise<DriverAnswer>
}

/** Bytes of one answer, its stream included; four thousand tokens with the framing of a stream are about one million. */
export const ANSWER_BYTES = 4_194_304

/** A credential that does not print itself. */
export interface Credential {
  reveal(): string
}

/** Where an OpenAI-compatible server, Anthropic or Gemini is, and the key for it. */
export interface HttpAccess {
  readonly baseUrl: string | null
  readonly apiKey: Credential | null
}
