/** Mappings: expressions of every kind over mutated payloads. The budget of steps must hold whatever is asked. */
import { MAPPING_FIELDS, MAPPING_LIMITS } from '../../../schemas/mapping.ts'
import { Budget, EvaluationError } from '../../../processors/mapping/budget.ts'
import { evaluate } from '../../../processors/mapping/evaluate.ts'
import { isFault, parseExpression } from '../../../processors/mapping/expression.ts'
import { FUNCTIONS } from '../../../processors/mapping/functions.ts'
import { applyMapping, compileMapping } from '../../../processors/mapping/mapping.ts'
import { parseBody } from '../../../processors/sources/parse.ts'
import { frozen } from '../../harness/golden.ts'
import type { Corpus } from '../corpus.ts'
import { checkNormalised, checkPrototypes, checkRefused, must } from '../invariants.ts'
import { mutated } from '../mutate.ts'
import { ODD_NAMES, oddText } from '../odd.ts'
import type { Random } from '../random.ts'
import type { Note, Target } from '../target.ts'
import { write } from '../tree.ts'

/** Whatever an expression costs, its steps are counted: this many at most, in every run. */
const STEPS = 100_000

/** Targets of the mapping. */
export function mappingTargets(corpus: Corpus): Target[] {
  const samples = [...corpus.bySource.values()].flat()
  const payload = (random: Random, note: Note, what: string): { readonly value: unknown; readonly bytes: number } | null => {
    const bytes = Buffer.from(write(mutated(random.pick(samples).tree, random, corpus.stock)))
    note({ bytes, contentType: 'application/json', what })
    try {
      return { value: frozen(parseBody(bytes, 'application/json')), bytes: bytes.length }
    } catch (thrown) {
      checkRefused(thrown)
      return null
    }
  }
  return [
    {
      name: 'mapping/expression', share: 8,
      run(random, note) {
        const text = expression(random, corpus.stock.names)
        const read = payload(random, note, text)
        const node = parseExpression(text)
        if (isFault(node)) return must(node.message.length < 2_000 && (node.position ?? 0) <= text.length, 'a fault is short and stands inside the text')
        if (read !== null) checkEvaluated(node, read.value)
      },
    },
    {
      name: 'mapping/document', share: 4,
      run(random, note) {
        const document = mappingDocument(random, corpus.stock.names)
        const read = payload(random, note, JSON.stringify(document))
        const compiled = compileMapping(document)
        if ('faults' in compiled || read === null) return must('mapping' in compiled || compiled.faults.length > 0, 'what is no mapping has faults')
        const first = applyMapping(compiled.mapping, read.value, 'some-tool')
        checkNormalised(first.alerts, ['mapping_failed', 'payload_invalid'])
        must(first.steps <= MAPPING_LIMITS.steps + MAPPING_LIMITS.stepsPerAlert * 5_001, 'the budget holds')
        must(JSON.stringify(applyMapping(compiled.mapping, read.value, 'some-tool')) === JSON.stringify(first), 'the same payload gives the same answer')
        checkPrototypes()
      },
    },
    {
      name: 'mapping/syntax', share: 4,
      run(random, note) {
        const text = random.list(0, random.once(20) ? 500 : 30, () => random.pick(TOKENS)).join('').slice(0, MAPPING_LIMITS.expressionChars)
        note({ bytes: text })
        const node = parseExpression(text)
        if (isFault(node)) must((node.position ?? 0) <= text.length, 'a fault stands inside the text')
        else checkEvaluated(node, { a: [{ b: 1 }, 'x', null], b: 'text' })
      },
    },
  ]
}

function checkEvaluated(node: Parameters<typeof evaluate>[0], data: unknown): void {
  const answers = [1, 2].map(() => {
    const budget = new Budget(STEPS)
    try {
      const value = evaluate(node, data, { root: data, budget })
      must(typeof value !== 'undefined', 'a missing value is null')
      must(typeof value !== 'number' || Number.isFinite(value) || Object.is(value, -0), 'a number is finite')
      return { text: JSON.stringify(value), spent: budget.spent }
    } catch (thrown) {
      if (!(thrown instanceof EvaluationError)) throw thrown
      must(thrown.message.length < 2_000, 'an error is short')
      return { text: thrown.message, spent: budget.spent }
    } finally {
      must(budget.spent <= STEPS, 'the budget holds')
      checkPrototypes()
    }
  })
  must(JSON.stringify(answers[0]) === JSON.stringify(answers[1]), 'the same expression gives the same answer and costs the same')
}

