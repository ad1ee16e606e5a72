/** The figures to beat, read from the page of baselines beside the labelled data. */
import { readFileSync } from 'node:fs'
import { AppError } from '../../schemas/errors.ts'

/** One row of a set's table. */
export interface Baseline {
  readonly name: string
  readonly incidentF1: number
  readonly noiseReduction: number
  readonly precision: number
  readonly recall: number
  readonly f1: number
  readonly ari: number
  /** Rows (g) use the topology. */
  readonly needsTopology: boolean
}

/** The page, ready to be asked. */
export interface Baselines {
  /** The row with the best incident F1, among those that may use what we may use; null for a set that has no table. */
  strongest(set: string, withTopology: boolean): Baseline | null
  /** Best published top 1 of a root cause: by language models, or stated as the one to beat; null where none is known. */
  rootCause(set: string): { readonly name: string; readonly top1: number } | null
}

const SECTION = /^## ([\w-]+), shared:/
const PUBLISHED: Readonly<Record<string, { readonly row: RegExp; readonly name: string }>> = {
  'aiops22-market': { row: /^\| Market cluster 1, all \|[^|]*\| ([\d.]+)/m, name: 'language model (FORGE 2026)' },
  'gaia-micross': { row: /^\| MicroSS, all non-augmented \|[^|]*\| ([\d.]+)/m, name: 'language model (FORGE 2026)' },
  'nezha-boutique': { row: /"most alerts" ([\d.]+) \//, name: 'most alerts' },
}

/** Reads the page. Throws `bad_request` where it has no table. */
export function readBaselines(path: string): Baselines {
  const page = readFileSync(path, 'utf8')
  const tables = tablesOf(page)
  if (tables.size === 0) throw new AppError('bad_request', `${path} has no table "## <set>, shared: …"`)
  return {
    strongest(set, withTopology) {
      const rows = (tables.get(set) ?? []).filter((row) => withTopology || !row.needsTopology)
      return rows.reduce<Baseline | null>((best, row) => (best === null || row.incidentF1 > best.incidentF1 ? row : best), null)
    },
    rootCause(set) {
      const known = PUBLISHED[set]
      const top1 = Number(known?.row.exec(page)?.[1] ?? Number.NaN)
      return known === undefined || Number.isNaN(top1) ? null : { name: known.name, top1 }
    },
  }
}

function tablesOf(page: string): Map<string, Baseline[]> {
  const tables = new Map<string, Baseline[]>()
  let set: string | null = null
  let head: readonly string[] | null = null
  for (const line of page.split('\n')) {
    if (line.startsWith('## ')) [set, head] = [SECTION.exec(line)?.[1] ?? null, null]
    if (set === null || !line.startsWith('|')) continue
    const cells = line.split('|').slice(1, -1).map((text) => text.trim())
    if (head === null) head = cells
    else if (!/^-/.test(cells[0] ?? '-')) {
      const column = new Map(head.map((name, index) => [name, cells[index] ?? '']))
      const number = (name: string): number => Number((column.get(name) ?? '').replace(/,/g, ''))
      const name = cells[0] ?? ''
      tables.set(set, [...(tables.get(set) ?? []), {
        name, incidentF1: number('incF1'), noiseReduction: number('nr'), precision: number('P'), recall: number('R'), f1: number('F1'), ari: number('ARI'), needsTopology: name.startsWith('g'),
      }])
    }
  }
  return tables
}
