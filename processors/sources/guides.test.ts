import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { GUIDES_FOLDER, guidePages } from './generate-guides.ts'
import { ADAPTERS } from './registry.ts'

describe('the pages of docs/sources', () => {
  const pages = guidePages()

  it('are those the adapters make: run npm run gen', () => {
    expect(readdirSync(GUIDES_FOLDER).sort()).toEqual([...pages.keys()].sort())
    for (const [name, page] of pages) expect(readFileSync(join(GUIDES_FOLDER, name), 'utf8'), name).toBe(page)
  })

  it.each(ADAPTERS.map((adapter) => [adapter.id, adapter] as const))('tell of %s where to click, what to paste and how it proves itself', (id, { guide }) => {
    const setup = guide.setup.join('\n')
    expect(guide.setup.length).toBeGreaterThanOrEqual(2)
    expect(setup + (guide.template ?? '')).toMatch(/\{(url|base)\}/)
    // Without the key nobody knows whose the delivery is, whatever else it proves.
    expect(setup + (guide.template ?? '')).toContain('{key}')
    expect(guide.authentication, 'says what to switch off').toMatch(guide.proof === 'none' ? /signature|HMAC|signs nothing|nor a signature|signs no bodies/ : /./)
    expect(guide.authentication.length).toBeGreaterThan(40)
    for (const reference of guide.references) expect(URL.canParse(reference), `${id}: ${reference}`).toBe(true)
    expect(guide.references.length).toBeGreaterThan(0)
  })
})
