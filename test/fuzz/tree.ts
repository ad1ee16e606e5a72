/** JSON as a tree that can also hold what JSON.stringify never writes: keys that come twice, numbers as any text, halves of surrogate pairs written out. */

/** One value. `raw` is written as it stands. */
export type Tree =
  | { readonly kind: 'object'; readonly entries: (readonly [string, Tree])[] }
  | { readonly kind: 'array'; readonly items: Tree[] }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'raw'; readonly text: string }

/** A value of `JSON.parse` as a tree. */
export function treeOf(value: unknown): Tree {
  if (typeof value === 'string') return { kind: 'text', text: value }
  if (Array.isArray(value)) return { kind: 'array', items: value.map(treeOf) }
  if (typeof value === 'object' && value !== null) return { kind: 'object', entries: Object.entries(value).map(([name, child]) => [name, treeOf(child)] as const) }
  return { kind: 'raw', text: JSON.stringify(value) ?? 'null' }
}

/** The tree as text. No recursion: a tree may be nested deeper than the stack. */
export function write(tree: Tree): string {
  const out: string[] = []
  const stack: (Tree | string)[] = [tree]
  for (let one = stack.pop(); one !== undefined; one = stack.pop()) {
    if (typeof one === 'string') out.push(one)
    else if (one.kind === 'raw') out.push(one.text)
    else if (one.kind === 'text') out.push(JSON.stringify(one.text))
    else if (one.kind === 'array') {
      stack.push(']')
      for (let at = one.items.length - 1; at >= 0; at--) stack.push(one.items[at]!, ...(at > 0 ? [','] : []))
      stack.push('[')
    } else {
      stack.push('}')
      for (let at = one.entries.length - 1; at >= 0; at--) {
        const [name, child] = one.entries[at]!
        stack.push(child, `${at > 0 ? ',' : ''}${JSON.stringify(name)}:`)
      }
      stack.push('{')
    }
  }
  return out.join('')
}

/** Where a value stands: the node that holds it, and its place there. The outermost has no holder. */
export interface Slot {
  readonly holder: Tree | null
  readonly at: number
  readonly node: Tree
}

/** Every value of the tree that stands at most 64 levels deep, at most 5,000. */
export function slotsOf(tree: Tree): Slot[] {
  const slots: Slot[] = [{ holder: null, at: 0, node: tree }]
  for (let index = 0; index < slots.length && slots.length < 5_000; index++) {
    const { node } = slots[index]!
    if (node.kind === 'array') node.items.forEach((child, at) => slots.push({ holder: node, at, node: child }))
    if (node.kind === 'object') node.entries.forEach(([, child], at) => slots.push({ holder: node, at, node: child }))
  }
  return slots
}

/** Puts another value into a slot; gives the tree, which is the other value itself where the slot was the outermost. */
export function put(tree: Tree, slot: Slot, node: Tree): Tree {
  const { holder, at } = slot
  if (holder === null) return node
  if (holder.kind === 'array') holder.items[at] = node
  if (holder.kind === 'object') holder.entries[at] = [holder.entries[at]?.[0] ?? '', node]
  return tree
}
