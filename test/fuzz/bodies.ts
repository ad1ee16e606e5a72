/** Turns mutated values into bodies of each format that tools post, and breaks the bytes of some. */
import { hugeText, oddName, oddText } from './odd.ts'
import { mutated, type Stock } from './mutate.ts'
import type { Random } from './random.ts'
import type { Sample } from './corpus.ts'
import { write, type Tree } from './tree.ts'

/** A body and the type it claims. */
export interface Body {
  readonly bytes: Buffer
  readonly contentType: string
}

/** Largest body made; the edge takes no larger one. */
export const BODY_BYTES_MAX = 1_048_576

/** A mutated sample in one of the forms its tool, or a tool like it, posts. */
export function bodyOf(sample: Sample, random: Random, stock: Stock): Body {
  if (sample.format === 'xml' && !random.once(5)) return finished(mutatedXml(sample.text, random), random.pick(['text/xml', 'application/xml', 'text/xml; charset=utf-8']), random)
  if (sample.format === 'txt' && !random.once(5)) return finished(mutatedText(sample.text, random), 'text/plain', random)
  const tree = mutated(sample.tree, random, stock)
  if (sample.format === 'form' && !random.once(5)) return random.once(3) ? multipart(tree, random) : finished(formOf(tree), 'application/x-www-form-urlencoded', random)
  const text = write(tree)
  switch (random.int(12)) {
    case 0: return finished(text, 'text/plain', random)
    case 1: return finished(new URLSearchParams([['payload', text]]).toString(), 'application/x-www-form-urlencoded', random)
    case 2: return multipart(tree, random)
    case 3: return finished(`${text}\n${text.slice(0, 20_000)}\n`, 'application/x-ndjson', random)
    case 4: return finished(formOf(tree), 'application/x-www-form-urlencoded', random)
    case 5: return finished(text, random.pick(['application/cloudevents+json', 'application/json; charset=latin1', 'text/json', 'text/html', 'application/x-protobuf', 'text/xml', '', ';;', 'multipart/form-data; boundary=x', `application/${oddText(random).slice(0, 80)}`]), random)
    default: return finished(text, 'application/json', random)
  }
}

/** Bytes of a text, one in eight broken: cut, changed, with marks of order and bytes that are no UTF-8. */
export function finished(text: string, contentType: string, random: Random): Body {
  const bytes = Buffer.from(text).subarray(0, BODY_BYTES_MAX)
  return { bytes: random.once(8) ? broken(bytes, random) : bytes, contentType }
}

/** The same bytes with one or more faults. */
export function broken(bytes: Buffer, random: Random): Buffer {
  const at = random.int(bytes.length + 1)
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)]
  switch (random.int(9)) {
    case 0: return Buffer.from(head)
    case 1: return Buffer.from(tail)
    case 2: return Buffer.concat([head, random.bytes(1 + random.int(4)), tail.subarray(random.int(4))])
    case 3: return Buffer.concat([Buffer.from('\ufeff'), bytes])
    case 4: return Buffer.concat([head, random.pick([Buffer.from('ff', 'hex'), Buffer.from('c0af', 'hex'), Buffer.from('eda080', 'hex'), Buffer.from('f4908080', 'hex'), Buffer.from('00', 'hex'), Buffer.from('e28', 'hex')]), tail])
    case 5: return Buffer.concat([bytes, bytes]).subarray(0, BODY_BYTES_MAX)
    case 6: return Buffer.from(bytes.toString('utf8').slice(0, 200_000), 'utf16le')
    case 7: return Buffer.concat([head, Buffer.from(random.pick(['\n', '\r\n', '\t', '"', ',', '}', ']', '\\', '//', 'NaN', '\'', '\u2028'])), tail])
    default: return Buffer.alloc(random.once(20) ? BODY_BYTES_MAX : random.int(2_000), random.pick(['[', '{"a":', '<a>', '"', '\\u', ' ', '&', '=', '%', '--x\r\n', '\u0000']))
  }
}

