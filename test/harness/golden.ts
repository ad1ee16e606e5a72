import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Normalised, SourceAdapter } from '../../processors/sources/source.ts'

const CONTEXT = Object.freeze({ contentType: 'application/json', headers: Object.freeze({}), receivedAtMs: Date.UTC(2026, 1, 3, 12) })

/**
 * Tests an adapter against `testdata/<case>.in.json` and `.out.json` of its folder. `UPDATE_GOLDEN=1 npx vitest run processors/sources`
 * writes the answers anew; the diff is then read by a person.
 */
export function describeGolden(adapter: SourceAdapter, folder: string, required: readonly string[] = REQUIRED_CASES): void {
  const names = readdirSync(join(folder, 'testdata')).filter((file) => file.endsWith('.in.json')).map((file) => file.slice(0, -'.in.json'.length))
  describe(`golden cases of ${adapter.id}`, () => {
    it('cover what every adapter must show', () => expect(names).toEqual(expect.arrayContaining([...required])))
    it.each(names)('%s', (name) => {
      const found = runGolden(adapter, folder, name)
      const path = join(folder, 'testdata', `${name}.out.json`)
      if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, `${JSON.stringify(found, null, 2)}\n`)
      expect(existsSync(path), `${path} is missing; write it with UPDATE_GOLDEN=1`).toBe(true)
      expect(found).toEqual(JSON.parse(readFileSync(path, 'utf8')))
    })
  })
}

/** Runs one golden input, frozen, through the adapter. */
export function runGolden(adapter: SourceAdapter, folder: string, name: string): Normalised {
  const payload: unknown = JSON.parse(readFileSync(join(folder, 'testdata', `${name}.in.json`), 'utf8'))
  return adapter.normalise(frozen(payload), CONTEXT)
}

/** The cases every adapter has. */
export const REQUIRED_CASES = ['firing', 'resolved', 'repeat', 'several-in-one', 'missing-optional-fields', 'hostile-text'] as const

/** Deeply frozen, so that a change to the input throws. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) frozen(child)
    Object.freeze(value)
  }
  return value
}
