import type { NormalisedAlert } from '../../schemas/alert.ts'
import { DELIVERY_CHARS_MAX } from './limits.ts'
import type { Normalised, SourceAdapter } from './source.ts'

/**
 * The answer with at most DELIVERY_CHARS_MAX characters in messages and labels together. What many alerts share (labels of their group, attributes of a
 * resource) is written out for each: a body of 1 MB became 300 MB of records. Alerts beyond the bound keep what tells and identifies them, and the label `truncated`.
 */
export function withinDelivery<T extends Normalised[number]>(found: readonly T[]): readonly T[] {
  let chars = 0
  return found.map((one): T => {
    if ('rejected' in one) return one
    chars += detailChars(one)
    return chars <= DELIVERY_CHARS_MAX ? one : { ...one, message: '', labels: { truncated: 'true' } }
  })
}

/** The adapter, with its answers within the bound of a delivery. */
export function bounded(adapter: SourceAdapter): SourceAdapter {
  return { ...adapter, normalise: (payload, context) => withinDelivery(adapter.normalise(payload, context)) }
}

function detailChars({ message, labels }: NormalisedAlert): number {
  let chars = message.length
  for (const name in labels) chars += name.length + (labels[name]?.length ?? 0)
  return chars
}
