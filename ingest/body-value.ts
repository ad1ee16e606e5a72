const STEPS_MAX = 8

/**
 * The text or number that a body carries at a place: names and numbers with dots between, `meta.secret`. JSON is read as such whatever the content type
 * says, a form by its field names. Null where there is none; two fields of one name in a form count as none, because the adapter might read the other.
 */
export function bodyValue(body: Buffer, contentType: string | undefined, path: string): string | null {
  const text = body.toString('utf8')
  if (contentType?.trimStart().toLowerCase().startsWith('application/x-www-form-urlencoded') === true && !/^\s*[[{]/.test(text)) {
    const found = new URLSearchParams(text).getAll(path)
    return found.length === 1 ? found[0] ?? null : null
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    // Not JSON means no such place; whether the body is legal at all is the route's question.
    if (error instanceof SyntaxError) return null
    throw error
  }
  for (const step of path.split('.', STEPS_MAX)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return null
    value = (value as Record<string, unknown>)[step]
  }
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null
}
