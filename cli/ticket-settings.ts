/** `aw ticket settings`: what the MSP or a company wants of its tickets, shown or set. */
import type { TicketSettingsView } from '../schemas/ticket-settings.ts'
import type { ApiClient } from './client.ts'
import { jsonIn } from './input.ts'
import { table } from './output.ts'
import { companyNamed } from './send.ts'

/** Reads it, or sets it anew from a file of JSON. */
export async function ticketSettings(api: ApiClient, { company, file }: { readonly company?: string; readonly file?: string }): Promise<TicketSettingsView> {
  const path = company === undefined ? '/api/ticket-settings' : `/api/companies/${(await companyNamed(api, company)).id}/ticket-settings`
  return file === undefined ? api.call<TicketSettingsView>('GET', path) : api.call<TicketSettingsView>('PUT', path, jsonIn(file, 'the ticket settings'))
}

/** A table of what holds, and where it comes from. */
export function ticketSettingsText({ companyId, settings, effective }: TicketSettingsView): string {
  const own = settings as Readonly<Record<string, unknown>>
  return table(['setting', 'value', 'set'], Object.entries(effective).map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : String(value), own[name] === undefined ? '-' : companyId === null ? 'here, for all' : 'here']))
}
