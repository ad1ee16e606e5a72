/** Cost: what is twice as large may take about twice as long, and a body of the largest size must not take long. Only in the long run, for time is measured. */
import { parseBody } from '../../../processors/sources/parse.ts'
import { ADAPTERS, adapterFor } from '../../../processors/sources/registry.ts'
import type { SourceAdapter } from '../../../processors/sources/source.ts'
import { applyMapping, compileMapping } from '../../../processors/mapping/mapping.ts'
import { BODY_BYTES_MAX } from '../bodies.ts'
import type { Corpus } from '../corpus.ts'
import { checkNormalised, checkRefused, must } from '../invariants.ts'
import { ODD_NAMES } from '../odd.ts'
import type { Random } from '../random.ts'
import type { Target } from '../target.ts'
import { put, slotsOf, treeOf, write, type Tree } from '../tree.ts'

/** Where a body of the largest size takes no longer than this, nobody asks how its time grows. */
const FREE_MS = 250
/** Four times the body, sixteen times the time: a little less than what is quadratic, and more than noise and caches make of what is not. */
const RATIO_MAX = 12
/** No body may take longer; measured is the time of the processor, best of three. */
const WORST_MS = 1_500

/** One target over all adapters; each input makes one field or list of one sample as large as a body may be. */
export function growthTargets(corpus: Corpus): Target[] {
  const adapters = [...ADAPTERS.map(({ id }) => [adapterFor(id), corpus.bySource.get(id) ?? []] as const), [adapterFor('some-tool'), [...corpus.bySource.values()].flat()] as const]
  return [{
    name: 'growth', share: 3, limitMs: 20_000,
    run(random, note) {
      const [adapter, samples] = random.pick(adapters)
      const sample = random.pick(samples)
      const grow = random.pick([grownText, grownText, grownList, grownNames, grownLabels])
      const seed = random.next()
      const bytesOf = (size: number): Buffer => Buffer.from(write(grow(sample.tree, size, seed))).subarray(0, BODY_BYTES_MAX)
      const [quarter, whole] = [bytesOf(BODY_BYTES_MAX / 4.4), bytesOf(BODY_BYTES_MAX / 1.1)]
      note({ bytes: whole, contentType: 'application/json', what: `${adapter.id} ${sample.name} ${grow.name}` })
      const read = random.once(8) ? mapped(random) : reader(adapter)
      const wholeMs = leastMs(() => read(whole))
      if (wholeMs < FREE_MS) return
      const quarterMs = leastMs(() => read(quarter))
      must(wholeMs < WORST_MS, `a body of ${whole.length} bytes takes ${wholeMs.toFixed(0)} ms (a quarter of it ${quarterMs.toFixed(0)} ms)`)
      must(wholeMs / quarterMs < RATIO_MAX, `four times the body takes ${(wholeMs / quarterMs).toFixed(1)} times as long: ${quarterMs.toFixed(0)} ms and ${wholeMs.toFixed(0)} ms`)
    },
  }]
}

function reader(adapter: SourceAdapter) {
  return refusing((payload) => checkNormalised(adapter.normalise(payload, { contentType: 'application/json', headers: {}, receivedAtMs: 0 })))
}

function mapped(random: Random) {
  const compiled = compileMapping({ items: random.pick(['@', 'to_array(@)', 'alerts', '*', '[]']), signature: 'keys(@)[0]', title: 'to_string(@)', labels: { a: 'length(to_string($))', b: 'sort(keys($))[0]' } })
  return refusing((payload) => {
    if ('mapping' in compiled) checkNormalised(applyMapping(compiled.mapping, payload, 'some-tool').alerts, ['mapping_failed', 'payload_invalid'])
  })
}

function refusing(read: (payload: unknown) => void) {
  return (bytes: Buffer): void => {
    try {
      read(parseBody(bytes, 'application/json'))
    } catch (thrown) {
      checkRefused(thrown)
    }
  }
}

/** Processor time of the thread, the least of three: others use this machine too. */
function leastMs(run: () => void): number {
  let least = Infinity
  for (let times = 0; times < 3; times++) {
    const before = process.threadCpuUsage()
    run()
    const used = process.threadCpuUsage(before)
    least = Math.min(least, (used.user + used.system) / 1_000)
    if (least < FREE_MS) break
  }
  return least
}

