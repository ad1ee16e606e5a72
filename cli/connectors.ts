/** `aw connectors`: the ticket systems there are, and what each wants to know. */
import type { ConnectorView } from '../schemas/connection-views.ts'
import { AppError } from '../schemas/errors.ts'
import type { Page } from '../schemas/views.ts'
import type { ApiClient } from './client.ts'
import { table } from './output.ts'

/** All, or the one named. Throws `not_found`. */
export async function listConnectors(api: ApiClient, id?: string): Promise<readonly ConnectorView[]> {
  const { items } = await api.call<Page<ConnectorView>>('GET', '/api/connectors')
  const found = id === undefined ? items : items.filter((one) => one.id === id)
  if (id !== undefined && found.length === 0) throw new AppError('not_found', `there is no connector "${id}"; there are ${items.map((one) => one.id).join(', ')}`)
  return found
}

/** A table of them. */
export function connectorsText(items: readonly ConnectorView[]): string {
  return table(['connector', 'system', 'auth', 'base URL, for example'], items.map(({ id, title, auth, baseUrlExample }) => [id, title, auth.join(', '), baseUrlExample]))
}

/** What is to be done there, and what is to be given here. */
export function connectorText(one: ConnectorView | undefined): string {
  if (one === undefined) return ''
  const fields = one.fields.map((field) => `  ${field.isSecret ? `--secret ${field.name}` : `--field ${field.name}=…`}${field.for.length === 0 ? '' : ` (${field.for.join(', ')})`}${field.isRequired && field.default === null ? '' : ', may be left out'}: ${field.title}. ${field.description} Example: ${field.example}`)
  return [
    `${one.title} (${one.id})`, '', 'There:', ...one.steps.map((step, index) => `  ${index + 1}. ${step}`), '', 'Rights it needs, and no more:', ...one.permissions.map((right) => `  - ${right}`), '',
    'Here:', `  aw connect ${one.id} --base-url ${one.baseUrlExample} --auth ${one.auth.join('|')}`, ...fields, ...(one.webhook.length === 0 ? [] : ['', 'Webhook:', ...one.webhook.map((step, index) => `  ${index + 1}. ${step}`)]),
  ].join('\n')
}
