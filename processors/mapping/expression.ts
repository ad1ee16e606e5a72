/** Expressions as people write them: JMESPath, parsed by the community's library. What the evaluator has no meaning for is refused here, with its place. */
import { compile, tokenize } from '@jmespath-community/jmespath'
import { FUNCTIONS } from './functions.ts'

/** A parsed expression. */
export type Node = ReturnType<typeof compile>

/** Why a text is no expression we evaluate. */
export interface ExpressionFault {
  readonly message: string
  /** UTF-16 unit of the text. */
  readonly position: number | null
}

/** Parses an expression. */
export function parseExpression(text: string): Node | ExpressionFault {
  let node: Node
  try {
    node = compile(text)
  } catch (thrown) {
    return syntaxFault(text, thrown)
  }
  const message = refusal(node)
  return message === null ? node : { message, position: placeOf(text, message) }
}

/** True for a fault, false for a parsed expression. */
export function isFault(parsed: Node | ExpressionFault): parsed is ExpressionFault {
  return !('type' in parsed)
}

/** The property names of an expression that is nothing but a path, such as `data.alerts` or `data.alerts[]`; null for any other. */
export function pathOf(node: Node): readonly string[] | null {
  switch (node.type) {
    case 'Field':
      return [node.name]
    case 'Root':
    case 'Current':
      return []
    case 'Subexpression': {
      const [left, right] = [pathOf(node.left), pathOf(node.right)]
      return left === null || right === null ? null : [...left, ...right]
    }
    default:
      return null
  }
}

/** The first thing in a tree that has no meaning here, as a sentence; null when all has. */
function refusal(node: Node): string | null {
  switch (node.type) {
    case 'LetExpression':
    case 'Binding':
    case 'Variable':
      return 'let and its variables are not read here; write the expression out'
    case 'Function': {
      const known = Object.hasOwn(FUNCTIONS, node.name) ? FUNCTIONS[node.name] : undefined
      if (known === undefined) return `there is no function ${node.name}(); there are ${Object.keys(FUNCTIONS).sort().join(', ')}`
      const [least, most] = known.arity
      if (node.children.length < least || node.children.length > most) return `${node.name}() takes ${least === most ? String(least) : most === Infinity ? `at least ${least}` : `${least} to ${most}`} arguments, not ${node.children.length}`
      for (const [index, child] of node.children.entries()) {
        if ((child.type === 'ExpressionReference') !== (known.expression === index)) return known.expression === index ? `argument ${index + 1} of ${node.name}() must be an expression, written with & before it` : '& stands only before an argument that a function evaluates itself'
        const inner = refusal(child.type === 'ExpressionReference' ? child.child : child)
        if (inner !== null) return inner
      }
      return null
    }
    case 'ExpressionReference':
      return '& stands only before an argument that a function evaluates itself'
    case 'Index':
      return Number.isInteger(node.value) ? null : 'a place in a list is a whole number'
    case 'Slice':
      if ([node.start, node.stop, node.step].some((part) => part !== null && !Number.isInteger(part))) return 'a slice is made of whole numbers'
      return node.step === 0 ? 'the step of a slice must not be 0' : null
    default:
      return firstOf(childrenOf(node), refusal)
  }
}

function childrenOf(node: Node): readonly Node[] {
  switch (node.type) {
    case 'MultiSelectHash':
      return node.children.map((pair) => pair.value)
    case 'MultiSelectList':
      return node.children
    case 'FilterProjection':
      return [node.left, node.condition, node.right]
    case 'Ternary':
      return [node.condition, node.trueExpr, node.falseExpr]
    case 'NotExpression':
    case 'Flatten':
      return [node.child]
    case 'Unary':
      return [node.operand]
    default:
      return 'left' in node ? [node.left, node.right] : []
  }
}

function firstOf<T, R>(items: readonly T[], ask: (item: T) => R | null): R | null {
  for (const item of items) {
    const found = ask(item)
    if (found !== null) return found
  }
  return null
}

/** The parser tells what is wrong, not where; where follows from which beginnings of the text it takes. */
function syntaxFault(text: string, thrown: unknown): ExpressionFault {
  const message = (thrown instanceof Error ? thrown.message : String(thrown)).replace(/^(Syntax error|syntax)[:,] */i, '')
  const readable = longestReadable(text)
  if (readable < text.length) return { message, position: readable }
  const starts = tokenize(text).map((token) => token.start)
  // The first token with which the text is wrong, and not merely unfinished: from there on every beginning is.
  let [low, high] = [0, starts.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (isUnfinished(text.slice(0, starts[middle + 1] ?? text.length))) low = middle + 1
    else high = middle
  }
  const position = starts[low] ?? text.length
  return position === text.length ? { message: 'the expression ends before it is complete', position } : { message, position }
}

/** How far the text can be cut into tokens. */
function longestReadable(text: string): number {
  for (let length = text.length; length > 0; length--) {
    if (takes(() => tokenize(text.slice(0, length))) === null) return length
  }
  return 0
}

function isUnfinished(text: string): boolean {
  const message = takes(() => compile(text))
  return message === null || /EOF|end of JSON/.test(message)
}

/** The message of what `read` throws; null when it does not. */
function takes(read: () => unknown): string | null {
  try {
    read()
    return null
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
}

/** Where the function that a refusal names stands; null when it names none. */
function placeOf(text: string, message: string): number | null {
  const name = /(\w+)\(\)/.exec(message)?.[1]
  const found = name === undefined ? -1 : text.search(new RegExp(`\\b${name}\\s*\\(`))
  return found < 0 ? null : found
}
