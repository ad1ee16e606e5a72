/** `aw connection`: connections to ticket systems: listed, shown, checked, switched, mapped, removed. */
import type { ExternalChoicesView } from '../schemas/connection-views.ts'
import { AppError } from '../schemas/errors.ts'
import type { ConnectionMade, ConnectionView, TicketMapping } from '../schemas/tickets.ts'
import type { Page } from '../schemas/views.ts'
import type { ApiClient } from './client.ts'
import { cell, table } from './output.ts'
import { companyNamed } from './send.ts'

/** Whose connections are meant: of a company, of the MSP, or all there are. */
export interface Whose {
  readonly company?: string
  readonly msp?: boolean
}

/** All of them. */
export async function listConnections(api: ApiClient, { company, msp }: Whose): Promise<readonly ConnectionView[]> {
  const of = company !== undefined ? (await companyNamed(api, company)).id : msp === true ? 'msp' : null
  return (await api.call<Page<ConnectionView>>('GET', `/api/connections${of === null ? '' : `?company=${encodeURIComponent(of)}`}`)).items
}

/** A table of them. */
export function connectionsText(items: readonly ConnectionView[]): string {
  if (items.length === 0) return 'no connection; `aw connect <connector>` makes one'
  return table(['name', 'system', 'of', 'for', 'in use', 'checked', 'last used', 'last error'], items.map((one) => [
    cell(one.name, 40), one.connector, one.companyId ?? 'the MSP', one.environment, one.enabled ? 'yes' : 'no', checkedText(one), one.lastUsedAt ?? '-', cell(one.lastError ?? '', 80),
  ]))
}

/** One of them by name or id. Throws `not_found`, and `usage` where a name means several. */
export async function connectionNamed(api: ApiClient, named: string, whose: Whose): Promise<ConnectionView> {
  const found = (await listConnections(api, whose)).filter(({ id, name }) => id === named || name === named)
  if (found.length > 1) throw new AppError('usage', `several connections are named "${named}": add --company <name> or --msp, or give the id (${found.map(({ id, companyId }) => `${id} of ${companyId ?? 'the MSP'}`).join(', ')})`)
  const [one] = found
  if (one === undefined) throw new AppError('not_found', `there is no connection "${named}"; \`aw connection list\` names them`)
  return one
}

/** One with the address its system posts to. */
export async function showConnection(api: ApiClient, named: string, whose: Whose): Promise<ConnectionView> {
  return api.call<ConnectionView>('GET', `/api/connections/${(await connectionNamed(api, named, whose)).id}`)
}

/** Everything that is to be said of one. */
export function connectionText(one: ConnectionView): string {
  const lines: [string, string][] = [
    ['name', one.name], ['id', one.id], ['system', one.connector], ['of', one.companyId ?? 'the MSP'], ['for', one.environment], ['in use', one.enabled ? 'yes' : 'no'], ['base URL', one.baseUrl], ['auth', one.auth], ['scopes', one.scopes.join(' ')],
    ...Object.entries(one.fields).map(([name, value]): [string, string] => [`field ${name}`, value]), ['secrets', one.secrets.join(', ')], ['webhook secret', one.hasWebhookSecret ? 'stored' : ''], ['posts to', one.hookUrl ?? ''],
    ['connected', one.isConnected ? '' : 'no: `aw connect` prints the address at which somebody agrees'], ['token ends', one.tokenExpiresAt ?? ''], ['checked', checkedText(one)], ['last used', one.lastUsedAt ?? 'never'], ['last error', one.lastError ?? ''],
    ...(['status', 'priority', 'place'] as const).flatMap((kind) => Object.entries(one.mapping[kind] ?? {}).map(([ours, theirs]): [string, string] => [`${kind} ${ours}`, theirs])),
  ]
  const width = Math.max(...lines.map(([name]) => name.length))
  return lines.filter(([, value]) => value !== '').map(([name, value]) => `${name.padEnd(width)}  ${cell(value, 300)}`).join('\n')
}

/** Calls the system; with `enable` it is put into use where it works. */
export async function checkConnection(api: ApiClient, named: string, { enable, ...whose }: Whose & { readonly enable?: boolean }): Promise<ConnectionView> {
  return checked(api, (await connectionNamed(api, named, whose)).id, enable === true)
}