const UNITS = ['a', ' ', '\t', '\n', '_', '_0', '0_', '.', '-', ':', ': ', '|', ',', ', ', '/', '[', '[{', ']', '(', '{', '{{', '}', '<', '<a>', '<a b="', '&', '=', 'a=', 'a=b,', '"', '\\', '\'', '#', '# ', '@', '*', '**', '%', '$', '$a', ' on ', ' is ', ' is down', 'up ', 'OK ', 'a: b\n', 'host ', '\r\n', '1', '1 ', '0.', '1.1.', 'a@', 'http://', 'https://a/', '- ', ' - ', '—', 'é', '中', '\u0000', '\u2028', '😀', '<34>', '[a b="c"]', '\\"', 'State: ', 'a\n\n', '```', '|-', '>']

/** A text made of one pattern, in place of a text of the sample, or before or behind it. */
function grownText(tree: Tree, size: number, seed: number): Tree {
  const copy = cloned(tree)
  const slots = slotsOf(copy).filter(({ node }) => node.kind !== 'object' && node.kind !== 'array')
  const slot = slots[seed % slots.length]
  if (slot === undefined) return copy
  const unit = UNITS[Math.floor(seed / 7) % UNITS.length]! + (seed % 3 === 0 ? UNITS[Math.floor(seed / 1_001) % UNITS.length]! : '')
  const text = unit.repeat(Math.floor(size / JSON.stringify(unit).length))
  const own = slot.node.kind === 'text' ? slot.node.text : ''
  return put(copy, slot, { kind: 'text', text: [text, own + text, text + own, `${own.slice(0, own.length / 2)}${text}${own.slice(own.length / 2)}`, `${text}!`][seed % 5]! })
}

/** A list of the sample, or the sample itself, so often that the body is full; now and then the elements are tiny and what is around them large. */
function grownList(tree: Tree, size: number, seed: number): Tree {
  const copy = cloned(tree)
  const lists = slotsOf(copy).filter(({ node }) => node.kind === 'array' && node.items.length > 0)
  const slot = lists[seed % Math.max(1, lists.length)]
  const element = slot?.node.kind === 'array' ? slot.node.items[0]! : copy
  const one = seed % 4 === 0 ? smallest(element) : element
  const items = Array.from({ length: Math.max(1, Math.floor(size / (write(one).length + 1))) }, () => one)
  return slot === undefined ? { kind: 'array', items } : put(copy, slot, { kind: 'array', items })
}

/** An object of the sample with as many names as fit. */
function grownNames(tree: Tree, size: number, seed: number): Tree {
  const copy = cloned(tree)
  const slots = slotsOf(copy).filter(({ node }) => node.kind === 'object')
  const slot = slots[seed % Math.max(1, slots.length)]
  const value: Tree = [{ kind: 'raw', text: '1' }, { kind: 'text', text: 'x' }, { kind: 'object', entries: [['a', { kind: 'text', text: 'x' }]] }, { kind: 'array', items: [] }][seed % 4] as Tree
  const prefix = ODD_NAMES[Math.floor(seed / 5) % ODD_NAMES.length]!
  const entries = Array.from({ length: Math.floor(size / (write(value).length + prefix.length + 10)) }, (_, at): readonly [string, Tree] => [`${prefix}${at}`, value])
  return slot === undefined ? { kind: 'object', entries } : put(copy, slot, { kind: 'object', entries: slot.node.kind === 'object' ? [...slot.node.entries, ...entries] : entries })
}

/** What all elements share made large, and many small elements: what is copied into each alert must stay in proportion. */
function grownLabels(tree: Tree, size: number, seed: number): Tree {
  const shared = cloned(tree)
  const objects = slotsOf(shared).filter(({ node }) => node.kind === 'object')
  const texts = Array.from({ length: 60 }, (_, at): readonly [string, Tree] => [`shared${at}`, { kind: 'text', text: `${at}`.repeat(Math.min(500, size / 500)) }])
  const slot = objects[seed % Math.max(1, objects.length)]
  if (slot?.node.kind === 'object') slot.node.entries.push(...texts)
  for (const { node } of slotsOf(shared)) if (node.kind === 'text' && seed % 2 === 0 && node.text.length < 200 && !/^[\d:TZ.+-]+$/.test(node.text)) Object.assign(node, { text: node.text + 'x'.repeat(seed % 3 === 0 ? 1_000 : 0) })
  return grownList(shared, size - write(shared).length, seed >>> 3)
}

/** The element with its texts and nothing that is nested. */
function smallest(element: Tree): Tree {
  if (element.kind !== 'object') return element
  return { kind: 'object', entries: element.entries.filter(([, child]) => child.kind === 'text' || child.kind === 'raw').slice(0, 3) }
}

function cloned(tree: Tree): Tree {
  return treeOf(JSON.parse(write(tree)))
}
