/** Comma-separated values as RFC 4180 has them, read strictly: every mistake is told with its line. */

/** One row: the line it starts on, from 1, and its fields. */
export interface CsvRow {
  readonly line: number
  readonly fields: readonly string[]
}

/** A mistake and its line. */
export interface CsvMistake {
  readonly line: number
  readonly message: string
}

/**
 * Splits a text into rows; a byte order mark and empty lines are skipped. A quote inside an unquoted field, text after a closing quote and an
 * unclosed quote are mistakes; reading stops at the first of these, because nothing after it can be trusted.
 */
export function parseCsv(text: string): { rows: readonly CsvRow[]; mistake: CsvMistake | null } {
  const rows: CsvRow[] = []
  let [at, line] = [text.startsWith('\uFEFF') ? 1 : 0, 1]
  let fields: string[] = []
  let rowLine = 1

  const endRow = () => {
    if (fields.length > 1 || fields[0] !== '') rows.push({ line: rowLine, fields })
    fields = []
    line += 1
    rowLine = line
  }
  while (at < text.length || fields.length > 0) {
    let field: string
    if (text[at] === '"') {
      const quoted = readQuoted(text, at + 1)
      if (quoted === null) return { rows, mistake: { line, message: 'a quoted field is never closed' } }
      field = quoted.field
      at = quoted.next
      line += field.split('\n').length - 1
      if (at < text.length && text[at] !== ',' && text[at] !== '\n' && text[at] !== '\r') return { rows, mistake: { line, message: 'text after the closing quote of a field' } }
    } else {
      const start = at
      while (at < text.length && text[at] !== ',' && text[at] !== '\n' && text[at] !== '\r') {
        if (text[at] === '"') return { rows, mistake: { line, message: 'a quote inside a field that does not start with one; quote the whole field and double the quote' } }
        at += 1
      }
      field = text.slice(start, at)
    }
    fields.push(field)
    if (text[at] === ',') {
      at += 1
      if (at >= text.length) fields.push('')
      else continue
    }
    if (text[at] === '\r') at += 1
    if (text[at] === '\n') at += 1
    endRow()
  }
  return { rows, mistake: null }
}

function readQuoted(text: string, from: number): { field: string; next: number } | null {
  let field = ''
  let at = from
  for (;;) {
    const quote = text.indexOf('"', at)
    if (quote === -1) return null
    field += text.slice(at, quote)
    if (text[quote + 1] !== '"') return { field, next: quote + 1 }
    field += '"'
    at = quote + 2
  }
}
