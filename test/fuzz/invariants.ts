/** What must hold whatever comes in. */
import { AppError } from '../../schemas/errors.ts'
import * as limits from '../../processors/sources/limits.ts'
import type { Normalised, NormalisedAlert } from '../../processors/sources/source.ts'
import { CANARY } from './odd.ts'

/** A rule that does not hold. */
export class Broken extends Error {
  constructor(rule: string) {
    super(rule)
    this.name = 'Broken'
  }
}

/** Throws Broken with the rule unless it holds. */
export function must(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new Broken(rule)
}

const SEVERITIES = new Set(['critical', 'high', 'medium', 'low', 'info', 'unknown'])
const STATUSES = new Set(['firing', 'resolved', 'acknowledged', 'no_data', 'unknown'])
const ALERT_PARTS = 'asset,externalId,labels,message,severity,signature,source,startsAtMs,status,title'
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/
const CONTROL_OR_BREAK = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/
const REFUSAL_CHARS = 1_000
/** One of every millisecond that `instantMs` may give. */
const [EARLIEST_MS, LATEST_MS] = [Date.UTC(1971, 0, 1), Date.UTC(2200, 0, 1)]
/** Characters that an alert may have beside its message and labels. */
const CORE_CHARS = limits.TITLE_MAX + limits.ASSET_MAX + limits.SIGNATURE_MAX + limits.EXTERNAL_ID_MAX + 100

/** The answer of an adapter, or of a mapping: within the limits, well formed, plain. */
export function checkNormalised(found: Normalised, codes: readonly string[] = ['payload_invalid']): void {
  must(found.length <= limits.ALERTS_MAX + 1, `at most ALERTS_MAX and one refusal, not ${found.length}`)
  let chars = 0
  for (const one of found) {
    if ('rejected' in one) {
      const { code, path, message } = one.rejected
      must(codes.includes(code), `a refusal's code is one of ${codes.join(', ')}`)
      must(path === '' || path.startsWith('/'), 'a refusal\'s path is a JSON pointer')
      must(message !== '' && message.length <= REFUSAL_CHARS && path.length <= REFUSAL_CHARS, 'a refusal is short')
      tellsNothing(`${path} ${message}`, 'a refusal')
      chars += path.length + message.length
    } else chars += checkAlert(one)
  }
  must(chars <= limits.DELIVERY_CHARS_MAX + found.length * CORE_CHARS, `what is read is bounded: ${chars} characters`)
}

/** Gives the characters of the alert. */
function checkAlert(alert: NormalisedAlert): number {
  must(Object.keys(alert).sort().join() === ALERT_PARTS, 'an alert has its parts and no other')
  must(/^[a-z0-9-]{1,64}$/.test(alert.source), 'the source is a source id')
  must(SEVERITIES.has(alert.severity) && STATUSES.has(alert.status), 'severity and status are words of ours')
  const at = alert.startsAtMs
  must(at === null || (Number.isSafeInteger(at) && at >= EARLIEST_MS && at < LATEST_MS), `the start is null or a time in whole ms, not ${at}`)
  let chars = line('title', alert.title, limits.TITLE_MAX, CONTROL_OR_BREAK) + text('message', alert.message, limits.MESSAGE_MAX, CONTROL)
  must(alert.title.trim() !== '', 'a title is not empty')
  if (alert.asset !== null) chars += line('asset', alert.asset, limits.ASSET_MAX, CONTROL_OR_BREAK)
  if (alert.signature !== null) chars += line('signature', alert.signature, limits.SIGNATURE_MAX, CONTROL_OR_BREAK)
  if (alert.externalId !== null) chars += line('external id', alert.externalId, limits.EXTERNAL_ID_MAX, null)
  const labels = Object.entries(alert.labels)
  must(Object.getPrototypeOf(alert.labels) === Object.prototype && !Object.hasOwn(alert.labels, '__proto__'), 'labels are a plain object without __proto__')
  must(labels.length <= limits.LABELS_MAX, `at most LABELS_MAX labels, not ${labels.length}`)
  for (const [name, value] of labels) {
    must(typeof value === 'string', 'a label is a text')
    chars += line('label name', name, limits.LABEL_NAME_MAX, CONTROL_OR_BREAK) + line('label', value, limits.LABEL_VALUE_MAX, CONTROL_OR_BREAK)
  }
  return chars
}

function line(what: string, value: string, max: number, without: RegExp | null): number {
  must(value !== '', `${what} is null or not empty`)
  return text(what, value, max, without)
}

function text(what: string, value: string, max: number, without: RegExp | null): number {
  must(typeof value === 'string', `${what} is a text`)
  must(value.length <= max, `${what} has at most ${max} characters, not ${value.length}`)
  must(value.isWellFormed(), `${what} is well formed`)
  must(without === null || !without.test(value), `${what} holds no control character`)
  return value.length
}

/** An error of ours with one of the codes, which quotes nothing; anything else is thrown on. */
export function checkRefused(thrown: unknown, codes: readonly string[] = ['payload_invalid']): void {
  if (!(thrown instanceof AppError)) throw thrown
  must(codes.includes(thrown.code), `the error is one of ${codes.join(', ')}, not ${thrown.code}: ${thrown.message}`)
  must(thrown.message !== '' && thrown.message.length <= REFUSAL_CHARS, 'an error is short')
  tellsNothing(`${thrown.message} ${JSON.stringify(thrown.details)}`, 'an error')
}

/** No planted secret in what people or senders may see. */
export function tellsNothing(told: string, what: string, secrets: readonly string[] = [CANARY]): void {
  for (const secret of secrets) must(!told.includes(secret), `${what} holds a planted secret`)
}

const BEFORE = [Object.prototype, Array.prototype, Function.prototype, String.prototype, Map.prototype].map((prototype) => [prototype, Reflect.ownKeys(prototype).length] as const)

/** Nothing has been put on what every object inherits from. */
export function checkPrototypes(): void {
  for (const [prototype, count] of BEFORE) must(Reflect.ownKeys(prototype).length === count, 'the prototypes of the language are as before')
  const plain: Record<string, unknown> = {}
  for (const name in plain) throw new Broken(`a plain object inherits ${name}`)
}