/** A multipart form, with files, charsets and boundaries that do not fit now and then. */
export function multipart(tree: Tree, random: Random): Body {
  const boundary = random.once(6) ? oddText(random).slice(0, 100) : random.pick(['x', 'xYzZY', '--', '----WebKitFormBoundary7MA4YWxkTrZu0gW'])
  const fields = tree.kind === 'object' ? tree.entries.slice(0, 2_000) : [['payload', tree] as const]
  const parts = fields.map(([name, child]) => {
    const value = child.kind === 'text' ? child.text : write(child)
    const extra = random.once(8) ? random.pick(['; filename="a.bin"', '; filename*=utf-8\'\'%e2', '; filename=""', `; x="${'a'.repeat(random.int(20_000))}"`]) : ''
    const type = random.once(8) ? `content-type: ${random.pick(['text/plain; charset=latin1', 'text/plain; charset=utf-16', 'application/json', 'text/plain; charset=nope', ': :', 'x'.repeat(random.int(20_000))])}\r\n` : ''
    return `--${boundary}\r\ncontent-disposition: form-data; name="${name.slice(0, 2_000)}"${extra}\r\n${type}\r\n${value}\r\n`
  })
  const end = random.once(6) ? random.pick(['', `--${boundary}`, '--', '\r\n']) : `--${boundary}--\r\n`
  const claimed = random.once(10) ? oddText(random).slice(0, 60) : boundary
  return finished(parts.join('') + end, random.once(4) ? `multipart/form-data; boundary="${claimed}"` : `multipart/form-data; boundary=${claimed}`, random)
}

/** A form of the fields of an object; what is no text is written as JSON. */
function formOf(tree: Tree): string {
  if (tree.kind !== 'object') return write(tree)
  return tree.entries.slice(0, 3_000).map(([name, child]) => `${escaped(name)}=${escaped(child.kind === 'text' ? child.text : write(child))}`).join('&')
}

function escaped(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

/** XML whose tags are gone, doubled, swapped, unclosed, nested or joined by document types, entities and CDATA. */
export function mutatedXml(text: string, random: Random): string {
  const tokens = text.split(/(<[^>]{0,300}>)/)
  for (let change = random.int(6); change >= 0; change--) {
    const at = random.int(tokens.length)
    switch (random.int(10)) {
      case 0: tokens.splice(at, 1); break
      case 1: tokens.splice(at, 0, tokens[random.int(tokens.length)] ?? ''); break
      case 2: tokens[at] = oddText(random); break
      case 3: tokens.unshift(random.pick(BOMBS)); break
      case 4: tokens[at] = `<![CDATA[${oddText(random)}${random.pick([']]>', ']]', '']) }`; break
      case 5: tokens[at] = random.pick(['&a;', '&#0;', '&#xD800;', '&#x110000;', '&#99999999;', '&lt;', '&amp;amp;', '&', '&#', '&bogus;']).repeat(1 + random.int(random.once(20) ? 20_000 : 5)); break
      case 6: { const name = oddName(random, ['status', 'message', 'name']).slice(0, 500); tokens[at] = `<${name}>${oddText(random)}</${name}>`; break }
      case 7: tokens[at] = random.pick(['<', '>', '</', '/>', '<!', '<!--', '-->', '<?', '<a', '<a b="', '</a></a>', '<a/>']).repeat(1 + random.int(random.once(20) ? 50_000 : 3)); break
      case 8: if (random.once(10)) tokens[at] = random.pick(['<a>', '<a><b>', '<![CDATA[', '<!--', '<a b="c"']).repeat(random.int(100_000)); break
      default: if (random.once(10)) tokens[at] = hugeText(random)
    }
  }
  return tokens.join('').slice(0, BODY_BYTES_MAX)
}

/** Entities that name each other, files and hosts. */
const BOMBS = [
  `<!DOCTYPE lolz [<!ENTITY lol "lol">${Array.from({ length: 9 }, (_, n) => `<!ENTITY lol${n + 1} "${`&lol${n || ''};`.repeat(10)}">`).join('')}]><a>&lol9;</a>`,
  `<!DOCTYPE a [<!ENTITY x "${'x'.repeat(50_000)}">]><a>${'&x;'.repeat(5_000)}</a>`,
  '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><message>&x;</message>',
  '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/evil.dtd"><a/>',
  '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/"> %p;]><a/>',
]

/** Lines that are gone, doubled, swapped or changed. */
export function mutatedText(text: string, random: Random): string {
  const tokens = text.split(/(\s|[[\]:=<>"])/)
  for (let change = random.int(6); change >= 0; change--) {
    const at = random.int(tokens.length)
    if (random.once(4)) tokens.splice(at, 1)
    else if (random.once(3)) tokens.splice(at, 0, tokens[random.int(tokens.length)] ?? '')
    else tokens[at] = random.once(30) ? hugeText(random) : oddText(random)
  }
  const whole = tokens.join('')
  return random.once(40) ? whole.repeat(1 + Math.floor(BODY_BYTES_MAX / Math.max(1, whole.length))).slice(0, BODY_BYTES_MAX) : whole
}
