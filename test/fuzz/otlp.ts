/** Requests of OpenTelemetry in protobuf, right or nearly so. */
import type { Random } from './random.ts'
import { oddText } from './odd.ts'

const LEVELS_MAX = 200

/** An ExportLogsServiceRequest whose fields, widths, lengths and nesting may be wrong. */
export function otlpBytes(random: Random): Buffer {
  const records = random.once(50) ? 6_000 : random.int(6)
  const record = (): Buffer => Buffer.concat([
    field(2, random, varint(random.pick([0, 9, 13, 17, 24, 2 ** 31, 2 ** 53]))), field(3, random, text(random)), message(5, anyValue(random, 0)),
    ...random.list(0, 4, () => message(6, attribute(random))), fixed64(1, random), message(9, random.bytes(random.pick([0, 16, 17]))), message(12, text(random)),
  ])
  const shared = records > 100 ? record() : null
  const scope = Buffer.concat([message(1, message(1, text(random))), ...Array.from({ length: records }, () => message(2, shared?.subarray(0, 150) ?? record()))])
  return message(1, Buffer.concat([message(1, Buffer.concat(random.list(0, 5, () => message(1, attribute(random))))), message(2, scope)]))
}

function attribute(random: Random): Buffer {
  return Buffer.concat([message(1, random.once(2) ? Buffer.from(random.pick(['host.name', 'service.name', 'severity', '__proto__', 'constructor'])) : text(random)), message(2, anyValue(random, 0))])
}

function anyValue(random: Random, level: number): Buffer {
  if (random.once(300)) return deep(random.pick([20, 64, 99, 100, 101, LEVELS_MAX, 5_000]))
  switch (random.int(level > 4 ? 5 : 7)) {
    case 0: return message(1, text(random))
    case 1: return Buffer.concat([Buffer.of(0x10), varint(random.int(3))])
    case 2: return Buffer.concat([Buffer.of(0x18), varint(random.pick([0, 1, 2 ** 53, 2 ** 63]))])
    case 3: return Buffer.concat([Buffer.of(0x21), random.bytes(8)])
    case 4: return message(7, random.bytes(random.int(20)))
    case 5: return message(5, Buffer.concat(random.list(0, 3, () => message(1, anyValue(random, level + 1)))))
    default: return message(6, Buffer.concat(random.list(0, 3, () => message(1, Buffer.concat([message(1, text(random)), message(2, anyValue(random, level + 1))])))))
  }
}

function deep(levels: number): Buffer {
  let inner = message(1, Buffer.from('x'))
  for (let level = 0; level < levels; level++) inner = message(5, message(1, inner))
  return inner
}

function text(random: Random): Buffer {
  return random.once(8) ? random.bytes(random.int(12)) : Buffer.from(oddText(random).slice(0, 3_000))
}

function field(number: number, random: Random, bytes: Buffer): Buffer {
  return random.once(10) ? Buffer.concat([varint(random.int(1 << 12)), random.bytes(random.int(6))]) : number === 2 ? Buffer.concat([Buffer.of(0x10), bytes]) : message(number, bytes)
}

function fixed64(number: number, random: Random): Buffer {
  return Buffer.concat([Buffer.of(number * 8 + 1), random.bytes(8)])
}

function message(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const out: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128)
  return Buffer.from([...out, rest])
}
