/**
 * The port between the analyst and language models. Behind it stand providers in a configurable order with fail-over; in front of it nobody knows
 * which one answered, other than by what the answer says. Nothing here knows incidents, budgets or redaction: what is asked leaves the house as it is.
 */

/** Providers there are drivers for. */
export const PROVIDERS = ['openai', 'bedrock', 'anthropic', 'gemini'] as const
/** One of them. `openai` is whatever speaks its interface, a model of one's own included. */
export type ProviderName = (typeof PROVIDERS)[number]

/** `cheap` is asked first; `strong` is for hard cases. Which models they are is configuration. */
export type ModelTier = 'cheap' | 'strong'

/** A JSON Schema (draft 7 and what providers take of it: objects with `additionalProperties: false` and every property in `required` work everywhere). */
export type AnswerSchema = Readonly<Record<string, unknown>>

/** One question. */
export interface ModelRequest {
  readonly tier: ModelTier
  /** Who the model is and what it must do; never text of alerts. */
  readonly system: string
  /** The question, with whatever it is about; text of strangers stands here. */
  readonly prompt: string
  /** What the answer must fit; null for free text. */
  readonly schema: AnswerSchema | null
  /** Letters, digits, `_` and `-`, at most 64: how the schema is called towards the provider. */
  readonly schemaName: string
  /** Default 0.3. Models that refuse a temperature are asked without. */
  readonly temperature?: number
  /** Most tokens of the answer; default 1,000. */
  readonly maxTokens?: number
  /** Longest one call to one provider may take, in ms; default 3,000. All of `ask` takes at most this for each provider, and once more for the repair. */
  readonly timeoutMs?: number
  /** Told each piece of the answer's text as it comes: for a structured answer, pieces of its JSON. */
  readonly onText?: (delta: string) => void
  /** Told that what came so far is void, because another provider is asked or the answer is being repaired. */
  readonly onRestart?: () => void
  /** Ends the call at once; `ask` then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** What was used up. Cost is null where the price of the model is unknown. */
export interface ModelUsage {
  readonly inputTokens: number
  readonly outputTokens: number
  /** Of the input, what the provider had in its cache. */
  readonly cachedInputTokens: number
  /** Millionths of a US dollar. */
  readonly costMicroUsd: number | null
}

/** One answer. Usage is that of every call made for it that a provider counted, failed ones and the repair included. */
export interface ModelAnswer extends ModelUsage {
  readonly text: string
  /** Fits the schema; null when none was asked for. */
  readonly json: unknown
  readonly provider: ProviderName
  readonly model: string
  /** From `ask` to the answer. */
  readonly latencyMs: number
  /** Whether the first answer did not fit the schema and a second call mended it. */
  readonly repaired: boolean
}

/** How a provider stands. `resting`: its circuit is open after failures; `limited`: it or its limits said to wait; `unauthorized`: its credentials are refused; it is skipped for a quarter of an hour at a time, or until a test succeeds. */
export type ProviderCondition = 'ready' | 'resting' | 'limited' | 'unauthorized'

/** A configured provider. */
export interface ProviderState {
  readonly provider: ProviderName
  readonly condition: ProviderCondition
  readonly models: Readonly<Record<ModelTier, string>>
  /** Failures in a row. */
  readonly failures: number
  /** When it is asked again; null when it may be asked now, or never by itself. */
  readonly retryAtMs: number | null
  /** The last failure, without secrets; null when there was none since the start. */
  readonly lastError: { readonly code: string; readonly message: string; readonly atMs: number } | null
}

/** Language models behind one door. */
export interface Model {
  /**
   * Asks the first provider that can be asked, then the next. Throws `llm_off` (none configured, or mode demo), `llm_unavailable` (every one failed or
   * rests), `llm_timeout`, `llm_unauthorized`, `llm_rate_limited` (details `retryAfterSeconds`), `llm_bad_request`, `llm_refused` (the model or its filter
   * will not answer; no other one is asked), `llm_invalid_output` (not the schema, even repaired). Where calls were paid for all the same,
   * `details.usage` holds a ModelUsage.
   */
  ask(request: ModelRequest): Promise<ModelAnswer>
  /** Configured providers in the order they are asked; empty: rules only. */
  state(): readonly ProviderState[]
}

