/** Changes a payload the way tools, templates and attackers do: fields that are gone, doubled, of another type, nested, renamed, huge. */
import { hugeText, oddName, oddScalar, oddText } from './odd.ts'
import type { Random } from './random.ts'
import { put, slotsOf, treeOf, write, type Slot, type Tree } from './tree.ts'

/** What mutating draws from beside chance. */
export interface Stock {
  /** Names the tools use. */
  readonly names: readonly string[]
  /** Other payloads, from which parts are borrowed. */
  readonly trees: readonly Tree[]
}

/** Bytes a mutated payload has at most, about; beyond, the edge refuses it anyway. */
const CHARS_MAX = 1_000_000

/** A copy with one to eight changes; rarely none. */
export function mutated(original: Tree, random: Random, stock: Stock): Tree {
  let tree = copyOf(original)
  const changes = random.once(40) ? 0 : 1 + random.int(random.once(3) ? 8 : 3)
  for (let change = 0; change < changes; change++) {
    const slot = random.pick(slotsOf(tree))
    // What is huge is changed no further: copying it would cost more than feeding it.
    if (random.once(60)) return swollen(tree, slot, random)
    tree = changed(tree, slot, random, stock)
  }
  return tree
}

function changed(tree: Tree, slot: Slot, random: Random, stock: Stock): Tree {
  const { holder, at, node } = slot
  const borrowed = (): Tree => copyOf(random.pick(slotsOf(random.pick(stock.trees))).node)
  switch (random.int(13)) {
    case 0: // gone
      if (holder?.kind === 'object') holder.entries.splice(at, 1)
      else if (holder?.kind === 'array') holder.items.splice(at, 1)
      return tree
    case 1: { // doubled, with another value the second time
      const twin = random.once(2) ? copyOf(node) : oddScalar(random)
      if (holder?.kind === 'object') holder.entries.splice(random.int(holder.entries.length + 1), 0, [holder.entries[at]?.[0] ?? '', twin])
      else if (holder?.kind === 'array') holder.items.push(...random.list(1, 9, () => copyOf(node)))
      return tree
    }
    case 2:
      return put(tree, slot, random.pick<Tree>([{ kind: 'object', entries: [] }, { kind: 'array', items: [] }, { kind: 'array', items: [copyOf(node)] }, { kind: 'object', entries: [[oddName(random, stock.names), copyOf(node)]] }]))
    case 3: case 4:
      return put(tree, slot, oddScalar(random))
    case 5: { // under another name
      if (holder?.kind === 'object') holder.entries[at] = [oddName(random, stock.names), node]
      return tree
    }
    case 6: { // one field more
      if (node.kind === 'object') node.entries.splice(random.int(node.entries.length + 1), 0, [oddName(random, stock.names), random.once(2) ? oddScalar(random) : borrowed()])
      else if (node.kind === 'array') node.items.push(random.once(2) ? oddScalar(random) : borrowed())
      return tree
    }
    case 7:
      return put(tree, slot, borrowed())
    case 8: { // swapped with another
      const other = random.pick(slotsOf(tree))
      const theirs = copyOf(other.node)
      const changedOnce = put(tree, other, copyOf(node))
      return other.holder === null || holder === null ? changedOnce : put(changedOnce, slot, theirs)
    }
    case 9: // JSON as text, and text as JSON
      return put(tree, slot, node.kind === 'text' && /^\s*[[{]/.test(node.text) ? (parsed(node.text) ?? node) : { kind: 'text', text: write(node).slice(0, CHARS_MAX) })
    case 10:
      return put(tree, slot, nested(copyOf(node), random, 1 + random.int(8)))
    default: { // a text that is a little other
      if (node.kind !== 'text') return put(tree, slot, { kind: 'text', text: oddText(random) })
      const inside = random.once(2) && /^\s*[[{]/.test(node.text) ? parsed(node.text) : null
      if (inside !== null) return put(tree, slot, { kind: 'text', text: write(changed(inside, random.pick(slotsOf(inside)), random, stock)) })
      const from = random.int(node.text.length + 1)
      return put(tree, slot, { kind: 'text', text: node.text.slice(0, from) + oddText(random) + node.text.slice(from + random.int(6)) })
    }
  }
}

/** The changes that cost: a huge text or name, deep nesting, thousands of elements or fields. */
function swollen(tree: Tree, slot: Slot, random: Random): Tree {
  const { holder, at, node } = slot
  switch (random.int(5)) {
    case 0:
      return put(tree, slot, { kind: 'text', text: hugeText(random) })
    case 1:
      if (holder?.kind === 'object') holder.entries[at] = [hugeText(random, 100_000), node]
      return tree
    case 2:
      return put(tree, slot, nested(copyOf(node), random, random.pick([60, 64, 70, 500, 5_000, 50_000])))
    case 3: {
      const size = Math.max(1, write(node).length)
      const items = Array.from({ length: Math.min(10_000, Math.floor(CHARS_MAX / size)) }, () => node)
      return put(tree, slot, { kind: 'array', items })
    }
    default: {
      const size = Math.max(1, write(node).length) + 8
      const entries = Array.from({ length: Math.min(10_000, Math.floor(CHARS_MAX / size)) }, (_, index): readonly [string, Tree] => [`k${index}`, node])
      return put(tree, slot, { kind: 'object', entries })
    }
  }
}

function nested(node: Tree, random: Random, levels: number): Tree {
  let inner = node
  const name = random.pick(['a', 'data', '__proto__', 'alerts'])
  const asArray = random.once(2)
  for (let level = 0; level < levels; level++) inner = asArray ? { kind: 'array', items: [inner] } : { kind: 'object', entries: [[name, inner]] }
  return inner
}

function parsed(text: string): Tree | null {
  try {
    return treeOf(JSON.parse(text))
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** A copy at most 200 levels deep; what lies deeper is shared. */
function copyOf(tree: Tree, levels = 200): Tree {
  if (levels === 0) return tree
  if (tree.kind === 'array') return { kind: 'array', items: tree.items.map((item) => copyOf(item, levels - 1)) }
  if (tree.kind === 'object') return { kind: 'object', entries: tree.entries.map(([name, child]) => [name, copyOf(child, levels - 1)] as const) }
  return tree
}
