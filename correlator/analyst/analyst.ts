/**
 * Analyses one incident: gathers what is known, looks in the cache, sets money aside, asks, judges the answer, stores and says it. Behind the stream, never
 * in it: nothing waits for it, and whatever fails here leaves the incident as rules made it.
 */
import { randomBytes } from 'node:crypto'
import { toAppError, type AppError } from '../../schemas/errors.ts'
import { rawAnswer, readAnswer, type Analysis } from './answer.ts'
import { cleanText } from './clean.ts'
import type { Material } from './material.ts'
import type { Model, ModelAnswer, ModelTier, ModelUsage } from './model/port.ts'
import type { AnalysisStatus, AnalysisStore, AnalystLog, AnalystMetrics, AnalystNews, BudgetAlert, CategoriesOf, Ending, RunbookLibrary, Spent, UpdatedIncident, Waiting } from './ports.ts'
import { ANSWER_SCHEMA, type Prompt } from './prompts.ts'
import { fenceOf, questionOf, type Question } from './question.ts'
import { shapeOf } from './shape.ts'
import { ANSWER_TOKENS, ceilingMicroUsd, NOTHING_SPENT, plusCall, type TokenPrice } from './spending.ts'
import { SummaryStream } from './summary-stream.ts'
import { firstTier } from './worth.ts'

/** Below this confidence the cheap model's answer is put to the strong one. */
export const SURE_ENOUGH = 0.6
const TEMPERATURE = 0.3
const TIMEOUT_MS: Readonly<Record<ModelTier, number>> = { cheap: 20_000, strong: 45_000 }
/** Longest note an analysis leaves. */
const NOTE_CHARS = 2_000

/** What the analyst is built from. */
export interface AnalystOptions {
  readonly store: AnalysisStore
  readonly model: Model
  readonly prompt: Prompt
  readonly runbooks: RunbookLibrary
  readonly categoriesOf: CategoriesOf
  /** Why no model may be asked for a company, in words; null: it may. */
  readonly whyNot: (companyId: string) => Promise<string | null>
  /** Price of a model's tokens; null where nobody knows it. */
  readonly priceOf: (model: string) => TokenPrice | null
  readonly tell: (news: AnalystNews) => void
  readonly metrics: AnalystMetrics
  readonly logger: AnalystLog
  /** Wall time of calls, in ms. */
  readonly monotonicMs: () => number
}

