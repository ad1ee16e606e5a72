import type { Entry } from './entries.ts'

const ENTRIES_WINDOW = 256

/** Each field under its last name, or under its whole path where that name is taken; then short names: `policy` for `policy_name` and for `policy: {name}`. */
export function labelsOf(entries: readonly Entry[]): readonly (readonly [string, string])[] {
  const labels = new Map<string, string>()
  const window = entries.slice(0, ENTRIES_WINDOW).map(({ steps, text }) => [steps.join('.'), text] as const)
  for (const [path, text] of window) {
    const leaf = path.slice(path.lastIndexOf('.') + 1)
    labels.set(leaf === '' || labels.has(leaf) ? path : leaf, text)
  }
  for (const [path, text] of window) {
    const short = /(?:^|\.)(\w+?)(?:_name|Name|\.(?:name|summary|displayName))$/.exec(path.slice(-128))?.[1]
    if (short !== undefined && !labels.has(short)) labels.set(short, text)
  }
  return [...labels]
}
