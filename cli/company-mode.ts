/** `aw company mode`: whether tickets and repairs of a company are real. */
import { MODES, type Mode } from '../schemas/settings.ts'
import { AppError } from '../schemas/errors.ts'
import type { ApiClient } from './client.ts'
import { cell } from './output.ts'
import { companyNamed } from './send.ts'

/** How it stands. */
export interface CompanyMode {
  readonly company: string
  /** Its own; null: nobody set one, and nothing is sent anywhere. */
  readonly own: Mode | null
  /** The lower of its own and AW_MODE. */
  readonly effective: Mode
}

const MEANS: Readonly<Record<Mode, string>> = {
  'demo': 'tickets and repairs are played and marked, nothing is called', 'dry-run': 'tickets and repairs are planned and shown, nothing is sent',
  'sandbox': 'tickets and repairs are real, through connections and cloud accounts for a sandbox alone', 'production': 'tickets and repairs are real, through connections and cloud accounts for production',
}

/** Reads it, or sets it first. Throws `usage` for a mode there is not. */
export async function companyMode(api: ApiClient, named: string, mode?: string): Promise<CompanyMode> {
  if (mode !== undefined && !MODES.some((one) => one === mode)) throw new AppError('usage', `there is no mode "${mode}"; there are ${MODES.join(', ')}`)
  const { id, name } = await companyNamed(api, named)
  if (mode !== undefined) await api.call('PATCH', `/api/companies/${id}`, { mode })
  const { overrides, effectiveMode } = await api.call<{ overrides: { mode?: Mode }; effectiveMode: Mode }>('GET', `/api/companies/${id}/settings`)
  return { company: name, own: overrides.mode ?? null, effective: effectiveMode }
}

/** What that means. */
export function companyModeText({ company, own, effective }: CompanyMode): string {
  const why = own === null ? '; nobody set one for it' : own === effective ? '' : `; its own is ${own}, but the program runs with AW_MODE=${effective}`
  return `${cell(company, 100)} is in mode ${effective}${why}: ${MEANS[effective]}`
}
