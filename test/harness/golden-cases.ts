/** Golden files of a pure map: `testdata/<map>-<case>.in.json` and what comes of it. UPDATE_GOLDEN=1 writes what comes of it; read the difference before it is kept. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

/** Declares a test for each case of a folder. `maps` by the word a file's name begins with; a file no map is for fails, and so does a map without a file. */
export function goldenCases(folder: string, maps: Readonly<Record<string, (input: unknown) => unknown>>): void {
  const names = readdirSync(folder).filter((name) => name.endsWith('.in.json')).map((name) => name.slice(0, -'.in.json'.length))
  it('each map has a case', () => expect([...new Set(names.map((name) => name.split('-')[0]))].sort()).toEqual(Object.keys(maps).sort()))
  it.each(names)('%s is as people agreed on it', (name) => {
    const input = deepFrozen(JSON.parse(readFileSync(join(folder, `${name}.in.json`), 'utf8')))
    const found = `${JSON.stringify(maps[name.split('-')[0] ?? '']?.(input), null, 2)}\n`
    const path = join(folder, `${name}.out.json`)
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(path, found)
    expect(existsSync(path), `${path} is missing; write it with UPDATE_GOLDEN=1`).toBe(true)
    expect(found).toBe(readFileSync(path, 'utf8'))
  })
}

/** Nothing may be changed in passing. */
function deepFrozen(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(Object.freeze(value))) deepFrozen(part)
  return value
}
