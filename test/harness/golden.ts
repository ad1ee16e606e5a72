import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseBody } from '../../processors/sources/parse.ts'
import type { Normalised, SourceAdapter } from '../../processors/sources/source.ts'

const CONTEXT = Object.freeze({ contentType: 'application/json', headers: Object.freeze({}), receivedAtMs: Date.UTC(2026, 1, 3, 12) })

/** What the bodies of a case may be, by the end of its file's name. */
const CONTENT_TYPES = { json: 'application/json', form: 'application/x-www-form-urlencoded', xml: 'text/xml', txt: 'text/plain' } as const

/**
 * Tests an adapter against `testdata/<case>.in.json` (or `.in.form`, `.in.xml`, `.in.txt`) and `.out.json` of its folder. `UPDATE_GOLDEN=1 npx vitest run processors/sources`
 * writes the answers anew; the diff is then read by a person.
 */
export function describeGolden(adapter: SourceAdapter, folder: string, required: readonly string[] = REQUIRED_CASES): void {
  const names = readdirSync(join(folder, 'testdata')).flatMap((file) => /^(.+)\.in\.(?:json|form|xml|txt)$/.exec(file)?.[1] ?? [])
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

/** Tests that the cases `firing`, `repeat` and `resolved` are one problem: by its whole identity, or only by what its key is made of where a tool words its end otherwise. */
export function describeIdentity(adapter: SourceAdapter, folder: string, by: 'whole' | 'key' = 'whole'): void {
  it(`one problem of ${adapter.id} keeps its identity when it fires, repeats and resolves`, () => {
    const [firing, repeat, resolved] = ['firing', 'repeat', 'resolved'].map((name) => {
      const [alert] = runGolden(adapter, folder, name)
      if (alert === undefined || 'rejected' in alert) return null
      const { externalId, asset, signature, status } = alert
      return by === 'whole' ? { externalId, asset, signature, status } : { key: externalId ?? `${asset}|${signature}`, status }
    })
    expect(firing).toMatchObject({ status: 'firing' })
    expect(repeat).toEqual(firing)
    expect(resolved).toEqual({ ...firing, status: 'resolved' })
  })
}

/** Runs one golden input, frozen, through the adapter. */
export function runGolden(adapter: SourceAdapter, folder: string, name: string): Normalised {
  for (const [ending, contentType] of Object.entries(CONTENT_TYPES)) {
    const path = join(folder, 'testdata', `${name}.in.${ending}`)
    if (existsSync(path)) return adapter.normalise(frozen(parseBody(readFileSync(path), contentType)), { ...CONTEXT, contentType })
  }
  throw new Error(`${name}.in.json is missing in ${folder}/testdata`)
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