/** The same by id. */
export async function checked(api: ApiClient, id: string, enable: boolean): Promise<ConnectionView> {
  const found = await api.call<ConnectionView>('POST', `/api/connections/${id}/check`, {})
  return enable && found.check?.ok === true && !found.enabled ? api.call<ConnectionMade>('PATCH', `/api/connections/${id}`, { enabled: true }) : found
}

/** What a check found. */
export function checkText({ name, enabled, check }: ConnectionView): string {
  if (check === null) return `${name} was not checked`
  const findings = check.findings.map((finding) => `${finding.ok ? 'ok  ' : 'FAIL'}  ${finding.name}: ${cell(finding.text, 500)}`)
  return [...findings, `${name} ${check.ok ? 'works' : 'does not work yet'}${enabled ? ' and is in use' : check.ok ? `; it is not in use: \`aw connection enable ${JSON.stringify(name)}\`` : ''}`].join('\n')
}

/** Switches it on or off. */
export async function switchConnection(api: ApiClient, named: string, whose: Whose, enabled: boolean): Promise<ConnectionView> {
  return api.call<ConnectionMade>('PATCH', `/api/connections/${(await connectionNamed(api, named, whose)).id}`, { enabled })
}

/** Takes it away with its secrets. */
export async function removeConnection(api: ApiClient, named: string, whose: Whose): Promise<void> {
  await api.call('DELETE', `/api/connections/${(await connectionNamed(api, named, whose)).id}`)
}

/** What to map: `ours=theirs` by kind; an empty right side takes the connector's own again. */
export interface MapOptions extends Whose {
  readonly status?: readonly string[]
  readonly priority?: readonly string[]
  readonly place?: readonly string[]
}

/** Changes the mapping; without a change the values of the system are looked up. */
export async function mapConnection(api: ApiClient, named: string, { status = [], priority = [], place = [], ...whose }: MapOptions): Promise<{ readonly connection: ConnectionView; readonly choices: ExternalChoicesView | null }> {
  const connection = await connectionNamed(api, named, whose)
  if (status.length + priority.length + place.length === 0) return { connection, choices: await api.call<ExternalChoicesView>('GET', `/api/connections/${connection.id}/choices`) }
  const changed = (before: Readonly<Record<string, string>> | undefined, pairs: readonly string[], option: string): Record<string, string> => Object.fromEntries(
    Object.entries({ ...before, ...Object.fromEntries(pairs.map((pair) => pairOf(pair, option))) }).filter(([, theirs]) => theirs !== ''))
  const mapping: Partial<TicketMapping> = { status: changed(connection.mapping.status, status, '--status'), priority: changed(connection.mapping.priority, priority, '--priority'), place: changed(connection.mapping.place, place, '--place') }
  return { connection: await api.call<ConnectionMade>('PATCH', `/api/connections/${connection.id}`, { mapping }), choices: null }
}

/** The mapping, and what it may be. */
export function mapText({ connection, choices }: Awaited<ReturnType<typeof mapConnection>>): string {
  const ours = (['status', 'priority', 'place'] as const).flatMap((kind) => Object.entries(connection.mapping[kind] ?? {}).map(([name, value]) => [kind, name, cell(value, 60)]))
  const set = ours.length === 0 ? 'nothing is mapped otherwise than the connector does by itself' : table(['what', 'ours', 'theirs'], ours)
  if (choices === null) return `${set}\n\`aw connection check ${JSON.stringify(connection.name)}\` looks whether the values are known there.`
  const rows = [...choices.statuses.map(({ id, name }) => ['status', id, cell(name, 60)]), ...choices.priorities.map(({ id, name }) => ['priority', id, cell(name, 60)]), ...Object.entries(choices.places).flatMap(([place, values]) => values.map(({ id, name }) => [`place ${place}`, id, cell(name, 60)]))]
  return `${set}\n\nThe system knows:\n${rows.length === 0 ? 'no values of its own' : table(['what', 'id', 'name'], rows)}\n\naw connection map ${JSON.stringify(connection.name)} --status open=<id> --priority high=<id> --place <what>=<id>`
}

/** `name=value`. Throws `usage`; the value is not repeated. */
export function pairOf(text: string, option: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new AppError('usage', `${option}: name=value`)
  return [text.slice(0, at), text.slice(at + 1)]
}

function checkedText({ check, checkedAt }: ConnectionView): string {
  return check === null ? 'never' : `${check.ok ? 'works' : 'FAILS'}, ${checkedAt ?? ''}`
}
