/** What the adapters of tools that watch addresses and jobs share. */
import type { AlertStatus } from '../../schemas/records.ts'
import { readEach } from './build.ts'
import { firstText, listOf, textOf } from './json.ts'
import type { Normalised } from './source.ts'
import { instantMs } from './time.ts'

/** Elements of a list that make one label. */
const LIST_MAX = 20

/** Reads one payload, or an array of them, which forwarders send where the vendor sends one object. */
export function readOneOrMany(payload: unknown, read: (element: unknown, path: string) => Normalised): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', read) : read(payload, '')
}

/** The texts of a list as `a, b`: its scalars, or of its objects the first of `names` that has a text. A scalar is its own text; null when there is none. At most 20 elements. */
export function listText(value: unknown, ...names: readonly string[]): string | null {
  if (!Array.isArray(value)) return textOf(value)
  const texts = listOf(value).slice(0, LIST_MAX).map((element) => textOf(element) ?? firstText(element, ...names))
  return texts.filter((text) => text !== null).join(', ') || null
}

/** When the problem began, in ms, by the time of a message that says it is on. The time of a message that it ended is another thing, so that gives null. */
export function beganAtMs(status: AlertStatus, value: unknown): number | null {
  return status === 'resolved' ? null : instantMs(value)
}
