/** `aw settings apply`: a settings file, as a backtest tried it or the tuner wrote it, put in force for a company. */
import { AppError } from '../schemas/errors.ts'
import { trialSettingsFrom } from '../schemas/trial-settings.ts'
import type { ApiClient } from './client.ts'
import { jsonIn } from './input.ts'
import { companyNamed } from './send.ts'

/** Applies it; answers the names of what was set. Throws `usage` for a file that holds what is kept elsewhere. */
export async function applySettings(api: ApiClient, file: string, company: string): Promise<{ readonly company: string; readonly applied: readonly string[] }> {
  const document = jsonIn(file, 'the settings file')
  const { criticalAssets, aliases, rules, ...settings } = trialSettingsFrom(document)
  if (criticalAssets !== undefined || aliases !== undefined) throw new AppError('usage', `${file}: critical assets and other names belong to the asset list; leave them out here`)
  const { id } = await companyNamed(api, company)
  if (Object.keys(settings).length > 0) await api.call('PATCH', `/api/companies/${id}`, settings)
  if (rules !== undefined) await api.call('PUT', `/api/companies/${id}/rules`, { document: JSON.parse(rules) as unknown, comment: `aw settings apply ${file}`.slice(0, 1_000) })
  return { company, applied: [...Object.keys(settings), ...(rules === undefined ? [] : ['rules'])] }
}