/** Makes the function that analyses one incident. It never rejects for what a model or a company's data does; it does when the store fails. */
export function makeAnalyst(options: AnalystOptions): (waiting: Waiting, signal: AbortSignal) => Promise<void> {
  const { store, model, prompt, tell, metrics, logger } = options
  // Strangers cannot know it, and one process asks with one.
  const fenceSecret = randomBytes(16).toString('hex')

  return async (waiting, signal) => {
    const found = await store.material(waiting)
    if (found === 'behind') return store.release(waiting.incidentId)
    if (found === null) return store.drop(waiting.incidentId)
    const { companyId } = waiting
    const material: Material = { ...found, categories: await options.categoriesOf(companyId), runbooks: await options.runbooks.list(companyId) }
    const whyNot = await options.whyNot(companyId) ?? (model.state().length === 0 ? 'no language model is configured' : null)
    const shape = shapeOf(material, prompt.version)
    const cached = whyNot === null && waiting.why !== 'requested' ? await store.cached(companyId, shape) : null
    const fence = fenceOf(`${fenceSecret}\n${material.incident.incidentId}\n${material.incident.version}`)
    const question = questionOf(material, fence)
    const tier = firstTier(material.incident)
    const costOf = (one: ModelTier): number => ceilingMicroUsd(prompt.text.length + question.prompt.length, one, model.state().map(({ models }) => options.priceOf(models[one])))
    const beginning = { material, why: waiting.why, promptVersion: prompt.version, reserveMicroUsd: whyNot === null && cached === null ? costOf(tier) : 0 }
    const { begun, alert } = await store.begin(beginning)
    warn(alert)
    if (begun.kind !== 'begun') {
      if (begun.kind === 'over_budget') metrics.ended('over_budget', waiting.why)
      return store.drop(waiting.incidentId)
    }
    const { analysisId } = begun
    const finish = async (ending: Ending): Promise<void> => {
      warn(await store.end(analysisId, material, ending))
      metrics.ended(ending.status, waiting.why)
      // Where no model is ever asked there is nothing to tell each time.
      if (ending.status !== 'rules_only' || waiting.why === 'requested') tell({ type: 'incident_updated', companyId, assignee: material.incident.assignee, data: updated(material, ending.status) })
    }
    if (whyNot !== null) return finish({ ...NO_ANSWER, status: 'rules_only', reason: whyNot })
    if (cached !== null) {
      metrics.cache('hit')
      const output = readAnswer(rawAnswer(cached.answer), question, material, { isCached: true })
      return finish({ ...NO_ANSWER, status: 'done', provider: cached.provider, model: cached.model, isCached: true, output, note: noteOf(output, question) })
    }
    metrics.cache('miss')
    await finish(await ask(analysisId, material, question, tier, costOf, shape, signal))
  }

  async function ask(analysisId: string, material: Material, question: Question, first: ModelTier, costOf: (tier: ModelTier) => number, shape: string, signal: AbortSignal): Promise<Ending> {
    const { companyId, incidentId, assignee } = material.incident
    const stream = new SummaryStream((text) => question.redactor.restore(cleanText(text, NOTE_CHARS).text))
    const startedMs = options.monotonicMs()
    let spent: Spent = NOTHING_SPENT
    const call = async (tier: ModelTier): Promise<ModelAnswer> => {
      const pay = (usage: ModelUsage): void => {
        const before = spent
        spent = plusCall(spent, usage, tier)
        metrics.spent(tier, { calls: 1, inputTokens: usage.inputTokens, cachedInputTokens: usage.cachedInputTokens, outputTokens: usage.outputTokens, costMicroUsd: spent.costMicroUsd - before.costMicroUsd })
      }
      try {
        const answer = await model.ask({
          tier, system: prompt.text, prompt: question.prompt, schema: ANSWER_SCHEMA, schemaName: 'incident_analysis', temperature: TEMPERATURE, maxTokens: ANSWER_TOKENS, timeoutMs: TIMEOUT_MS[tier], signal,
          onText: (delta) => {
            const shown = stream.take(delta)
            if (shown !== null) tell({ type: 'analysis_delta', companyId, assignee, data: { incidentId, analysisId, ...shown } })
          },
          onRestart: () => stream.restart(),
        })
        pay(answer)
        return answer
      } catch (thrown) {
        const usage = usageOf(toAppError(thrown))
        if (usage !== null) pay(usage)
        throw thrown
      }
    }
    const rest = (): Pick<Ending, 'spent' | 'latencyMs'> => ({ spent, latencyMs: Math.round(options.monotonicMs() - startedMs) })
    try {
      let [tier, answer] = [first, await call(first)]
      let raw = rawAnswer(answer.json)
      if (tier === 'cheap' && !(raw.confidence >= SURE_ENOUGH) && await store.reserve(analysisId, companyId, costOf('strong'))) {
        stream.restart()
        const stronger = await call('strong').catch((thrown: unknown) => sayWhy(toAppError(thrown), companyId))
        if (stronger !== null) [tier, answer, raw] = ['strong', stronger, rawAnswer(stronger.json)]
      }
      const output = readAnswer(raw, question, material, { isCached: false })
      return {
        ...NO_ANSWER, ...rest(), status: 'done', tier, provider: answer.provider, model: answer.model, repaired: answer.repaired, output, note: noteOf(output, question),
        // What was made from text that gives orders explains nothing else.
        keep: question.hasOrders ? null : { shape, answer: raw },
      }
    } catch (thrown) {
      // Stopping: the row stays as it is, and is settled as interrupted by whoever comes next.
      if (signal.aborted) throw thrown
      const error = toAppError(thrown)
      sayWhy(error, companyId)
      return { ...NO_ANSWER, ...rest(), status: error.code === 'llm_off' ? 'rules_only' : 'failed', reason: REASONS[error.code] ?? 'the language model gave no answer that can be used', tier: first }
    }
  }

  function sayWhy(error: AppError, companyId: string): null {
    logger.warn({ code: error.code, companyId }, `analysing an incident: ${error.message}`)
    return null
  }

  function warn(alert: BudgetAlert): void {
    if (alert === null) return
    const { companyId, percent, spentMicroUsd, budgetMicroUsd } = alert
    metrics.budget(percent)
    logger.warn({ companyId, percent, spentMicroUsd, budgetMicroUsd }, percent === 100 ? 'the company’s budget for language models is used up: rules decide until next month, or until it is raised' : 'the company’s budget for language models is used to 80 per cent')
    tell({ type: 'notification', companyId, data: { kind: 'llm_budget', companyId, percent, spentMicroUsd, budgetMicroUsd } })
  }
}

const NO_ANSWER: Ending = { status: 'failed', reason: null, tier: null, provider: null, model: null, spent: NOTHING_SPENT, latencyMs: 0, isCached: false, repaired: false, output: null, keep: null, note: null }

const REASONS: Readonly<Partial<Record<AppError['code'], string>>> = {
  llm_off: 'no language model may be asked', llm_unavailable: 'no provider answers', llm_timeout: 'the provider did not answer in time', llm_unauthorized: 'the provider refuses our credentials',
  llm_rate_limited: 'the provider’s limits are reached', llm_refused: 'the model would not answer', llm_invalid_output: 'the answer does not fit its schema', llm_bad_request: 'the provider refuses the request',
}

function updated({ incident }: Material, analysis: AnalysisStatus): UpdatedIncident {
  const { incidentId: id, companyId, version, status, severity, title, assignee, alertCount, problemCount } = incident
  return { id, companyId, version, status, severity, title, assignee, alertCount, problemCount, mergedInto: null, analysis }
}

/** What a failed call was charged for all the same. */
function usageOf(error: AppError): ModelUsage | null {
  const usage = error.details['usage']
  return usage !== null && typeof usage === 'object' && 'inputTokens' in usage ? (usage as ModelUsage) : null
}

/** The note on the incident. Advice made from text that gives orders stays advice for people: it is shown with the analysis and not said to the correlator. */
function noteOf(output: Analysis, question: Question): Ending['note'] {
  const text = output.summary === '' ? 'The analysis gave no summary.' : output.summary
  const advice = output.isTrusted && output.severityAdvice !== null ? output.severityAdvice : null
  const caution = question.hasOrders ? '\nThe text of an alert in this incident tries to give orders; advice on severity was not passed on.' : ''
  return { text: `${text}${caution}`.slice(0, NOTE_CHARS), severity: advice?.severity ?? null, confidence: advice?.confidence ?? null }
}
