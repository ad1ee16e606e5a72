/** What a person reads at a terminal: tables and counts. Programs pass --json instead. */
import cliProgress from 'cli-progress'

/** A table with aligned columns; numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en') : cell)))
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const lines = cells.map((row, index) => row.map((cell, column) => {
    const isNumber = index > 0 && typeof rows[index - 1]?.[column] === 'number'
    const width = widths[column] ?? 0
    return isNumber ? cell.padStart(width) : cell.padEnd(width)
  }).join('  ').trimEnd())
  return [lines[0] ?? '', widths.map((width) => '-'.repeat(width)).join('  '), ...lines.slice(1)].join('\n')
}

/** A progress bar on standard error; silent where nobody watches. */
export function progressBar(total: number, what: string): { step: (by?: number) => void; stop: () => void } {
  if (!process.stderr.isTTY) return { step: () => undefined, stop: () => undefined }
  const bar = new cliProgress.SingleBar({ format: `{bar} {value}/{total} ${what}, {eta_formatted} left`, stream: process.stderr }, cliProgress.Presets.shades_classic)
  bar.start(total, 0)
  return { step: (by = 1) => bar.increment(by), stop: () => bar.stop() }
}

/** 0.934 as `93.4%`. */
export const percent = (share: number): string => `${(share * 100).toFixed(1)}%`

/** A word of a command that a person may paste into a POSIX shell: nothing in it is run or replaced there, whoever named it. */
export function shellWord(text: string): string {
  const clean = cell(text, 1_000)
  return /^[\p{L}\p{N} _.,:@%+=/()-]+$/u.test(clean) ? (/^[\w.-]+$/.test(clean) ? clean : `"${clean}"`) : `'${clean.replaceAll("'", "'\\''")}'`
}

/** Cuts a text for one table cell; control characters of hostile text never reach the terminal. */
export function cell(text: string, max: number): string {
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ')
  return clean.length <= max ? clean : `${clean.slice(0, max - 1)}…`
}
