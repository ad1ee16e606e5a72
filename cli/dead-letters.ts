/** `aw dead-letters`: what could not be understood, why, and sending it through anew after a fix. */
import { writeFileSync } from 'node:fs'
import { AppError } from '../schemas/errors.ts'
import type { DeadLetterCount, DeadLetterDetail, DeadLetterView, ReplayAnswer, ReplayStep } from '../schemas/receipts.ts'
import type { ApiClient } from './client.ts'
import { cell, progressBar, table } from './output.ts'
import { companyNamed } from './send.ts'

const WORDS: readonly string[] = ['yes', 'no']

/** Which dead letters, as the command line takes it. */
export interface LetterOptions {
  readonly company?: string
  readonly code?: string
  readonly stage?: string
  readonly source?: string
  readonly q?: string
  readonly from?: string
  readonly to?: string
  /** yes or no. */
  readonly replayed?: string
}

/** A listed page and how many there are of each code. */
export interface LetterList {
  readonly items: readonly DeadLetterView[]
  readonly counts: readonly DeadLetterCount[]
  readonly next: string | null
}

/** The newest that fit, and counts of all that do. */
export async function listLetters(api: ApiClient, options: LetterOptions, limit: number): Promise<LetterList> {
  const { replayed, ...filter } = await filterOf(api, options)
  const query = new URLSearchParams(Object.entries({ ...filter, ...(replayed === undefined ? {} : { replayed: String(replayed === 'yes') }) }))
  const [page, counts] = await Promise.all([
    api.call<{ items: DeadLetterView[]; next: string | null }>('GET', `/api/dead-letters?limit=${limit}&${query.toString()}`),
    api.call<{ items: DeadLetterCount[] }>('GET', `/api/dead-letters/counts?${query.toString()}`),
  ])
  return { items: page.items, counts: counts.items, next: page.next }
}

/** The list as a person reads it. */
export function letterListText({ items, counts, next }: LetterList): string {
  if (items.length === 0) return 'No dead letters.'
  return [
    table(['code', 'stage', 'source', 'letters', 'replayed', 'newest'], counts.map((one) => [one.code, one.stage, one.source ?? '', one.count, one.replayed, one.newestAt])),
    '',
    table(['id', 'at', 'source', 'reason', 'replay'], items.map((one) => [one.id, one.at, one.source ?? one.stage, cell(one.message, 70), replayWord(one)])),
    ...(next === null ? [] : ['', 'There are more: name --code, --source, --q, --from or --to, or raise --limit.']),
  ].join('\n')
}

/** One letter; its original goes to a file where one is named. */
export async function showLetter(api: ApiClient, id: string, file: string | undefined): Promise<DeadLetterDetail> {
  const letter = await api.call<DeadLetterDetail>('GET', `/api/dead-letters/${encodeURIComponent(id)}`)
  if (file !== undefined) writeFileSync(file, await api.bytes(`/api/dead-letters/${encodeURIComponent(id)}/original`), { mode: 0o600 })
  return letter
}

/** The letter as a person reads it. */
export function letterText(letter: DeadLetterDetail): string {
  const { original, replay } = letter
  const outcome = replay?.outcome == null ? '' : `: ${replay.outcome.state.replaceAll('_', ' ')}${replay.outcome.deadLetterId === null ? '' : ` (${replay.outcome.deadLetterId})`}`
  return [
    `dead letter  ${letter.id}`, `at           ${letter.at}`, `stage        ${letter.stage}, ${letter.topic}`, `source       ${cell(letter.source ?? 'unknown', 64)}`,
    `delivery     ${letter.deliveryId ?? 'none'}, alert ${letter.element}`, `reason       ${letter.code}: ${cell(letter.message, 500)}`,
    `sent anew    ${replay === null ? 'no' : `${replay.at} by ${cell(replay.by, 60)}, ${replay.state.replaceAll('_', ' ')}${outcome}`}`, '',
    ...(original === null ? ['The log no longer keeps the original.'] : [
      `original: ${original.bytes.toLocaleString('en')} bytes, ${cell(original.contentType, 100)}${original.isTruncated ? '; its start:' : ''}`,
      ...original.text.split('\n').map((line) => `  ${cell(line, 2_000)}`),
    ]),
  ].join('\n')
}

/** Sends one letter's record through anew. */
export function replayLetter(api: ApiClient, id: string): Promise<ReplayAnswer> {
  return api.call<ReplayAnswer>('POST', `/api/dead-letters/${encodeURIComponent(id)}/replay`, {})
}

/** What a replay of many came to. */
export type ReplaySum = Pick<ReplayStep, 'matched' | 'replayed' | 'already' | 'failed'>

/** Sends all that fit through anew, step by step, oldest first. Stopping it leaves the rest as it was. */
export async function replayLetters(api: ApiClient, options: Omit<LetterOptions, 'replayed'>): Promise<ReplaySum> {
  const filter = await filterOf(api, options)
  const sum = { matched: 0, replayed: 0, already: 0, failed: [] as ReplayStep['failed'][number][] }
  let bar: ReturnType<typeof progressBar> | null = null
  try {
    for (let cursor: string | null = ''; cursor !== null;) {
      const step: ReplayStep = await api.call('POST', '/api/dead-letters/replay', { ...filter, ...(cursor === '' ? {} : { cursor }) })
      bar ??= progressBar(step.matched, 'replayed')
      bar.step(step.replayed + step.already)
      sum.matched = step.matched
      sum.replayed += step.replayed
      sum.already += step.already
      sum.failed.push(...step.failed)
      cursor = step.next
    }
  } finally {
    bar?.stop()
  }
  return sum
}

/** The sum as a person reads it. */
export function replaySumText({ matched, replayed, already, failed }: ReplaySum): string {
  return [
    `${replayed} of ${matched} records sent through anew${already > 0 ? `, ${already} were already` : ''}${failed.length > 0 ? `, ${failed.length} could not be:` : '.'}`,
    ...failed.slice(0, 20).map(({ id, message }) => `  ${id}: ${cell(message, 160)}`),
    ...(replayed > 0 ? ['`aw dead-letters list --replayed yes` shows what became of them.'] : []),
  ].join('\n')
}

async function filterOf(api: ApiClient, { company, ...options }: LetterOptions): Promise<LetterOptions> {
  if (options.replayed !== undefined && !WORDS.includes(options.replayed)) throw new AppError('usage', `--replayed: yes or no, not "${options.replayed}"`)
  return company === undefined ? options : { ...options, company: (await companyNamed(api, company)).id }
}

function replayWord({ replay }: DeadLetterView): string {
  if (replay === null) return ''
  return replay.outcome === null ? replay.state.replaceAll('_', ' ') : replay.outcome.state.replaceAll('_', ' ')
}
