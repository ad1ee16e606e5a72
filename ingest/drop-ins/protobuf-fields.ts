/**
 * Walks the fields of a protobuf message without knowing its schema ("Protocol Buffers, Encoding"). The edge only has to know whether a body is
 * well formed and how much it holds; the processing stage reads it with a library. Nothing is made of what is walked: a mebibyte may hold half a million
 * fields, which as objects took 230 MB.
 */

/** Told of each field: its number, and where its bytes lie (wire type 2), or its value (wire type 0); fixed widths have neither. False ends the walk as a fault. */
export type VisitField = (number: number, from: number, to: number, varint: number) => boolean

/** Walks the message that lies from `start` to `end`; false where the bytes are no message, or the visitor said so. Without bytes `from` and `to` are -1, without a value `varint` is. */
export function walkFields(bytes: Buffer, start: number, end: number, visit: VisitField): boolean {
  let at = start
  while (at < end) {
    at = readVarint(bytes, at, end)
    if (at < 0) return false
    const [number, type] = [Math.floor(value / 8), value % 8]
    if (number < 1 || number > 536_870_911) return false
    let isRight = false
    if (type === 0) {
      at = readVarint(bytes, at, end)
      if (at < 0) return false
      isRight = visit(number, -1, -1, value)
    } else if (type === 1 || type === 5) {
      at += type === 1 ? 8 : 4
      isRight = at <= end && visit(number, -1, -1, -1)
    } else if (type === 2) {
      at = readVarint(bytes, at, end)
      if (at < 0 || value > end - at) return false
      const to = at + value
      isRight = visit(number, at, to, -1)
      at = to
    }
    if (!isRight) return false
  }
  return true
}

/** What `readVarint` has read. */
let value = 0

/** Reads a varint of at most ten bytes into `value` and answers where it ends; -1 where there is none. Beyond 2^53 its value is not exact, which no number we look at reaches. */
function readVarint(bytes: Buffer, from: number, end: number): number {
  let read = 0
  let weight = 1
  for (let at = from; at < end && at < from + 10; at++) {
    const byte = bytes[at] ?? 0
    read += (byte & 0x7f) * weight
    if (byte < 0x80) {
      value = read
      return at + 1
    }
    weight *= 128
  }
  return -1
}
