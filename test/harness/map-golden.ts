import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { frozen } from './golden.ts'

/** One direction of a connector's mapping: from a case's input, frozen, to what is compared. */
export type MapCase = (input: unknown) => unknown

/**
 * Tests a connector's mapping against `testdata/<kind>-<case>.in.json` and `.out.json` of its folder; each kind is one direction, and has to have a case.
 * `UPDATE_GOLDEN=1 npx vitest run connectors/<id>` writes the answers anew; the diff is then read by a person.
 */
export function describeMapGolden(id: string, folder: string, kinds: Readonly<Record<string, MapCase>>): void {
  const names = readdirSync(join(folder, 'testdata')).flatMap((file) => /^(.+)\.in\.json$/.exec(file)?.[1] ?? [])
  const kindOf = (name: string): string => Object.keys(kinds).find((kind) => name.startsWith(`${kind}-`)) ?? ''
  describe(`golden cases of ${id}`, () => {
    it('show each direction of the mapping', () => expect([...new Set(names.map(kindOf))].sort()).toEqual(Object.keys(kinds).sort()))
    it.each(names)('%s', (name) => {
      const input: unknown = frozen(JSON.parse(readFileSync(join(folder, 'testdata', `${name}.in.json`), 'utf8')))
      // As JSON, so that what is left out and what is undefined are the same.
      const found: unknown = JSON.parse(JSON.stringify(kinds[kindOf(name)]?.(input)))
      const path = join(folder, 'testdata', `${name}.out.json`)
      if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, `${JSON.stringify(found, null, 2)}\n`)
      expect(existsSync(path), `${path} is missing; write it with UPDATE_GOLDEN=1`).toBe(true)
      expect(found).toEqual(JSON.parse(readFileSync(path, 'utf8')))
    })
  })
}
