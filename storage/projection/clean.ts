/** PostgreSQL keeps no NUL character, and vendors send them: each is shown as U+FFFD, since the alternative is a reader that stops. Returns the record itself where it holds none. */
export function withoutNul<T>(record: T): T {
  return holdsNul(record) ? (replaced(record) as T) : record
}

function holdsNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0')
  if (value === null || typeof value !== 'object') return false
  for (const name in value) if (name.includes('\0') || holdsNul((value as Record<string, unknown>)[name])) return true
  return false
}

function replaced(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '\uFFFD')
  if (Array.isArray(value)) return value.map(replaced)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name.replaceAll('\0', '\uFFFD'), replaced(inner)]))
}
