/** Follows a structured answer while it comes, and tells what of its summary can be shown already: whole words, cleaned, with names put back. */

const CHARS_MAX = 1_500

/** Takes pieces of JSON, tells pieces of the summary. */
export class SummaryStream {
  readonly #show: (text: string) => string
  #json = ''
  #told = ''

  /** `show` cleans a text for people. */
  constructor(show: (text: string) => string) {
    this.#show = show
  }

  /** What is new: where in the summary it stands (0: from its beginning, whatever was told before), or null when nothing can be told yet. */
  take(delta: string): { readonly at: number; readonly text: string } | null {
    if (this.#json.length < 16 * CHARS_MAX) this.#json += delta
    const { text, isWhole } = summaryIn(this.#json)
    const end = isWhole ? text.length : lastBlank(text)
    const shown = this.#show(text.slice(0, end)).slice(0, CHARS_MAX)
    if (shown === this.#told || shown === '') return null
    const isLonger = shown.startsWith(this.#told)
    const at = isLonger ? this.#told.length : 0
    this.#told = shown
    return { at, text: shown.slice(at) }
  }

  /** What came so far is void. */
  restart(): void {
    this.#json = ''
  }
}

/** The value of the first `"summary"` in a beginning of JSON, as far as it has come. */
function summaryIn(json: string): { text: string; isWhole: boolean } {
  const start = /^\s*\{\s*"summary"\s*:\s*"/.exec(json)
  if (start === null) return { text: '', isWhole: false }
  const from = start[0].length
  let end = from
  while (end < json.length && json.charAt(end) !== '"') {
    const step = json.charAt(end) !== '\\' ? 1 : json.charAt(end + 1) === 'u' ? 6 : 2
    // An escape that is cut off is left for the next piece.
    if (end + step > json.length) break
    end += step
  }
  return { text: unescaped(json.slice(from, end)), isWhole: json.charAt(end) === '"' }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '', f: '' }

/** Total, unlike JSON.parse: the answer is judged as JSON when all of it is there. */
function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-f]{4})|([\s\S]))/gi, (_, code: string | undefined, character: string | undefined) => (code !== undefined ? String.fromCharCode(Number.parseInt(code, 16)) : ESCAPES[character ?? ''] ?? character ?? ''))
}

/** The last word may be half a placeholder or half a link: it waits. */
function lastBlank(text: string): number {
  return Math.max(text.lastIndexOf(' '), text.lastIndexOf('\n'), 0)
}
