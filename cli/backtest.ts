/** `aw backtest`: correlates a file offline, or stored history in the running program, and says what came of it; with other settings beside it, what they change. */
import { writeFileSync } from 'node:fs'
import { runBacktest, runComparison, tuneFile, type BacktestSummary } from '../correlator/backtest.ts'
import type { Deduplicate } from '../correlator/backtest-problems.ts'
import type { BacktestView, ComparisonView, HistoryBacktestResult, IncidentBrief, RegroupedExample } from '../schemas/backtest.ts'
import type { Clock } from '../schemas/clock.ts'
import { AppError, toAppError } from '../schemas/errors.ts'
import type { TunedScore, TuneView } from '../schemas/tuning.ts'
import type { ApiClient } from './client.ts'
import { jsonIn } from './input.ts'
import { liveDeduplication } from './live-deduplication.ts'
import { cell, percent, progressBar, table } from './output.ts'
import { companyNamed } from './send.ts'

/** A file to correlate. */
export interface FileOptions {
  readonly alerts: string
  readonly topology?: string
  readonly settings?: string
  readonly out?: string
  /** Tell problems apart as the running program does. */
  readonly live?: boolean
}

/** Runs it; answers the summary and its text. */
export async function backtest(options: FileOptions): Promise<{ summary: BacktestSummary; text: string }> {
  const summary = await runBacktest({
    alerts: options.alerts, monotonicMs: () => performance.now(),
    ...(options.topology === undefined ? {} : { topology: options.topology }),
    ...(options.settings === undefined ? {} : { settings: options.settings }),
    ...(options.out === undefined ? {} : { out: options.out }), ...deduplication(options),
  })
  const quiet = summary.quiet === 0 ? '' : `, ${count(summary.quiet)} alerts kept quiet`
  const text = `${count(summary.alerts)} alerts of ${count(summary.companies)} companies: ${count(summary.problems)} problems, ${count(summary.incidents)} incidents${quiet} `
    + `(noise reduction ${percent(summary.noiseReduction)}), ${count(Math.round(summary.alertsPerSecond))} alerts a second`
  return { summary, text }
}

/** The same file with two settings files; `compare` is the side before, and the defaults are tried where `settings` is absent. */
export function compareFile({ alerts, topology, settings, compare, live }: FileOptions & { readonly compare: string }): Promise<ComparisonView> {
  return runComparison({ alerts, before: compare, after: settings, ...(topology === undefined ? {} : { topology }), ...deduplication({ live }) })
}

function deduplication({ live }: { readonly live?: boolean | undefined }): { readonly deduplicate?: Deduplicate } {
  return live === true ? { deduplicate: liveDeduplication() } : {}
}

/** Stored history of a company. */
export interface HistoryOptions {
  readonly company: string
  readonly from?: string
  readonly to?: string
  readonly limit?: number
  /** Settings file to try; those in force without one. */
  readonly settings?: string
  /** Settings file to compare with instead of those in force. */
  readonly compare?: string
  readonly topology?: string
}

/** How often the running program is asked how far it is. */
const ASKED_EVERY_MS = 500

/** Runs it in the program, with a progress bar; stopping this command stops the run. */
export async function backtestHistory(api: ApiClient, { company, settings, compare, topology, ...span }: HistoryOptions, clock: Clock, stopping: AbortSignal): Promise<HistoryBacktestResult> {
  const edges = topology === undefined ? {} : { topology: (jsonIn(topology, '--topology') as { edges?: unknown }).edges }
  const asked = {
    ...span, ...edges, company: (await companyNamed(api, company)).id, settings: settings === undefined ? {} : jsonIn(settings, '--settings'), ...(compare === undefined ? {} : { compareWith: jsonIn(compare, '--compare') }),
  }
  const { id } = await api.call<BacktestView>('POST', '/api/backtests', asked)
  return followBacktest(api, id, clock, stopping)
}

/** Follows a run to its end; stopping cancels it. */
export async function followBacktest(api: ApiClient, id: string, clock: Clock, stopping: AbortSignal): Promise<HistoryBacktestResult> {
  let view = await api.call<BacktestView>('GET', `/api/backtests/${id}`)
  const cancel = (): void => {
    api.call('POST', `/api/backtests/${view.id}/cancel`).catch((thrown: unknown) => console.error(`aw: the backtest was not cancelled and goes on: ${toAppError(thrown).message}`))
  }
  stopping.addEventListener('abort', cancel, { once: true })
  const bar = progressBar(view.progress.total, 'alerts')
  try {
    for (let done = 0; view.state === 'running';) {
      await clock.sleep(ASKED_EVERY_MS)
      view = await api.call<BacktestView>('GET', `/api/backtests/${view.id}`)
      bar.step(view.progress.done - done)
      done = view.progress.done
    }
  } finally {
    bar.stop()
    stopping.removeEventListener('abort', cancel)
  }
  if (view.result === null) throw new AppError(view.state === 'cancelled' ? 'conflict' : 'internal', `the backtest ${view.state === 'cancelled' ? 'was cancelled' : `failed: ${view.message ?? 'without a reason'}`}`)
  return view.result
}

