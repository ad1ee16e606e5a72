/**
 * Walks the fields of a protobuf message without knowing its schema ("Protocol Buffers, Encoding"). The edge only has to know whether a body is
 * well formed and how much it holds; the processing stage reads it with a library.
 */

/** One field: its number, and a view of its bytes (wire type 2) or its value (wire type 0); fixed widths have neither. */
export interface Field {
  readonly number: number
  readonly bytes: Buffer | null
  readonly varint: number | null
}

/** The fields of a message in order; null where the bytes are no message. */
export function fieldsOf(message: Buffer): readonly Field[] | null {
  const fields: Field[] = []
  let at = 0
  while (at < message.length) {
    const tag = varint(message, at)
    if (tag === null) return null
    at = tag.next
    const number = Math.floor(tag.value / 8)
    if (number < 1 || number > 536_870_911) return null
    switch (tag.value % 8) {
      case 0: {
        const value = varint(message, at)
        if (value === null) return null
        fields.push({ number, bytes: null, varint: value.value })
        at = value.next
        break
      }
      case 1:
      case 5: {
        at += tag.value % 8 === 1 ? 8 : 4
        if (at > message.length) return null
        fields.push({ number, bytes: null, varint: null })
        break
      }
      case 2: {
        const length = varint(message, at)
        if (length === null || length.value > message.length - length.next) return null
        fields.push({ number, bytes: message.subarray(length.next, length.next + length.value), varint: null })
        at = length.next + length.value
        break
      }
      default:
        return null
    }
  }
  return fields
}

/** A varint of at most ten bytes; beyond 2^53 its value is not exact, which no number we look at reaches. */
function varint(bytes: Buffer, from: number): { value: number; next: number } | null {
  let value = 0
  let weight = 1
  for (let at = from; at < bytes.length && at < from + 10; at++) {
    const byte = bytes[at] ?? 0
    value += (byte & 0x7f) * weight
    if (byte < 0x80) return { value, next: at + 1 }
    weight *= 128
  }
  return null
}
