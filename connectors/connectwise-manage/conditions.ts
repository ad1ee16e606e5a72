/** Conditions of ConnectWise's lists. Values stand in quotes and lose every sign that could end them or act as a wildcard: no condition can be pasted in. */

const VALUE_MAX = 100

/** A text as a quoted value. */
export function quoted(text: string): string {
  return `"${text.replace(/["\\%*[\]\p{Cc}\u2028\u2029]+/gu, ' ').trim().slice(0, VALUE_MAX).trim()}"`
}

/** An id as a value: digits, or 0, which no record has. */
export function wholeNumber(id: string): string {
  return /^\d{1,15}$/.test(id) ? id : '0'
}
