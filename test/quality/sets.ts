/** The labelled sets, and the runs that each is given. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../schemas/errors.ts'

/** Where the labelled data lies: beside the project, never in it. */
export const DATASETS = join(import.meta.dirname, '../../../shared/datasets')

/** Sets whose grouping must hold without a topology too, and what they are called then. */
const ALSO_WITHOUT = new Set(['aiops22-market', 'ops-mix'])

/** One run of one set. */
export interface Run {
  readonly set: string
  readonly folder: string
  readonly alerts: string
  /** Null: the set has none, or this run goes without. */
  readonly topology: string | null
  /** The set and, where both ways are run, which of them. */
  readonly name: string
}

/** All runs over sets with alerts and truth, those named only. Throws `bad_request` where the data or a named set is missing. */
export function runsOf(only: readonly string[]): readonly Run[] {
  if (!existsSync(DATASETS)) throw new AppError('bad_request', `${DATASETS} is absent: the labelled data belongs there`)
  const folders = readdirSync(DATASETS).filter((name) => existsSync(join(DATASETS, name, 'alerts.jsonl.gz')) && existsSync(join(DATASETS, name, 'truth.jsonl.gz'))).sort()
  return folders.filter((set) => only.length === 0 || only.includes(set)).flatMap((set) => {
    const folder = join(DATASETS, set)
    const file = join(folder, 'topology.json')
    const run = { set, folder, alerts: join(folder, 'alerts.jsonl.gz') }
    if (!existsSync(file)) return [{ ...run, topology: null, name: set }]
    const withIt = { ...run, topology: file, name: set }
    return ALSO_WITHOUT.has(set) ? [withIt, { ...run, topology: null, name: `${set}, no topology` }] : [withIt]
  })
}