const TOKENS = ['a', 'b', '"a"', '"', '.', '..', '[', ']', '[]', '[*]', '[?', '[0]', '[::]', '[::-1]', '[1:9:2]', '*', '@', '$', '&', '&&', '||', '|', '!', '(', ')', '{', '}', ':', ',', '==', '!=', '<', '>=', '`', '`1`', '`{"a":1}`', '`[`', '\'t\'', '\'', '\\', '-', '+', '/', '//', '%', '×', '÷', '?', ' ', '\n', '\u0000', '\ud800', 'é', '0', '99999999999999999999', 'let ', '$x', ' in ', 'length(', 'map(', 'sort_by(', 'constructor(', '__proto__', ...Object.keys(FUNCTIONS)]

/** An expression that mostly parses, with functions, projections and literals of all kinds. */
export function expression(random: Random, names: readonly string[], level = 0): string {
  const inner = (): string => (level > 5 ? '@' : expression(random, names, level + 1))
  const name = (): string => {
    const one = random.once(4) ? random.pick(ODD_NAMES) : random.pick(names)
    return /^[A-Za-z_]\w*$/.test(one) ? one : JSON.stringify(one.toWellFormed())
  }
  switch (random.int(20)) {
    case 0: case 1: case 2: return name()
    case 3: return random.pick(['@', '$', '`1`', '`-1e300`', '`null`', '`[]`', '`{"__proto__":{"a":1}}`', '`"x"`', '\'t\'', '\'\'', '`[1,"a",null,[1],{"a":1}]`', '`1e308`'])
    case 4: return `${inner()}.${name()}`
    case 5: return `(${inner()})[${random.pick(['0', '-1', '*', '', '::-1', '1:', ':3', '::2', '5:1:-2', '99999999999'])}]`
    case 6: return `(${inner()})[?${inner()}]`
    case 7: return `(${inner()}) | (${inner()})`
    case 8: return `(${inner()}) ${random.pick(['||', '&&', '==', '!=', '<', '<=', '>', '>=', '+', '-', '*', '/', '//', '%'])} (${inner()})`
    case 9: return `!(${inner()})`
    case 10: return `[${random.list(1, 4, inner).join(', ')}]`
    case 11: return `{${random.list(1, 3, () => `${name()}: ${inner()}`).join(', ')}}`
    case 12: return `(${inner()}).*`
    case 13: return `(${inner()})[]${random.once(2) ? `.${name()}` : ''}`
    case 14: return `(${inner()}) ? (${inner()}) : (${inner()})`
    default: {
      const [call, known] = random.pick(Object.entries(FUNCTIONS))
      const count = Math.min(known.arity[1], known.arity[0] + random.int(2))
      const args = Array.from({ length: count }, (_, at) => (known.expression === at ? `&${inner()}` : random.once(12) ? `'${oddText(random).slice(0, 40).replace(/['\\]/g, '')}'` : inner()))
      return `${call}(${args.join(', ')})`
    }
  }
}

function mappingDocument(random: Random, names: readonly string[]): unknown {
  if (random.once(40)) return random.pick<unknown>([null, [], 'x', 1, { __proto__: null }, { labels: [] }, { severities: 'x', asset: 'a' }])
  const text = (): unknown => (random.once(60) ? random.pick<unknown>([1, null, {}, 'x'.repeat(2_000)]) : expression(random, names, 3))
  const entries: [string, unknown][] = MAPPING_FIELDS.filter(() => random.once(3)).map((field) => [field, text()])
  if (random.once(2)) entries.push(['items', random.once(3) ? random.pick(['@', 'alerts', '[@]', '*', '[@,@,@][]', 'to_array(@)']) : text()])
  if (random.once(2)) entries.push(['labels', Object.fromEntries(random.list(0, random.once(30) ? 40 : 4, (): [string, unknown] => [random.once(3) ? random.pick(ODD_NAMES) : random.pick(names), text()]))])
  if (random.once(3)) entries.push([random.pick(['severities', 'statuses']), Object.fromEntries(random.list(0, 4, (): [string, unknown] => [oddText(random).slice(0, 80), random.pick<unknown>(['critical', 'high', 'firing', 'resolved', 'x', null, 1])]))])
  if (random.once(30)) entries.push([random.pick(ODD_NAMES), 'x'])
  return Object.fromEntries(entries)
}
