/** RT's query language as far as the connector speaks it: fields, `=`, `!=`, `<`, `>`, `>=`, `LIKE`, quoted texts, AND, OR, brackets. */

type Value = string | number | readonly string[]

/** Whether a record fits a query. Throws where the query is none, as RT does. */
export function matchesTicketSql(query: string, record: Readonly<Record<string, Value>>, nowMs = 0): boolean {
  const tokens = [...query.matchAll(/\s*(\(|\)|AND\b|OR\b|'(?:[^'\\]|\\.)*'|CF\.\{[^}]+\}|!=|>=|<=|[=<>]|LIKE\b|[\w.-]+)/gy)].map(([, token = '']) => token)
  if (tokens.join('').replace(/\s/g, '').length !== query.replace(/\s/g, '').length) throw new Error(`Wrong query: ${query}`)
  let at = 0
  const either = (): boolean => {
    let fits = both()
    while (tokens[at] === 'OR') {
      at += 1
      fits = both() || fits
    }
    return fits
  }
  const both = (): boolean => {
    let fits = one()
    while (tokens[at] === 'AND') {
      at += 1
      fits = one() && fits
    }
    return fits
  }
  const one = (): boolean => {
    if (tokens[at] === '(') {
      at += 1
      const fits = either()
      if (tokens[at++] !== ')') throw new Error(`Wrong query, a bracket is open: ${query}`)
      return fits
    }
    const [field = '', operator = '', quoted] = tokens.slice(at, at + 3)
    if (quoted === undefined || !/^(?:=|!=|<|>|>=|<=|LIKE)$/.test(operator)) throw new Error(`Incomplete query: ${query}`)
    at += 3
    return fitsOne(record[field] ?? '', operator, nowMs, quoted.startsWith("'") ? quoted.slice(1, -1).replace(/\\(.)/g, '$1') : quoted)
  }
  const fits = either()
  if (at !== tokens.length) throw new Error(`Wrong query after ${tokens.slice(0, at).join(' ')}`)
  return fits
}

function fitsOne(stored: Value, operator: string, nowMs: number, asked: string): boolean {
  const all = typeof stored === 'object' ? stored : [stored]
  return all.some((value) => {
    const ago = /^(\d+) seconds ago$/.exec(asked)?.[1]
    const wanted = ago === undefined ? Number(asked) : nowMs - Number(ago) * 1_000
    switch (operator) {
      case '=': return String(value).toLowerCase() === asked.toLowerCase()
      case '!=': return String(value).toLowerCase() !== asked.toLowerCase()
      case 'LIKE': return String(value).toLowerCase().includes(asked.toLowerCase())
      case '>': return Number(value) > wanted
      case '<': return Number(value) < wanted
      case '>=': return Number(value) >= wanted
      default: return Number(value) <= wanted
    }
  })
}
