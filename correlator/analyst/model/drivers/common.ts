/** What the drivers share: options a model or server turned down are left out from then on, and failures without an answer are named. */
import { AppError } from '../../../../schemas/errors.ts'
import { failureOf, type Failure } from '../failures.ts'

/** Options that were refused, by model, for as long as the process lives. */
export class Refusals<Option extends string> {
  readonly #byModel = new Map<string, Set<Option>>()

  /** Those refused for a model; the set grows as more are learned. */
  of(model: string): Set<Option> {
    const known = this.#byModel.get(model) ?? new Set<Option>()
    this.#byModel.set(model, known)
    return known
  }
}

/** A request refused because of an option that can be left out. */
export class OptionRefused<Option extends string> extends Error {
  readonly option: Option
  /** What it is if leaving the option out does not help. */
  readonly failure: AppError

  constructor(option: Option, failure: AppError) {
    super(`refused: ${option}`)
    this.option = option
    this.failure = failure
  }
}

/** Makes the call, and again without each option that is refused; every option is left out once at most. */
export async function withoutRefused<Option extends string, T>(refused: Set<Option>, call: (refused: ReadonlySet<Option>) => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call(refused)
    } catch (thrown) {
      if (!(thrown instanceof OptionRefused)) throw thrown
      const { option, failure } = thrown as OptionRefused<Option>
      if (refused.has(option)) throw failure
      refused.add(option)
    }
  }
}

/** The first option whose pattern the provider's words fit. */
export function refusedOption<Option extends string>(said: string, patterns: Readonly<Record<Option, RegExp>>, refused: ReadonlySet<Option>): Option | null {
  return (Object.keys(patterns) as Option[]).find((option) => !refused.has(option) && patterns[option].test(said)) ?? null
}

/** An answer that never came, or broke off: the network, a size beyond the bound, or something that is not the vendor's interface. */
export function brokenCall(thrown: unknown, failure: Omit<Failure, 'status' | 'said'>, isExceeded: boolean): AppError {
  if (thrown instanceof AppError) return thrown
  if (isExceeded) return failureOf('llm_invalid_output', { ...failure, status: null, said: 'the answer is too large' })
  if (thrown instanceof SyntaxError) return failureOf('llm_unavailable', { ...failure, status: null, said: 'what answers is not the interface we know; check its address' })
  return failureOf('llm_unavailable', { ...failure, status: null, said: networkReason(thrown) })
}

/** The error code of the innermost cause (`ECONNREFUSED`, `UND_ERR_SOCKET`); never a message, which may name an address with a key. */
function networkReason(thrown: unknown): string {
  let reason = 'the connection failed'
  for (let error: unknown = thrown, depth = 0; error instanceof Error && depth < 5; error = error.cause, depth++) {
    const code: unknown = 'code' in error ? error.code : undefined
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,40}$/.test(code)) reason = code
    else if (/redirect/.test(error.message)) reason = 'it redirects, which is not followed; check its address'
    else if (error.message === 'terminated') reason = 'the connection broke off'
  }
  return reason
}
