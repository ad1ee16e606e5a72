/** Encoded queries as ServiceNow runs them over the fake's rows: `^` and, `^OR` or, `^NQ` another query, and a value that begins with `javascript:` is run, which here is a fault. */

/** A row of a table. */
export type ServiceNowRow = Record<string, string>

const CONDITION = /^([a-z][a-z0-9_.]*)(STARTSWITH|LIKE|IN|>=|<=|!=|=|>|<)([\s\S]*)$/

/** Rows that the query finds, in its order. `columns`: what may be asked for; `fault` is told of what ServiceNow would quietly leave out, and so answer far too much. */
export function runQuery(rows: readonly ServiceNowRow[], query: string, columns: ReadonlySet<string>, fault: (text: string) => void): readonly ServiceNowRow[] {
  const orders: { column: string; isDown: boolean }[] = []
  const queries = query.split('^NQ').map((part) =>
    part.split('^').reduce<string[][]>((groups, piece) => {
      const order = /^ORDERBY(DESC)?([a-z0-9_.]+)$/.exec(piece)
      if (order !== null) orders.push({ column: order[2] ?? '', isDown: order[1] !== undefined })
      else if (piece.startsWith('OR')) groups.at(-1)?.push(piece.slice(2))
      else if (piece !== '') groups.push([piece])
      return groups
    }, []))
  const holds = (row: ServiceNowRow, condition: string): boolean => {
    const [, column = '', operator = '', value = ''] = CONDITION.exec(condition) ?? []
    if (!columns.has(column)) fault(`encoded query: "${condition}" is no condition of this table`)
    if (/javascript:/i.test(value)) fault(`encoded query: "${condition}" would be run on the server`)
    const stored = row[column] ?? ''
    if (operator === '=') return stored.toLowerCase() === value.toLowerCase()
    if (operator === '!=') return stored !== value
    if (operator === 'LIKE') return stored.toLowerCase().includes(value.toLowerCase())
    if (operator === 'STARTSWITH') return stored.startsWith(value)
    if (operator === 'IN') return value.split(',').includes(stored)
    return operator === '>' ? stored > value : operator === '>=' ? stored >= value : operator === '<' ? stored < value : stored <= value
  }
  const found = rows.filter((row) => queries.some((groups) => groups.every((group) => group.map((condition) => holds(row, condition)).includes(true))))
  return [...found].sort((a, b) => {
    for (const { column, isDown } of orders) {
      const [x, y] = [a[column] ?? '', b[column] ?? '']
      if (x !== y) return (x < y ? -1 : 1) * (isDown ? -1 : 1)
    }
    return 0
  })
}
