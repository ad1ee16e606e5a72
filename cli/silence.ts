/** `aw silence` and `aw suppressed`: mutes made and ended quickly, and what is kept quiet. */
import { AppError } from '../schemas/errors.ts'
import type { SilenceView, SuppressedView } from '../schemas/quiet-views.ts'
import type { Page } from '../schemas/views.ts'
import type { ApiClient } from './client.ts'
import { cell } from './output.ts'
import { companyNamed } from './send.ts'

/** What a silence is made of. */
export interface SilenceOptions { readonly company: string; readonly reason: string; readonly minutes?: number; readonly until?: string }

/** Makes a silence from now on. Throws `usage` unless its end is said in one way. */
export async function addSilence(api: ApiClient, when: readonly string[], { company, reason, minutes, until }: SilenceOptions): Promise<SilenceView> {
  if ((minutes === undefined) === (until === undefined)) throw new AppError('usage', 'say --minutes <n> or --until <time>, one of the two')
  const { id } = await companyNamed(api, company)
  return api.call<SilenceView>('POST', `/api/companies/${id}/silences`, { when, reason, ...(minutes === undefined ? { endsAt: until } : { minutes: Math.round(minutes) }) })
}

/** Silences that have not ended. */
export async function listSilences(api: ApiClient, company: string): Promise<readonly SilenceView[]> {
  const { id } = await companyNamed(api, company)
  return (await api.call<{ items: readonly SilenceView[] }>('GET', `/api/companies/${id}/silences`)).items
}

/** Ends a silence now. */
export async function endSilence(api: ApiClient, silenceId: string, company: string): Promise<void> {
  const { id } = await companyNamed(api, company)
  await api.call('DELETE', `/api/companies/${id}/silences/${encodeURIComponent(silenceId)}`)
}

/** The newest problems that are kept quiet, at most 200. */
export async function listSuppressed(api: ApiClient, { company, kind }: { readonly company?: string; readonly kind?: string }): Promise<readonly SuppressedView[]> {
  const query = new URLSearchParams({ limit: '200', status: 'firing', ...(kind === undefined ? {} : { kind }), ...(company === undefined ? {} : { company: (await companyNamed(api, company)).id }) })
  return (await api.call<Page<SuppressedView>>('GET', `/api/suppressed?${query.toString()}`)).items
}

/** Silences as a person reads them. */
export function silencesText(silences: readonly SilenceView[]): string {
  if (silences.length === 0) return 'nothing is silenced'
  return silences.map(({ id, when, endsAt, reason, by, from }) => `${id}  until ${endsAt}  by ${cell(by, 40)}${from === 'msp' ? ' (MSP)' : ''}: ${cell(reason, 80)}\n    ${cell(when.length === 0 ? 'everything' : when.join(', '), 200)}`).join('\n')
}

/** What is kept quiet as a person reads it. */
export function suppressedText(items: readonly SuppressedView[]): string {
  if (items.length === 0) return 'nothing is kept quiet'
  return items.map(({ kind, title, asset, severity, alertCount, since, until, reason }) =>
    `${kind.padEnd(11)}  ${cell(title, 60)}${asset === null ? '' : ` on ${cell(asset, 40)}`}, ${severity}, ${alertCount} alert${alertCount === 1 ? '' : 's'}\n             since ${since}${until === null ? '' : ` until ${until}`}: ${cell(reason, 140)}`).join('\n')
}
