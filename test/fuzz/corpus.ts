/** What mutating starts from: the golden inputs of every adapter, as the tools send them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { xmlTexts } from '../../processors/sources/parse-xml.ts'
import { ADAPTERS } from '../../processors/sources/registry.ts'
import type { Stock } from './mutate.ts'
import { slotsOf, treeOf, type Tree } from './tree.ts'

const SOURCES = join(import.meta.dirname, '../../processors/sources')

/** One golden input. `tree` is its value, whatever the format: of a form its fields, of a text the text. */
export interface Sample {
  readonly name: string
  readonly format: 'json' | 'form' | 'xml' | 'txt'
  readonly text: string
  readonly tree: Tree
}

/** Samples by the id of their adapter, the recogniser's under `unknown`, and everything together to borrow from. */
export interface Corpus {
  readonly bySource: ReadonlyMap<string, readonly Sample[]>
  readonly stock: Stock
}

/** Reads the corpus from the tree. */
export function readCorpus(): Corpus {
  const bySource = new Map<string, Sample[]>()
  const names = new Set<string>()
  for (const id of [...ADAPTERS.map((adapter) => adapter.id), 'unknown']) {
    const folder = join(SOURCES, id, 'testdata')
    const samples = readdirSync(folder).sort().flatMap((file): Sample[] => {
      const [, name, format] = /^(.+)\.in\.(json|form|xml|txt)$/.exec(file) ?? []
      return name === undefined ? [] : [sample(name, format as Sample['format'], readFileSync(join(folder, file), 'utf8'))]
    })
    bySource.set(id, samples)
    for (const { tree } of samples) for (const { node } of slotsOf(tree)) if (node.kind === 'object') for (const [field] of node.entries) names.add(field)
  }
  const trees = [...bySource.values()].flat().map(({ tree }) => tree)
  return { bySource, stock: { names: [...names], trees } }
}

function sample(name: string, format: Sample['format'], text: string): Sample {
  const value: unknown = format === 'json' ? JSON.parse(text) : format === 'form' ? Object.fromEntries(new URLSearchParams(text)) : format === 'xml' ? xmlTexts(text) : text
  return { name, format, text, tree: treeOf(value) }
}
