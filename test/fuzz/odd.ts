/** Values that break things: what templates, vendors and attackers put where a name, a text, a number or a time is expected. */
import type { Random } from './random.ts'
import type { Tree } from './tree.ts'

/** A value that may stand in a payload and must stand in no error, answer or log. */
export const CANARY = 'hunter2-canary-5eCr3t'

/** Names that mean something to the language, and names under which secrets come. */
export const ODD_NAMES = [
  '__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', '__defineGetter__', 'length', 'then', 'toJSON', '', ' ', '0', '-1', '1e3', 'null', 'undefined', '\u0000', '\ud800', '\ufeff', '\u202egnp', 'a.b', 'a/b', 'a~0b', 'a[0]', '$ref', '$', '@', '*',
  'password', 'secret', 'token', 'api_key', 'apiKey', 'routing_key', 'service_key', 'authorization', 'Authorization', 'sharedSecret', 'payload', 'alerts', 'labels', 'status', 'severity', 'data', 'text', 'truncated',
]

const PIECES = [
  '\u0000', '\ud800', '\udc00', '\ud83d\ude00', '\u202e', '\u2066', '\ufeff', '\u2028', '\u0085', '\u200b', '\u00a0', '\r\n', '\t', '\x1b[31m', '\\', '"', '\'', '`', '<', '>', '&', '&amp;', '%', '%00', '%s', '{{', '}}', '${', '}', '[', ']', '[[', '{', '(', ')', '|', ':', ': ', ';', ',', '=', '#', '##', '*', '/', '//', '-', '--', '~', '.', '..', '@', '!', '?', ' ', '  ',
  'a', '0', '1', '9', '_', '_a', '_0', '.a', '-a', ':a', '/a', 'a_', 'é', 'ß', 'İ', 'ﬃ', '中', 'مرحبا', 'A0', 'a@', 'a.', 'a-', '0.', '1e', '0x', ' on ', ' is ', 'OK', 'DOWN', 'up', 'PROBLEM', 'RESOLVED', 'host', 'http://', 'https://a/?', 'arn:aws:', '/subscriptions/', '<a>', '</a>', '<![CDATA[', '<!--', '$HOST$', '{EVENT.ID}', '%{', 'GMT', 'Z', '+00:00',
]

const TEXTS = [
  '', ' ', '\u0000', '\ud800', '\udfff\ud800', '\ufeff', '\u202e\u2066', '__proto__', 'constructor', 'null', 'undefined', 'NaN', 'true', '0', '-0', '1e999', '-1', '9'.repeat(40), '0x1F', '１２３', 'firing', 'OK', 'RESOLVED', 'critical', 'toString', CANARY, `Bearer ${CANARY}`,
  '$HOSTNAME', '{EVENT.ID}', '{{ host }}', '${x}', '%s%n', '[Triggered on {host:a,b}] x', '[P1] [Re-Triggered', '[[[[', ']]]]', '{"a":1}', '[{"tag":"a"}]', '{', '[', '"', '{"a":', '<x/>', '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
  'http://[::1', 'https://u:p@h:99999/?q#f', '../../etc/passwd', '<script>alert(1)</script>', '\'; DROP TABLE alerts;--', '\x1b]0;x\x07', 'a\nb: c\nStatus: OK', 'arn:aws:sns:x:1:y', '/subscriptions/a/resourceGroups/b/providers/c/d/e', 'a@b.c', '=?utf-8?B?8J+YgA==?=', '<34>1 2026-01-01T00:00:00Z h a p m - x',
]

const TIMES = [
  '0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999999999Z', '2026-02-30T25:61:61Z', '2026-13-01T00:00:00Z', '2026-01-01T00:00:00+99:99', '2026-01-01T24:00:00Z', '2026-01-01 00:00:00 XYZ', '-271821-04-20T00:00:00Z', '+275760-09-13T00:00:00.001Z', '275760-09-13', '1970-01-01T00:00:00Z',
  '12/31/2026 11:59:59 PM', '31.12.2026 23:59', 'Thu, 01 Jan 1970 00:00:00 GMT', 'Jan  1 00:00:00', '0', '-1', '1e20', '253402300800000', '99999999999999999999', '1767225600', '1767225600000', '1767225600000000', '1767225600000000000', '1767225600.123456789', '1767225600,5', 'T', '2026-01-01T00:00:00.123456789012345Z', '/Date(1767225600000)/', '/Date(99999999999999999999)/', 'now', 'Infinity',
]

const NUMBERS = [
  '0', '-0', '1', '-1', '0.1', '1e308', '1e999', '-1e999', '5e-324', '9007199254740993', '-9007199254740993', '18446744073709551616', '123456789012345678901234567890', '253402300800000', '8640000000000001', '-8640000000000001', '1767225600', '1767225600000', '1767225600000000000', '4294967296', '2147483648', '1E+2', '1e-7', '0.30000000000000004', '1.0000000000000000000000001',
]

/** A text of the kind people and attackers send; rarely a huge one. */
export function oddText(random: Random): string {
  switch (random.int(8)) {
    case 0: case 1: return random.pick(TEXTS)
    case 2: return random.pick(TIMES)
    case 3: return random.pick(NUMBERS)
    case 4: return random.list(1, 12, () => random.pick(PIECES)).join('')
    case 5: return random.pick(TEXTS) + random.pick(PIECES) + random.pick(TEXTS)
    case 6: return String.fromCharCode(...random.list(0, 12, () => random.int(65_536)))
    default: return random.once(4) ? hugeText(random) : random.pick(PIECES).repeat(1 + random.int(300))
  }
}

/** A pattern repeated up to 200,000 characters, with something else at its ends: what makes careless patterns try everything. */
export function hugeText(random: Random, most = 200_000): string {
  const unit = random.list(1, 3, () => random.pick(PIECES)).join('')
  const times = Math.max(1, Math.floor(random.int(most) / Math.max(1, unit.length)))
  return `${random.once(2) ? random.pick(PIECES) : ''}${unit.repeat(times)}${random.once(2) ? random.pick(PIECES) : ''}`
}

/** A name; `known` are those the tools use. */
export function oddName(random: Random, known: readonly string[]): string {
  const roll = random.int(10)
  if (roll < 5 && known.length > 0) return random.pick(known)
  if (roll < 8) return random.pick(ODD_NAMES)
  return roll === 8 ? oddText(random).slice(0, 300) : random.once(10) ? hugeText(random, 70_000) : random.pick(PIECES).repeat(1 + random.int(40))
}

/** A value without children. */
export function oddScalar(random: Random): Tree {
  switch (random.int(6)) {
    case 0: return { kind: 'raw', text: random.pick(['null', 'true', 'false']) }
    case 1: return { kind: 'raw', text: random.pick(NUMBERS) }
    case 2: return { kind: 'text', text: random.pick(TIMES) }
    // Written out, a half pair reaches the parser as an escape and not as a mark of replacement.
    case 3: return { kind: 'raw', text: random.pick(['"\\ud800"', '"\\u0000"', '"\\udc00\\ud800x"', '"\\u005f_proto__"', '"\\/"']) }
    default: return { kind: 'text', text: oddText(random) }
  }
}

/** An expression of a time, as text or digits. */
export function oddTime(random: Random): string {
  const base = random.pick(TIMES)
  if (random.once(2)) return base
  const at = random.int(base.length + 1)
  return base.slice(0, at) + random.pick(['', '0', '9', 'Z', ':', '-', '.', ' ', random.pick(PIECES), '0'.repeat(random.int(2_000))]) + base.slice(at + random.int(3))
}
