/** The parsers of bodies, by format, over bodies made for each and bytes of all kinds. */
import { multipartFields } from '../../../processors/sources/parse-multipart.ts'
import { parseBody } from '../../../processors/sources/parse.ts'
import { normaliseForPrint } from '../../../processors/sources/print.ts'
import { bodyOf, BODY_BYTES_MAX, broken, finished, multipart, mutatedText, mutatedXml, type Body } from '../bodies.ts'
import type { Corpus } from '../corpus.ts'
import { checkPrototypes, checkRefused, must } from '../invariants.ts'
import { mutated } from '../mutate.ts'
import { oddName, oddText } from '../odd.ts'
import { otlpBytes } from '../otlp.ts'
import type { Random } from '../random.ts'
import type { Target } from '../target.ts'
import { write } from '../tree.ts'

/** Nodes and characters that a parsed body may have for each of its bytes, and at least. */
const GROWTH_MAX = 50
const GROWTH_FREE = 100_000

/** A target a format. */
export function parserTargets(corpus: Corpus): Target[] {
  const samples = [...corpus.bySource.values()].flat()
  const of = (format: string) => samples.filter((sample) => sample.format === format)
  const [forms, xmls, texts] = [of('form'), of('xml'), of('txt')]
  const json = (random: Random) => write(mutated(random.pick(samples).tree, random, corpus.stock))
  const make: Readonly<Record<string, (random: Random) => Body>> = {
    json: (random) => finished(random.once(4) ? looseJson(random) : json(random), 'application/json', random),
    ndjson: (random) => finished(random.list(0, 6, () => (random.once(6) ? oddText(random) : json(random).slice(0, 100_000))).join(random.pick(['\n', '\r\n', '\n\n', ''])), 'application/x-ndjson', random),
    form: (random) => finished(random.once(3) ? looseForm(random) : bodyOf(random.pick(forms), random, corpus.stock).bytes.toString('latin1'), 'application/x-www-form-urlencoded', random),
    xml: (random) => finished(mutatedXml(random.pick(xmls).text, random), 'text/xml', random),
    multipart: (random) => multipart(mutated(random.pick(samples).tree, random, corpus.stock), random),
    text: (random) => finished(random.once(3) ? json(random) : mutatedText(random.pick(texts.length > 0 ? texts : samples).text, random), 'text/plain', random),
    otlp: (random) => ({ bytes: random.once(6) ? broken(otlpBytes(random), random) : otlpBytes(random), contentType: 'application/x-protobuf' }),
    any: (random) => ({ bytes: random.bytes(random.int(400)), contentType: random.pick(['application/json', 'text/plain', 'text/xml', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/x-protobuf', 'application/x-ndjson', '', '\u0000']) }),
  }
  return Object.entries(make).map(([name, body]): Target => ({
    name: `parse/${name}`, share: 4,
    run(random, note) {
      const made = body(random)
      note(made)
      checkParsed(made)
      // The command line guesses the type itself.
      if (random.once(20)) refusable(() => normaliseForPrint('some-tool', made.bytes))
    },
  }))
}

function checkParsed(body: Body): void {
  must(body.bytes.length <= BODY_BYTES_MAX * 2, 'a made body is no larger than a real one may be')
  const before = Buffer.from(body.bytes)
  const first = refusable(() => parseBody(body.bytes, body.contentType))
  must(before.equals(body.bytes), 'parsing leaves the bytes as they are')
  if (first === undefined) return
  must(sizeOf(first.value) <= Math.max(GROWTH_FREE, body.bytes.length * GROWTH_MAX), `a parsed value is at most ${GROWTH_MAX} times the body`)
  must(JSON.stringify(parseBody(body.bytes, body.contentType)) === JSON.stringify(first.value), 'the same body gives the same value')
  if (body.contentType === 'application/json') checkExact(body.bytes.toString('utf8'), first.value)
  if (body.contentType.startsWith('multipart/')) refusable(() => multipartFields(body.bytes, body.contentType))
}

/** JSON that the runtime itself can read must be read as it does, but for integers it cannot hold, which come as their digits. */
function checkExact(text: string, value: unknown): void {
  // A lone number is no body that the edge takes.
  if (typeof value !== 'object') return
  let exact: unknown
  try {
    exact = JSON.parse(text, function (this: unknown, _name, given: unknown, context?: { source?: string }): unknown {
      const source = context?.source
      return typeof given === 'number' && source !== undefined && /^-?[1-9]\d{15,99}$/.test(source) && !Number.isSafeInteger(given) ? source : given
    } as (name: string, given: unknown) => unknown)
  } catch (error) {
    if (error instanceof SyntaxError) return
    throw error
  }
  must(JSON.stringify(exact) === JSON.stringify(value), 'JSON is read as the runtime reads it, with long integers as texts')
}

function refusable<T>(run: () => T): { readonly value: T } | undefined {
  try {
    return { value: run() }
  } catch (thrown) {
    checkRefused(thrown)
    return undefined
  } finally {
    checkPrototypes()
  }
}

/** Values and characters, counted without recursion. */
function sizeOf(value: unknown): number {
  let size = 0
  const stack: unknown[] = [value]
  while (stack.length > 0) {
    const one = stack.pop()
    size++
    if (typeof one === 'string') size += one.length
    else if (typeof one === 'object' && one !== null) for (const [name, child] of Object.entries(one)) { size += name.length; stack.push(child) }
  }
  return size
}

/** Tokens of JSON in no order. */
function looseJson(random: Random): string {
  const tokens = ['{', '}', '[', ']', ':', ',', '"', '"a"', '"__proto__"', '1', '-', '1e5', '12345678901234567', '-98765432109876543', '1.5e', 'tru', 'true', 'null', '\n', '\\', '\\u12', '"\n"', ' ', '\t', '\u0000', '{"a":', '"hunter2-canary-5eCr3t"', '//', '/*']
  return random.list(0, 40, () => random.pick(tokens)).join('')
}

function looseForm(random: Random): string {
  const least = random.once(30) ? 3_000 : 0
  return random.list(least, least + 12, () => `${random.pick(['', oddName(random, ['payload', 'status']).slice(0, 500), '%', '%zz', '%00', '+', 'a[0][b]', '__proto__[x]'])}${random.pick(['=', '', '==', '&'])}${random.pick(['', oddText(random).slice(0, 2_000), '%', '%u0041', '%ff%fe', '{"a":1}'])}`).join(random.pick(['&', ';', '&&']))
}
