/** The language of ConnectWise's `conditions` and `orderBy`, as far as its page of queries tells it. What it does not know is refused, as there. */

type Value = string | number | boolean | null
type Test = (row: object) => boolean

const TOKEN = /\s*(?:(\()|(\))|\[([^\]]*)\]|"((?:[^"\\]|\\.)*)"|(!=|>=|<=|=|>|<)|([\w/.-]+))/y
/** Fields that stand elsewhere in a record than in a condition. */
const ELSEWHERE: Readonly<Record<string, string>> = { lastUpdated: '_info/lastUpdated', dateEntered: '_info/dateEntered' }

/** A test of records. Throws for a condition that cannot be read, or a field no record knows. */
export function conditionOf(text: string, fields: ReadonlySet<string>): Test {
  const tokens = tokensOf(text)
  let at = 0
  const next = (): string => tokens[at++] ?? fail('it ends too early')
  const either = (): Test => {
    const tests = [both()]
    while (tokens[at]?.toLowerCase() === 'or') {
      at += 1
      tests.push(both())
    }
    return (row) => tests.some((test) => test(row))
  }
  const both = (): Test => {
    const tests = [single()]
    while (tokens[at]?.toLowerCase() === 'and') {
      at += 1
      tests.push(single())
    }
    return (row) => tests.every((test) => test(row))
  }
  const single = (): Test => {
    const field = next()
    if (field === '(') {
      const inner = either()
      if (next() !== ')') fail('a bracket is open')
      return inner
    }
    if (!fields.has(field.split('/')[0] ?? '')) fail(`unknown field ${field}`)
    const operator = next().toLowerCase()
    const wanted = literal(next())
    return (row) => compare(valueAt(row, field), operator, wanted)
  }
  const test = either()
  if (at !== tokens.length) fail(`what is "${tokens[at] ?? ''}"?`)
  return test
}

/** An order of records. */
export function orderOf(text: string): (a: object, b: object) => number {
  const parts = text.split(',').map((part) => part.trim().split(/\s+/))
  return (a, b) => parts.reduce((found, [field = 'id', way]) => (found !== 0 ? found : rank(valueAt(a, field), valueAt(b, field)) * (way?.toLowerCase() === 'desc' ? -1 : 1)), 0)
}

function tokensOf(text: string): string[] {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  for (let from = 0; text.slice(from).trim() !== ''; from = TOKEN.lastIndex) {
    TOKEN.lastIndex = from
    const found = TOKEN.exec(text) ?? fail(`what is "${text.slice(from, from + 20)}"?`)
    const [, open, close, instant, quoted, operator, word] = found
    tokens.push(instant !== undefined ? `[${instant}` : quoted !== undefined ? `"${quoted.replace(/\\(.)/g, '$1')}` : open ?? close ?? operator ?? word ?? '')
  }
  return tokens
}

function literal(token: string): Value {
  if (token.startsWith('[')) return new Date(token.slice(1)).toISOString()
  if (token.startsWith('"')) return token.slice(1)
  if (/^-?\d+(\.\d+)?$/.test(token)) return Number(token)
  return token === 'true' ? true : token === 'false' ? false : token === 'null' ? null : fail(`"${token}" is no value`)
}

function valueAt(row: object, field: string): Value {
  let value: unknown = row
  for (const part of (ELSEWHERE[field] ?? field).split('/')) value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[part] : null
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}

function compare(value: Value, operator: string, wanted: Value): boolean {
  if (operator === 'contains') return typeof value === 'string' && value.toLowerCase().includes(String(wanted).toLowerCase())
  if (operator === 'like') return typeof value === 'string' && new RegExp(`^${String(wanted).replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('%', '.*')}$`, 'is').test(value)
  const order = rank(value, wanted)
  const answer: Readonly<Record<string, boolean>> = { '=': order === 0, '!=': order !== 0, '>': order > 0, '>=': order >= 0, '<': order < 0, '<=': order <= 0 }
  return answer[operator] ?? fail(`unknown operator ${operator}`)
}

function rank(a: Value, b: Value): number {
  if (typeof a === 'string' && typeof b === 'string') {
    const isInstant = /^\d{4}-\d\d-\d\dT/.test(a) && /^\d{4}-\d\d-\d\dT/.test(b)
    return isInstant ? Date.parse(a) - Date.parse(b) : a.toLowerCase().localeCompare(b.toLowerCase())
  }
  return Number(a ?? 0) - Number(b ?? 0)
}

function fail(why: string): never {
  throw new SyntaxError(`conditions: ${why}`)
}
