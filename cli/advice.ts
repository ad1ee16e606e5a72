/** `aw advice`: what the past of a company suggests to change; shown, tried or applied. */
import type { Advice, AdviceView } from '../schemas/advice.ts'
import type { ApiClient } from './client.ts'
import { cell } from './output.ts'
import { companyNamed } from './send.ts'

/** Whose past, and of which time. */
export interface AdviceOptions {
  readonly company: string
  readonly from?: string
  readonly to?: string
  readonly timeZone?: string
}

/** All advice, most saved first. */
export async function listAdvice(api: ApiClient, { company, ...times }: AdviceOptions): Promise<AdviceView> {
  const query = new URLSearchParams(Object.entries(times)).toString()
  return api.call<AdviceView>('GET', `${await pathOf(api, company)}${query === '' ? '' : `?${query}`}`)
}

/** Adds the rule of an advice to the company's rule book. */
export async function applyAdvice(api: ApiClient, id: string, { company, ...times }: AdviceOptions): Promise<{ readonly advice: Advice; readonly revision: number }> {
  return api.call('POST', `${await pathOf(api, company)}/${encodeURIComponent(id)}/apply`, times)
}

/** Begins a backtest with the rule of an advice in place; answers its id. */
export async function tryAdvice(api: ApiClient, id: string, { company, ...times }: AdviceOptions): Promise<{ readonly backtestId: string }> {
  return api.call('POST', `${await pathOf(api, company)}/${encodeURIComponent(id)}/try`, times)
}

/** The list as a person reads it. */
export function adviceText({ from, to, problems, isCut, items }: AdviceView): string {
  const head = `${problems.toLocaleString('en')} problems from ${from.slice(0, 10)} to ${to.slice(0, 10)}${isCut ? ', the newest of more' : ''}.`
  if (items.length === 0) return `${head} Nothing to advise.`
  const lines = items.map(({ id, kind, text, proposal, isApplied }) => {
    const how = isApplied ? 'in force already' : proposal === null ? 'to be changed in the tool' : `aw advice --apply ${id}`
    return `${kind.padEnd(12)} ${cell(text, 600)}\n${' '.repeat(13)}${how}`
  })
  return [head, '', ...lines, '', 'Try one before: aw advice --try <id>'].join('\n')
}

async function pathOf(api: ApiClient, company: string): Promise<string> {
  return `/api/companies/${(await companyNamed(api, company)).id}/advice`
}
