/** JQL as far as the connector writes it: comparisons joined by AND and OR with brackets, values in quotes, an order. Anything else is a fault, for Jira would refuse it or, worse, answer something else. */

/** What a query is asked of. */
export interface JqlIssue {
  readonly id: number
  readonly key: string
  readonly project: string
  readonly summary: string
  readonly text: string
  readonly labels: readonly string[]
  readonly createdMs: number
  readonly updatedMs: number
}

type Token = { readonly kind: 'word' | 'text' | 'sign'; readonly value: string }

const TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|(>=|<=|!=|=|~|[()<>,])|([A-Za-z][\w.]*))/y

/** Issues that fit, in the query's order. Throws for what is no query. */
export function runJql(issues: readonly JqlIssue[], jql: string, nowMs: number): readonly JqlIssue[] {
  const [where = '', order = ''] = jql.split(/ ORDER BY (?=[^"]*$)/)
  const holds = parse(tokens(where), nowMs)
  const keys = order.split(',').map((part) => part.trim().split(' '))
  return issues.filter(holds).sort((a, b) => {
    for (const [name = '', way] of keys) {
      const column = { created: 'createdMs', updated: 'updatedMs', key: 'id' }[name] as 'createdMs' | 'updatedMs' | 'id' | undefined
      if (column === undefined) throw new Error(`JQL: no order by "${name}"`)
      if (a[column] !== b[column]) return (a[column] - b[column]) * (way === 'DESC' ? -1 : 1)
    }
    return 0
  })
}

function tokens(text: string): Token[] {
  const found: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const match = TOKEN.exec(text)
    if (match === null) throw new Error(`JQL: cannot be read: ${text}`)
    const [, quoted, sign, word] = match
    found.push(quoted !== undefined ? { kind: 'text', value: quoted.replace(/\\(.)/g, '$1') } : sign !== undefined ? { kind: 'sign', value: sign } : { kind: 'word', value: word ?? '' })
  }
  return found
}

function parse(all: Token[], nowMs: number): (issue: JqlIssue) => boolean {
  let at = 0
  const next = (): Token => all[at++] ?? { kind: 'sign', value: 'the end' }
  const isNext = (value: string): boolean => all[at]?.kind !== 'text' && all[at]?.value.toUpperCase() === value
  const either = (): ((issue: JqlIssue) => boolean) => {
    let left = both()
    while (isNext('OR')) {
      next()
      const [one, other] = [left, both()]
      left = (issue) => one(issue) || other(issue)
    }
    return left
  }
  const both = (): ((issue: JqlIssue) => boolean) => {
    let left = single()
    while (isNext('AND')) {
      next()
      const [one, other] = [left, single()]
      left = (issue) => one(issue) && other(issue)
    }
    return left
  }
  const single = (): ((issue: JqlIssue) => boolean) => {
    if (isNext('(')) {
      next()
      const inside = either()
      if (next().value !== ')') throw new Error('JQL: a bracket is not closed')
      return inside
    }
    const [field, operator, value] = [next(), next(), next()]
    if (field.kind !== 'word' || operator.kind !== 'sign' || value.kind !== 'text') throw new Error(`JQL: "${field.value} ${operator.value} ${value.value}" is no comparison with a quoted value`)
    return comparison(field.value, operator.value, value.value, nowMs)
  }
  const found = either()
  if (at < all.length) throw new Error(`JQL: "${all[at]?.value ?? ''}" is left over`)
  return found
}

function comparison(field: string, operator: string, value: string, nowMs: number): (issue: JqlIssue) => boolean {
  if (field === 'project' && operator === '=') return (issue) => issue.project === value
  if (field === 'labels' && operator === '=') return (issue) => issue.labels.includes(value)
  if (field === 'updated' && operator === '>=') {
    const minutes = /^-(\d+)m$/.exec(value)?.[1]
    if (minutes === undefined) throw new Error(`JQL: "${value}" depends on the time zone of the account`)
    // Minutes are all it knows.
    return (issue) => Math.floor(issue.updatedMs / 60_000) >= Math.floor((nowMs - Number(minutes) * 60_000) / 60_000)
  }
  if ((field === 'summary' || field === 'text') && operator === '~') {
    const phrase = /^"(.*)"$/.exec(value)?.[1]
    if (phrase === undefined && /[+\-&|!(){}[\]^~*?\\/:]/.test(value)) throw new Error(`JQL: "${value}" holds operators of the text search`)
    const words = (phrase ?? value).toLowerCase().split(/\s+/)
    return (issue) => (phrase === undefined ? words.every((word) => `${issue.summary} ${field === 'text' ? issue.text : ''}`.toLowerCase().includes(word)) : issue.summary.toLowerCase().includes(phrase.toLowerCase()))
  }
  throw new Error(`JQL: the fake knows no ${field} ${operator}`)
}
