/**
 * Every error the program names, in one closed table: the code, its retry class and what it means.
 * `docs/errors.md` lists the same table; a test fails when the two differ.
 */
export const ERROR_CODES = {
  // ingest
  unauthorized: { retry: 'never', doc: 'No key, or key, signature or timestamp are wrong. The reason is only in the log.' },
  forbidden: { retry: 'never', doc: 'The caller is known but its role does not allow this.' },
  not_found: { retry: 'never', doc: 'No such thing, or it belongs to a company the caller may not see.' },
  bad_request: { retry: 'never', doc: 'The request does not have the form the documentation gives; the message names the field.' },
  body_invalid: { retry: 'never', doc: 'The body is not what its content type says; the message names the place.' },
  body_too_large: { retry: 'never', doc: 'The body is larger than the limit; send smaller batches.' },
  media_type_unsupported: { retry: 'never', doc: 'The content type is none we read; the message lists those we do.' },
  rate_limited: { retry: 'after', doc: 'The company is over its limit; try again after Retry-After.' },
  log_unavailable: { retry: 'after', doc: 'The log cannot take the record now; nothing was stored; try again after Retry-After.' },
  conflict: { retry: 'never', doc: 'The request contradicts the present state; the message says which.' },
  // a record that cannot be understood: dead letters
  record_unreadable: { retry: 'poison', doc: 'The record is not Avro in the wire format, or its schema id is unknown.' },
  payload_invalid: { retry: 'poison', doc: 'The adapter cannot read the payload; the message names the path.' },
  mapping_failed: { retry: 'poison', doc: 'The mapping of the integration cannot be applied to the payload; the message names the expression and the place.' },
  stage_bug: { retry: 'poison', doc: 'The stage threw three times on this record; a defect of ours.' },
  // commands refused by the correlator
  incident_unknown: { retry: 'never', doc: 'The company has no such incident, or it is older than what the correlator keeps.' },
  incident_closed: { retry: 'never', doc: 'The incident is closed; reopen it first.' },
  version_stale: { retry: 'never', doc: 'The incident changed after the version the caller judged.' },
  transition_refused: { retry: 'never', doc: 'The incident is already in that state, or the state machine has no such step.' },
  problem_unknown: { retry: 'never', doc: 'The named problem is not in this incident.' },
  merge_refused: { retry: 'never', doc: 'An incident merges only with another open incident of the same company.' },
  // language models: rules decide instead
  llm_off: { retry: 'never', doc: 'No language model is asked: no provider has credentials, the mode is demo, or the company switched it off.' },
  llm_unavailable: { retry: 'backoff', doc: 'Every provider failed or rests after failures; the details name each.' },
  llm_timeout: { retry: 'backoff', doc: 'The provider did not answer within the time limit; the call was ended.' },
  llm_unauthorized: { retry: 'never', doc: 'The provider refuses our credentials, or they lack a right; it is skipped for a quarter of an hour at a time, or until a test succeeds.' },
  llm_rate_limited: { retry: 'after', doc: 'The provider, or our own limit for it, takes no more requests or tokens now.' },
  llm_bad_request: { retry: 'never', doc: 'The provider refuses the request itself: a model it does not have, a prompt too long, or an option it does not know.' },
  llm_refused: { retry: 'never', doc: 'The model, or its provider’s content filter, would not answer.' },
  llm_invalid_output: { retry: 'never', doc: 'The answer does not fit its schema, is cut off or too large, even after one repair.' },
  llm_budget: { retry: 'never', doc: 'The company’s budget for language models is used up; rules decide until it is renewed or raised.' },
  // the world is bad: retried by the runner
  log_gap: { retry: 'never', doc: 'The log no longer holds the record after the stage position; the stage stops instead of skipping.' },
  log_rewound: { retry: 'never', doc: 'The log ends before the stage position: it was recreated or restored; raise AW_LOG_EPOCH.' },
  state_lost: { retry: 'backoff', doc: 'Another process moved this partition’s state; memory is dropped and reloaded.' },
  state_corrupt: { retry: 'backoff', doc: 'The stored state fails its checksum; it is rebuilt from the log.' },
  engine_unavailable: { retry: 'backoff', doc: 'A server or embedded engine does not answer.' },
  engine_missing: { retry: 'never', doc: 'An embedded engine is not installed; install optional dependencies or name a server.' },
  data_dir_locked: { retry: 'never', doc: 'Another process owns the data directory.' },
  migration_invalid: { retry: 'never', doc: 'An applied migration was edited, or a number is missing.' },
  schema_incompatible: { retry: 'never', doc: 'A schema changed in a way that the released one cannot read.' },
  config_invalid: { retry: 'never', doc: 'The configuration has mistakes; all of them are listed.' },
  usage: { retry: 'never', doc: 'The command line was used wrongly; exit code 2.' },
  internal: { retry: 'backoff', doc: 'An error nobody named; a defect of ours.' },
} as const satisfies Record<string, { retry: Retry; doc: string }>

/** `never`: the same call fails again. `backoff`: try later. `after`: try after the stated delay. `poison`: the record is bad, go on without it. */
export type Retry = 'never' | 'backoff' | 'after' | 'poison'

/** A code of the closed list above. */
export type ErrorCode = keyof typeof ERROR_CODES

/** The one error class: a code, a sentence that says how to mend it, and bounded details without secrets. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: Readonly<Record<string, unknown>> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.details = options.details ?? {}
  }

  /** What a caller may do about it, from the code's row. */
  get retry(): Retry {
    return ERROR_CODES[this.code].retry
  }
}

/** Gives any thrown value as an AppError; an unknown one becomes `internal` with its cause kept. */
export function toAppError(thrown: unknown, context?: string): AppError {
  if (thrown instanceof AppError) return thrown
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  return new AppError('internal', context === undefined ? text : `${context}: ${text}`, { cause: thrown })
}