/** What a search is given beside alerts. */
export interface SearchOptions {
  readonly seed?: number
  readonly evaluations?: number
}

const EVALUATIONS = 60

/** Searches settings over a file with its truth. */
export async function tuneOverFile({ alerts, topology, settings, truth, live, seed = 1, evaluations = EVALUATIONS }: FileOptions & SearchOptions & { readonly truth: string }): Promise<TuneView> {
  const bar = progressBar(evaluations, 'settings tried')
  try {
    return await tuneFile({ alerts, truth, seed, evaluations, onTried: () => bar.step(), ...(topology === undefined ? {} : { topology }), ...(settings === undefined ? {} : { settings }), ...deduplication({ live }) })
  } finally {
    bar.stop()
  }
}

/** Searches settings over the stored history of a company, by what people corrected. */
export async function tuneOverHistory(api: ApiClient, { company, seed = 1, evaluations = EVALUATIONS, ...span }: Pick<HistoryOptions, 'company' | 'from' | 'to' | 'limit'> & SearchOptions, clock: Clock, stopping: AbortSignal): Promise<HistoryBacktestResult> {
  const { id } = await api.call<BacktestView>('POST', '/api/backtests', { ...span, company: (await companyNamed(api, company)).id, settings: {}, tune: { seed, evaluations } })
  return followBacktest(api, id, clock, stopping)
}

/** Writes what was found to a settings file where it is better; answers whether it did. */
export function writeTuned(tuned: TuneView, file: string): boolean {
  if (tuned.isBetter) writeFileSync(file, `${JSON.stringify(tuned.settings, null, 2)}\n`)
  return tuned.isBetter
}

/** What a search found, as a person reads it. */
export function tuneText({ seed, evaluations, judgedBy, judged, before, after, settings, isBetter }: TuneView, file: string): string {
  const shown = (value: number | null): string => (value === null ? '-' : value.toFixed(3))
  const parts = before.searched.map((_, part) => `part ${part + 1}`)
  const row = (name: string, score: TunedScore): string[] => [name, ...score.searched.map(shown), shown(score.mean), shown(score.keptBack)]
  return [
    `${evaluations} settings tried with seed ${seed}, judged by ${count(judged)} ${judgedBy === 'truth' ? 'true incidents' : 'corrections of people'}. The newest part of the time was kept back from the search.`, '',
    table(['score', ...parts, 'mean', 'kept back'], [row('before', before), row('after', after)]), '',
    isBetter
      ? `Written to ${file}: window ${settings.windowMs / 60_000} min, longest life ${(settings.maxLifeMs / 3_600_000).toFixed(1)} h, threshold ${settings.joinThreshold}, ${Object.entries(settings.weights).map(([name, weight]) => `${name} ${weight}`).join(', ')}.\nNothing changes until somebody puts it in force: aw settings apply ${file} --company <name>`
      : 'Nothing better was found that also holds on what was kept back: no file was written, keep what you have.',
  ].join('\n')
}

/** A comparison as a person reads it. */
export function comparisonText(view: ComparisonView & Partial<HistoryBacktestResult>): string {
  const { alerts, before, after, unchanged, merges, splits, quieted, unquieted, production, nextFrom } = view
  const sides = [['before', before], ['after', after]] as const
  return [
    `${count(alerts)} alerts. Nothing of production was touched.`, '',
    table(['', 'problems', 'incidents', 'alerts kept quiet', 'noise reduction'], sides.map(([name, side]) => [name, side.problems, side.incidents, side.quietAlerts, percent(side.noiseReduction)])),
    ...(production === undefined ? [] : ['', `Production made ${count(production.incidents)} incidents of the same time, by its settings of then and what people did.`]),
    '', `${count(unchanged)} incidents stay as they are, ${count(merges.count)} would be merged from several, ${count(splits.count)} would be split, ${count(quieted.count)} would be kept quiet, ${count(unquieted.count)} would be shown that are quiet now.`,
    ...examples('would be one', merges.examples), ...examples('would be split', splits.examples), ...briefs('would be kept quiet', quieted.examples), ...briefs('would be shown', unquieted.examples),
    ...(nextFrom === undefined || nextFrom === null ? [] : ['', `There are more alerts: go on with --from ${nextFrom}`]),
  ].join('\n')
}

const SHOWN = 5

function examples(head: string, list: readonly RegroupedExample[]): string[] {
  if (list.length === 0) return []
  return ['', `${head}:`, ...list.slice(0, SHOWN).flatMap(({ whole, parts, of }) => [`  ${brief(whole)}: ${parts} parts`, ...of.slice(0, SHOWN).map((part) => `      ${brief(part)}`)])]
}

function briefs(head: string, list: readonly IncidentBrief[]): string[] {
  return list.length === 0 ? [] : ['', `${head}:`, ...list.slice(0, SHOWN).map((one) => `  ${brief(one)}`)]
}

function brief({ title, openedAt, alerts, assets }: IncidentBrief): string {
  return `${openedAt.slice(0, 16).replace('T', ' ')}  ${cell(title, 60)} (${count(alerts)} alerts; ${cell(assets.join(', '), 60)})`
}

function count(value: number): string {
  return value.toLocaleString('en')
}
