/**
 * `npm run quality`: every labelled set through `aw backtest` with default settings and the scorer of the data, beside the strongest baseline, in one table.
 * It measures: a missed aim ends with 0 as well; 1 says that it could not measure.
 */
import { join } from 'node:path'
import { Command } from 'commander'
import { toAppError } from '../../schemas/errors.ts'
import { readBaselines } from './baselines.ts'
import { measure, type GroupingResult } from './grouping.ts'
import { OTHER_MEASURES, type OtherResult } from './others.ts'
import { DATASETS, runsOf } from './sets.ts'
import { groupingText, othersText } from './text.ts'

interface Options { json?: boolean; only: string[]; settings?: string }

const options = new Command('npm run quality --')
  .description('Measures grouping, root cause, classification and figures on the labelled data beside this project.')
  .option('--json').option('--only <set>', 'this set only; may be repeated', (set: string, sets: string[]) => [...sets, set], []).option('--settings <file>', 'other settings than the defaults')
  .parse().opts<Options>()

try {
  const groupings: GroupingResult[] = []
  const others: OtherResult[] = []
  const runs = runsOf(options.only)
  const measures = OTHER_MEASURES.filter(({ set }) => options.only.length === 0 || options.only.includes(set))
  const total = runs.length + measures.length
  if (total === 0) throw new Error(`no set is called ${options.only.join(', ')}`)
  const tell = (name: string): void => console.error(`${groupings.length + others.length + 1}/${total} ${name}`)
  const baselines = readBaselines(join(DATASETS, 'BASELINES.md'))
  for (const run of runs) {
    tell(run.name)
    groupings.push(await measure(run, baselines, options.settings))
  }
  for (const one of measures) {
    tell(one.set)
    others.push(await one.measure())
  }
  console.log(options.json === true ? JSON.stringify({ grouping: groupings, others }) : [groupingText(groupings), othersText(others)].filter((text) => text !== '').join('\n\n'))
} catch (thrown) {
  const error = thrown instanceof Error ? thrown : toAppError(thrown)
  console.error(options.json === true ? JSON.stringify({ message: error.message }) : `quality: ${error.message}`)
  process.exitCode = 1
}
