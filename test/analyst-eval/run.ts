/** `npm run eval:analyst [-- --tier strong --min 0.8 --json]`: puts the evaluation set to the configured models and scores the answers. It asks for real, and costs a few cents. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { environment, readConfig } from '../../config.ts'
import { evaluate, type Evaluation, type EvaluationCase } from '../../correlator/analyst/evaluation.ts'
import { openModel } from '../../correlator/analyst/model/open.ts'
import type { Model, ModelTier } from '../../correlator/analyst/model/port.ts'
import { readPrompt } from '../../correlator/analyst/prompts.ts'
import { DEFAULT_CATEGORIES } from '../../correlator/classify/categories.ts'
import { systemClock } from '../../schemas/clock.ts'

/** The set. */
export const CASES = JSON.parse(readFileSync(join(import.meta.dirname, 'cases.json'), 'utf8')) as EvaluationCase[]
/** Runbooks the cases may choose from. */
export const RUNBOOKS = [
  { id: 'clean-temporary-files', summary: 'Free space on a full volume by deleting temporary files and old logs.' }, { id: 'restart-print-spooler', summary: 'Restart the print spooler of a Windows server.' },
  { id: 'unlock-account', summary: 'Unlock one user account on request of that user.' },
]
/** Below this share of right points the run fails. */
const MIN_SCORE = 0.75

/** Evaluates a model. */
export function run(model: Model, tier: ModelTier): Promise<Evaluation> {
  return evaluate(model, CASES, { tier, prompt: readPrompt('incident'), categories: DEFAULT_CATEGORIES.map(({ id }) => id), runbooks: RUNBOOKS })
}

/** The result as people read it. */
export function textOf(result: Evaluation): string {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
  return [
    `${result.model === '' ? 'no answer' : result.model}, ${result.tier} tier, ${result.promptVersion}: ${percent(result.score)} of all points`,
    ...Object.entries(result.byPoint).map(([point, { right, of }]) => `  ${point.padEnd(12)} ${right}/${of}`),
    ...result.cases.map(({ name, points, error, latencyMs }) => {
      const wrong = Object.entries(points).filter(([, isRight]) => !isRight).map(([point]) => point)
      return `  ${wrong.length === 0 ? 'ok  ' : 'miss'} ${name}${error === null ? ` (${latencyMs} ms)${wrong.length === 0 ? '' : `: ${wrong.join(', ')}`}` : `: ${error}`}`
    }),
  ].join('\n')
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { tier: { type: 'string', default: 'cheap' }, min: { type: 'string', default: String(MIN_SCORE) }, json: { type: 'boolean', default: false } } })
  const { model } = openModel(readConfig(environment()).llm, { clock: systemClock, log: { info: () => undefined, warn: (_fields, message) => console.error(message) } })
  const result = await run(model, values.tier === 'strong' ? 'strong' : 'cheap')
  console.log(values.json ? JSON.stringify(result) : textOf(result))
  if (!(result.score >= Number(values.min))) {
    console.error(`the score is below ${values.min}`)
    process.exitCode = 1
  }
}
