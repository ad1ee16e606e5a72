/** Failures of providers as errors of ours. What a provider says is quoted only where it helps to mend, bounded and without anything that looks like a key. */
import { AppError, type ErrorCode } from '../../../schemas/errors.ts'
import type { TokenCount } from './driver.ts'
import type { ProviderName } from './port.ts'

/** How providers are called towards people. */
export const PROVIDER_TITLES: Readonly<Record<ProviderName, string>> = { openai: 'OpenAI', bedrock: 'Bedrock', anthropic: 'Anthropic', gemini: 'Gemini' }
/** What has to be looked at where credentials are refused. */
const CREDENTIALS: Readonly<Record<ProviderName, string>> = {
  openai: 'OPENAI_API_KEY and OPENAI_BASE_URL', anthropic: 'ANTHROPIC_API_KEY', gemini: 'GEMINI_API_KEY',
  bedrock: 'AWS_REGION, the credentials of the AWS default chain, their right to bedrock:InvokeModel, and model access in the Bedrock console',
}
const QUOTE_CHARS = 200
/** Keys as vendors make them, whatever stands around them. */
const KEYS = /\b(?:sk|rk|pk)-[\w-]{6,}|\bAIza[\w-]{10,}|\b(?:AKIA|ASIA|ABSK)[A-Z0-9+/=]{8,}|\bBearer\s+\S+|\beyJ[\w-]{8,}\.[\w.-]+|\b[A-Za-z0-9+/_-]{32,}={0,2}/g

/** What a provider said, fit for a log: no keys, no control characters, at most 200 characters. */
export function quote(text: string, secrets: readonly string[] = []): string {
  let clean = text.slice(0, 4_000)
  for (const secret of secrets) if (secret.length >= 4) clean = clean.replaceAll(secret, '[redacted]')
  clean = clean.replace(KEYS, '[redacted]').replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
  return clean.length > QUOTE_CHARS ? `${clean.slice(0, QUOTE_CHARS)}…` : clean
}

/** What is known of a failed call. */
export interface Failure {
  readonly provider: ProviderName
  readonly model: string
  /** HTTP status; null where there was no answer. */
  readonly status: number | null
  /** The provider's own words; quoted for requests it refuses, never for credentials. */
  readonly said: string
  readonly secrets?: readonly string[]
  readonly retryAfterSeconds?: number | null
  readonly tokens?: TokenCount | null
}

/** An error of one of the codes of the port. No cause is kept: the libraries hang headers and bodies on theirs. */
export function failureOf(code: ErrorCode, failure: Failure): AppError {
  const { provider, model, status, retryAfterSeconds } = failure
  const title = PROVIDER_TITLES[provider]
  const answer = status === null ? '' : ` (${status})`
  const said = quote(failure.said, failure.secrets)
  const told = said === '' ? '' : `: ${said}`
  const texts: Partial<Record<ErrorCode, string>> = {
    llm_timeout: `${title} did not answer in time${answer}; allow more time or choose a quicker model than ${model}`,
    llm_unauthorized: `${title} refuses the credentials, or there is no credit left${answer}: check ${CREDENTIALS[provider]}`,
    llm_rate_limited: `${title} takes no more requests now${answer}; it is asked again${retryAfterSeconds == null ? ' later' : ` in ${retryAfterSeconds} s`}`,
    llm_bad_request: `${title} refuses the request for model ${model}${answer}${told}; check the model's name and that this account may use it`,
    llm_refused: `${title} would not answer: the model or the content filter refused`,
    llm_invalid_output: `${title} gave no usable answer${told}`,
    llm_unavailable: `${title} failed${answer}${status === null ? told : ''}; it is tried again`,
  }
  return new AppError(code, texts[code] ?? `${title} failed${answer}`, {
    details: {
      provider, model, ...(status === null ? {} : { status }), ...(retryAfterSeconds == null ? {} : { retryAfterSeconds }), ...(failure.tokens == null ? {} : { tokens: failure.tokens }),
    },
  })
}

/** The code an HTTP status stands for, where the provider says nothing more precise. */
export function codeOfStatus(status: number | null): ErrorCode {
  if (status === null) return 'llm_unavailable'
  if (status === 401 || status === 402 || status === 403) return 'llm_unauthorized'
  if (status === 408 || status === 504) return 'llm_timeout'
  if (status === 429) return 'llm_rate_limited'
  return status >= 400 && status < 500 ? 'llm_bad_request' : 'llm_unavailable'
}
