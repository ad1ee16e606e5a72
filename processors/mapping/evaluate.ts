/**
 * Evaluates a parsed expression. The tree is the library's, the walk ours: the library's own interpreter knows no budget, finds inherited names, takes a payload's
 * `{"expref": true}` for an expression, and sorts by the machine's locale. A test compares the two wherever they should agree. See ADR-0001-jmespath.md.
 */
import { EvaluationError, type Budget } from './budget.ts'
import type { Node } from './expression.ts'
import { callFunction } from './functions.ts'
import { equals, isTruthy, kindOf, own } from './values.ts'

/** What an expression is evaluated over. */
export interface Scene {
  /** The whole payload, which `$` names. */
  readonly root: unknown
  readonly budget: Budget
}

/** The value of an expression at `current`, which `@` names; null where something is missing. Throws EvaluationError. */
export function evaluate(node: Node, current: unknown, scene: Scene): unknown {
  const { budget } = scene
  budget.spend(1)
  const at = (inner: Node, value: unknown): unknown => evaluate(inner, value, scene)
  switch (node.type) {
    case 'Identity':
    case 'Current':
      return current ?? null
    case 'Root':
      return scene.root ?? null
    case 'Literal':
      return node.value
    case 'Field':
      return own(current, node.name)
    case 'Index':
      return Array.isArray(current) ? (current as readonly unknown[]).at(node.value) ?? null : null
    case 'Slice':
      return slice(current, node, budget)
    case 'Subexpression': {
      const left = at(node.left, current)
      return left === null ? null : at(node.right, left)
    }
    case 'IndexExpression':
    case 'Pipe':
      return at(node.right, at(node.left, current))
    case 'OrExpression': {
      const left = at(node.left, current)
      return isTruthy(left, budget) ? left : at(node.right, current)
    }
    case 'AndExpression': {
      const left = at(node.left, current)
      return isTruthy(left, budget) ? at(node.right, current) : left
    }
    case 'NotExpression':
      return !isTruthy(at(node.child, current), budget)
    case 'Ternary':
      return at(isTruthy(at(node.condition, current), budget) ? node.trueExpr : node.falseExpr, current)
    case 'Comparator':
      return compared(node.name, at(node.left, current), at(node.right, current), budget)
    case 'Arithmetic':
      return calculated(node.operator, at(node.left, current), at(node.right, current))
    case 'Unary':
      return calculated(node.operator, 0, at(node.operand, current))
    case 'MultiSelectList':
      return node.children.map((child) => at(child, current))
    case 'MultiSelectHash':
      // fromEntries defines own properties, so a key called __proto__ is only a key.
      return Object.fromEntries(node.children.map((pair) => [pair.name, at(pair.value, current)]))
    case 'Flatten':
      return flattened(at(node.child, current), budget)
    case 'Projection': {
      const base = at(node.left, current)
      // A slice of a text is a text, and what follows is asked of it as a whole.
      if (typeof base === 'string' && node.left.type === 'IndexExpression' && node.left.right.type === 'Slice') return at(node.right, base)
      return Array.isArray(base) ? projected(base, (element) => at(node.right, element), budget) : null
    }
    case 'ValueProjection': {
      const base = at(node.left, current)
      return kindOf(base) === 'object' ? projected(Object.values(base as object), (element) => at(node.right, element), budget) : null
    }
    case 'FilterProjection': {
      const base = at(node.left, current)
      if (!Array.isArray(base)) return null
      return projected(base, (element) => (isTruthy(at(node.condition, element), budget) ? at(node.right, element) : null), budget)
    }
    case 'Function': {
      const reference = node.children.find((child): child is Extract<Node, { child: Node }> => child.type === 'ExpressionReference')
      const args = node.children.map((child) => (child.type === 'ExpressionReference' ? null : at(child, current)))
      return callFunction(node.name, args, budget, (element) => (reference === undefined ? null : at(reference.child, element)))
    }
    default:
      throw new EvaluationError(`${node.type} is not read here`)
  }
}

/** What a projection collects: everything but null. */
function projected(base: readonly unknown[], take: (element: unknown) => unknown, budget: Budget): unknown[] {
  budget.spend(base.length)
  const out: unknown[] = []
  for (const element of base) {
    const value = take(element)
    if (value !== null) out.push(value)
  }
  return out
}

function flattened(list: unknown, budget: Budget): unknown {
  if (!Array.isArray(list)) return null
  budget.spend((list as unknown[]).reduce<number>((sum, element) => sum + (Array.isArray(element) ? element.length : 1), 0))
  return list.flat()
}

function slice(value: unknown, { start, stop, step }: { readonly start: number | null; readonly stop: number | null; readonly step: number | null }, budget: Budget): unknown {
  if (typeof value !== 'string' && !Array.isArray(value)) return null
  budget.spend(value.length)
  const all: readonly unknown[] = typeof value === 'string' ? Array.from(value) : value
  const by = step ?? 1
  const within = (given: number | null, missing: number, low: number, high: number): number => (given === null ? missing : Math.min(high, Math.max(low, given < 0 ? given + all.length : given)))
  const [from, to] = by > 0
    ? [within(start, 0, 0, all.length), within(stop, all.length, 0, all.length)]
    : [within(start, all.length - 1, -1, all.length - 1), within(stop, -1, -1, all.length - 1)]
  const out: unknown[] = []
  for (let index = from; by > 0 ? index < to : index > to; index += by) out.push(all[index])
  return typeof value === 'string' ? out.join('') : out
}

function compared(name: string, a: unknown, b: unknown, budget: Budget): boolean | null {
  if (name === 'EQ' || name === 'NE') return equals(a, b, budget) === (name === 'EQ')
  // Only numbers have an order.
  if (typeof a !== 'number' || typeof b !== 'number') return null
  return name === 'GT' ? a > b : name === 'GTE' ? a >= b : name === 'LT' ? a < b : a <= b
}

/** A missing number gives null, and so does a division by zero. */
function calculated(operator: string, a: unknown, b: unknown): number | null {
  if (kindOf(a) === 'null' || kindOf(b) === 'null') return null
  if (typeof a !== 'number' || typeof b !== 'number') throw new EvaluationError(`only numbers can be calculated with, not ${kindOf(typeof a === 'number' ? b : a)}; to_number() reads one from a text`)
  const result = arithmetic(operator, a, b)
  return Number.isFinite(result) ? result : null
}

function arithmetic(operator: string, a: number, b: number): number {
  switch (operator) {
    case 'Plus': return a + b
    case 'Minus': return a - b
    case 'Divide': return a / b
    case 'Div': return Math.floor(a / b)
    case 'Modulo': return a % b
    default: return a * b
  }
}
