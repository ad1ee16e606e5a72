/** A JSON object, read-only. */
export type JsonObject = Readonly<Record<string, unknown>>

/** True for a JSON object, false for null, arrays and scalars. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The own property at the end of `path`; undefined where any step is missing. Array steps are given as digits. Inherited names are never found. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let current = value
  for (const step of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined
    current = (current as JsonObject)[step]
  }
  return current
}

/** A string, number or boolean as trimmed text; null for everything else and for the empty text. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value.trim() || null
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : null
  return typeof value === 'boolean' ? String(value) : null
}

/** `textOf` of the first path that has a text. */
export function firstText(value: unknown, ...paths: readonly (string | readonly string[])[]): string | null {
  for (const path of paths) {
    const found = textOf(typeof path === 'string' ? at(value, path) : at(value, ...path))
    if (found !== null) return found
  }
  return null
}

/** The value if it is an array, else an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The scalar entries of an object as texts, in its order; empty for everything else. */
export function textEntries(value: unknown): readonly (readonly [string, string])[] {
  if (!isObject(value)) return []
  const entries: (readonly [string, string])[] = []
  for (const [name, entry] of Object.entries(value)) {
    const text = textOf(entry)
    if (text !== null) entries.push([name, text])
  }
  return entries
}

/** Parses a text that may hold a JSON object or array; undefined when it does not. */
export function jsonInside(text: string): unknown {
  const start = text.trimStart()[0]
  if (start !== '{' && start !== '[') return undefined
  try {
    const parsed: unknown = JSON.parse(text)
    return parsed
  } catch (error) {
    // That a text is not JSON is an answer here, not a failure: plain text messages are legal.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
