/** `aw backtest-adapter`: what the present adapters, or a mapping, would make of old deliveries. */
import type { AdapterBacktestLine, AdapterBacktestView } from '../schemas/adapter-backtest.ts'
import { AppError, ERROR_CODES, type ErrorCode } from '../schemas/errors.ts'
import type { ApiClient } from './client.ts'
import { jsonIn } from './input.ts'
import { cell, progressBar, table } from './output.ts'
import { companyNamed } from './send.ts'

/** What to read again. */
export interface AdapterBacktestOptions {
  readonly company: string
  readonly integration?: string
  readonly source?: string
  readonly from?: string
  readonly to?: string
  readonly limit?: number
  /** A file with a mapping as JSON. */
  readonly mapping?: string
}

type Line = AdapterBacktestLine | { readonly type: 'error'; readonly code: string; readonly message: string }

/** Runs it in the running program, with a progress bar; stopping this command stops it. */
export async function backtestAdapter(api: ApiClient, { company, mapping, ...options }: AdapterBacktestOptions): Promise<AdapterBacktestView> {
  const asked = { ...options, company: (await companyNamed(api, company)).id, ...(mapping === undefined ? {} : { mapping: jsonIn(mapping, '--mapping') }) }
  let bar: ReturnType<typeof progressBar> | null = null
  let done = 0
  const ended: { line: Exclude<Line, { type: 'progress' }> | null } = { line: null }
  try {
    await api.lines('/api/backtests/adapters', asked, (text) => {
      const line = JSON.parse(text) as Line
      if (line.type !== 'progress') ended.line = line
      else {
        bar ??= progressBar(line.total, 'deliveries')
        bar.step(line.done - done)
        done = line.done
      }
    })
  } finally {
    stop(bar)
  }
  if (ended.line === null) throw new AppError('engine_unavailable', 'the backtest ended without a result; try again')
  if (ended.line.type === 'error') throw new AppError(ended.line.code in ERROR_CODES ? (ended.line.code as ErrorCode) : 'internal', ended.line.message)
  return ended.line
}

/** The result as a person reads it. */
export function adapterBacktestText({ deliveries, expired, unrecorded, alerts, fields, problems, rejections, nextFrom }: AdapterBacktestView): string {
  const counted = [['unchanged', alerts.unchanged], ['changed', alerts.changed], ['rejected then, read now', alerts.nowRead], ['read then, rejected now', alerts.nowRejected], ['rejected by both', alerts.stillRejected], ['only now', alerts.added], ['only then', alerts.removed]] as const
  return [
    `${deliveries.toLocaleString('en')} deliveries read again${expired > 0 ? `, ${expired.toLocaleString('en')} are no longer on the log` : ''}${unrecorded > 0 ? `, ${unrecorded.toLocaleString('en')} are not recorded yet` : ''}. Nothing was written.`,
    '', table(['alerts', 'count'], counted.map((row) => [...row])),
    ...(fields.length === 0 ? [] : ['', table(['field', 'changed', 'before', 'after', 'delivery'], fields.flatMap(({ field, changed, examples }) => examples.slice(0, 3).map((one, index) => [index === 0 ? field : '', index === 0 ? changed : '', cell(one.before ?? '-', 40), cell(one.after ?? '-', 40), one.deliveryId])))]),
    '', `${problems.before.toLocaleString('en')} problems would be ${problems.after.toLocaleString('en')}: ${problems.split} split, ${problems.joined} joined, ${problems.renamed} under another key.`,
    ...problems.splits.slice(0, 5).map(({ from, into }) => `  split: ${cell(from, 80)} into ${into.length}${into.length === 10 ? ' or more' : ''}`),
    ...problems.joins.slice(0, 5).map(({ from, into }) => `  join:  ${from.length}${from.length === 10 ? ' or more' : ''} into ${cell(into, 80)}`),
    ...(rejections.length === 0 ? [] : ['', table(['rejected now', 'count', 'reason', 'delivery'], rejections.slice(0, 10).map((one) => [one.code, one.count, cell(one.message, 70), one.deliveryId]))]),
    ...(nextFrom === null ? [] : ['', `There are more: go on with --from ${nextFrom}`]),
  ].join('\n')
}

/** A call, because the checker takes what a callback has set for still null. */
function stop(bar: ReturnType<typeof progressBar> | null): void {
  bar?.stop()
}
