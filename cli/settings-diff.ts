/** `aw settings`: what the MSP sets for all companies, and who differs. */
import type { CompanyDifferences, CompanySettingsView, MspSettingsView } from '../schemas/rule-views.ts'
import type { Mode } from '../schemas/settings.ts'
import type { ApiClient } from './client.ts'
import { cell, table } from './output.ts'
import { companyNamed } from './send.ts'

/** A company's settings as the API gives them: beside them whether its tickets and repairs are real. */
export interface CompanySettingsAnswer extends CompanySettingsView {
  readonly effectiveMode: Mode
}

/** Settings of the MSP, or of a company, with where each value comes from. */
export async function showSettings(api: ApiClient, company: string | undefined): Promise<MspSettingsView | CompanySettingsAnswer> {
  return company === undefined ? api.call<MspSettingsView>('GET', '/api/settings') : api.call<CompanySettingsAnswer>('GET', `/api/companies/${(await companyNamed(api, company)).id}/settings`)
}

/** The same as a table. */
export function settingsText(view: MspSettingsView | CompanySettingsAnswer): string {
  const settings = 'companyId' in view ? { ...view.settings, effectiveMode: view.effectiveMode } : view.settings
  const origin = (field: string): string => {
    if ('companyId' in view) return view.origins[field]?.from ?? 'built_in'
    return field in view.origins ? 'msp' : 'built_in'
  }
  const rows = Object.entries(settings).flatMap(([name, value]): (readonly [string, unknown])[] => (isTable(value) ? Object.entries(value).map(([key, one]) => [`${name}.${key}`, one] as const) : [[name, value] as const]))
  return table(['setting', 'value', 'from'], rows.map(([field, value]) => [field, JSON.stringify(value), origin(field)]))
}

/** Companies that differ from what the MSP sets for all, all pages. */
export async function diffSettings(api: ApiClient, company: string | undefined): Promise<readonly CompanyDifferences[]> {
  const of = company === undefined ? '' : `&company=${(await companyNamed(api, company)).id}`
  const found: CompanyDifferences[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: { items: CompanyDifferences[]; next: string | null } = await api.call('GET', `/api/settings/diff?limit=100${of}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`)
    found.push(...page.items)
    cursor = page.next
  }
  return found
}

/** The same as a person reads it. */
export function diffText(companies: readonly CompanyDifferences[]): string {
  if (companies.length === 0) return 'no company differs from what is set for all'
  return companies.map(({ name, differences }) => [
    cell(name, 80),
    ...differences.map(({ field, how, inherited, value, set }) => {
      const what = how === 'off' ? 'switched off' : how === 'own' ? `its own: ${brief(value)}` : `${brief(value)} in place of ${brief(inherited)}`
      return `  ${field.padEnd(24)}  ${what}\n  ${''.padEnd(24)}  ${set === null ? 'set before this was written down' : `${cell(set.by.name, 60)}, ${set.at}${set.comment === '' ? '' : `: ${cell(set.comment, 120)}`}`}`
    }),
  ].join('\n')).join('\n\n')
}

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null

const brief = (value: unknown): string => cell(JSON.stringify(value), 90)
