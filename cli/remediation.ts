/** `aw remediation`: what the MSP and companies allow, and the stop switch. */
import type { RemediationSettingsView } from '../schemas/remediation-views.ts'
import type { ApiClient } from './client.ts'
import { jsonIn } from './input.ts'
import { cell } from './output.ts'
import { companyNamed } from './send.ts'

/** Whose: a company's, or the MSP's for all where none is named. */
export interface Whose { readonly company?: string }

/** What is allowed, and what holds. */
export async function showRemediation(api: ApiClient, whose: Whose): Promise<RemediationSettingsView> {
  return api.call<RemediationSettingsView>('GET', await pathOf(api, whose))
}

/** Saves a file as what is allowed. */
export async function setRemediation(api: ApiClient, file: string, { expected, ...whose }: Whose & { readonly expected?: number }): Promise<RemediationSettingsView> {
  return api.call<RemediationSettingsView>('PUT', await pathOf(api, whose), { settings: jsonIn(file, 'the file'), ...(expected === undefined ? {} : { expectedRevision: expected }) })
}

/** The stop switch. */
export async function stopRemediation(api: ApiClient, { reason, ...whose }: Whose & { readonly reason: string }): Promise<RemediationSettingsView> {
  return api.call<RemediationSettingsView>('POST', `${await pathOf(api, whose)}/stop`, { reason })
}

/** Takes the stop switch back. */
export async function resumeRemediation(api: ApiClient, whose: Whose): Promise<RemediationSettingsView> {
  return api.call<RemediationSettingsView>('POST', `${await pathOf(api, whose)}/resume`, {})
}

/** As a person reads it. */
export function remediationText({ companyId, settings, granted, effective, revision, updatedAt, updatedBy }: RemediationSettingsView): string {
  const stop = effective.stopped === true ? `STOPPED${settings.stopped === true ? '' : ' for all by the MSP'}: ${cell(effective.stoppedReason ?? 'no reason given', 200)}` : 'not stopped'
  const saved = revision === 0 ? 'nothing was set yet' : `revision ${revision}${updatedAt === null ? '' : `, ${updatedAt}`}${updatedBy === null ? '' : ` by ${cell(updatedBy.name, 60)}`}`
  return [`${companyId === null ? 'for all companies' : `company ${companyId}`}: ${stop}`, saved, '', 'set here:', JSON.stringify(settings, null, 2), ...(Object.keys(granted).length === 0 ? [] : ['', 'granted beyond what holds for all:', JSON.stringify(granted, null, 2)]), '', 'what holds:', JSON.stringify(effective, null, 2)].join('\n')
}

async function pathOf(api: ApiClient, { company }: Whose): Promise<string> {
  return company === undefined ? '/api/settings/remediation' : `/api/companies/${(await companyNamed(api, company)).id}/remediation`
}
