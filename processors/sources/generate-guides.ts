/** Writes `docs/sources/`, a page for each tool we have an adapter for: `npm run gen`. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { guideIndex, guidePage } from './guide-page.ts'
import { ADAPTERS } from './registry.ts'
import { unknownAdapter } from './unknown/index.ts'

/** Every page by its file name, as the adapters would have it. */
export function guidePages(): ReadonlyMap<string, string> {
  const pages = new Map([['README.md', guideIndex(ADAPTERS)]])
  for (const adapter of [...ADAPTERS, unknownAdapter('unknown')]) {
    const folder = join(import.meta.dirname, adapter.id)
    const samples = readdirSync(join(folder, 'testdata')).filter((name) => name.includes('.in.')).sort()
    const sample = samples.find((name) => name.startsWith('firing.in.')) ?? samples.find((name) => name.startsWith('firing')) ?? samples[0] ?? ''
    pages.set(`${adapter.id}.md`, guidePage(adapter, { readme: readFileSync(join(folder, 'README.md'), 'utf8'), sample }))
  }
  return pages
}

/** Where the pages lie. */
export const GUIDES_FOLDER = join(import.meta.dirname, '../../docs/sources')

if (import.meta.main) {
  rmSync(GUIDES_FOLDER, { recursive: true, force: true })
  mkdirSync(GUIDES_FOLDER, { recursive: true })
  for (const [name, page] of guidePages()) writeFileSync(join(GUIDES_FOLDER, name), page)
}
