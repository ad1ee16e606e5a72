/** `aw integration`: one key, secret and set of rules for each tool of a company; secrets are shown once, when they are made. */
import type { Readable } from 'node:stream'
import { namesProof } from '../schemas/authentication.ts'
import { AppError } from '../schemas/errors.ts'
import { HEARTBEAT_LIMITS } from '../schemas/integration-processing.ts'
import type { IntegrationView } from '../schemas/views.ts'
import type { ApiClient } from './client.ts'
import { jsonIn, seconds, secretIn, span } from './input.ts'
import { cell, table } from './output.ts'
import { companyNamed } from './send.ts'
import { guideOf, setupText, unknownLine, type ShownGuide } from './sources.ts'

/** What `aw integration create` takes. */
export interface CreateOptions {
  readonly company: string
  readonly source: string
  /** No delivery needs to prove itself beyond the key. */
  readonly unsigned?: boolean
  readonly name?: string
  /** A span of time: `5m`. */
  readonly heartbeat?: string
  /** A file with a mapping as JSON. */
  readonly mapping?: string
  /** A file, or `-` for standard input. */
  readonly vendorSecretFile?: string
}

/** What `aw integration rotate` takes. */
export interface RotateOptions {
  readonly company: string
  /** How long what was there before works on. */
  readonly overlap?: string
  /** Names a new secret of the vendor, which is then what rotates. */
  readonly vendorSecretFile?: string
}

interface Issued {
  readonly apiKey: string
  readonly hmacSecret: string
  readonly webhookUrl: string
}

/** A new integration with everything that has to be pasted, and what is wrong with it already. */
export interface CreatedIntegration extends Issued {
  readonly company: string
  readonly integration: IntegrationView
  readonly guide: ShownGuide
  readonly warnings: readonly string[]
}

/** What rotating changed. */
export interface Rotated {
  readonly integration: IntegrationView
  /** Null where the vendor's secret rotated. */
  readonly issued: Issued | null
  /** Ids of keys that ended with it. */
  readonly ended: readonly string[]
}

const OVERLAP = { least: 0, most: 30 * 86_400 } as const
const SECRET_OPTION = '--vendor-secret-file'

/** Makes one. */
export async function createIntegration(api: ApiClient, options: CreateOptions, input: Readable): Promise<CreatedIntegration> {
  const { name, heartbeat, mapping, vendorSecretFile } = options
  // The last part of the generic form's address; its source has another name.
  const source = options.source === 'alerts' ? 'generic' : options.source
  const body = {
    source, ...(name === undefined ? {} : { name }), ...(options.unsigned === true ? { requireHmac: false } : {}),
    ...(heartbeat === undefined ? {} : { heartbeatSeconds: seconds(heartbeat, '--heartbeat', HEARTBEAT_LIMITS) }),
    ...(mapping === undefined ? {} : { mapping: jsonIn(mapping, '--mapping') }),
    ...(vendorSecretFile === undefined ? {} : { vendorSecret: await secretIn(vendorSecretFile, SECRET_OPTION, input) }),
  }
  const company = await companyNamed(api, options.company)
  const { integration, apiKey, hmacSecret, webhookUrl } = await api.call<Issued & { readonly integration: IntegrationView }>('POST', `/api/companies/${company.id}/integrations`, body)
  const guide = guideOf(source, { url: webhookUrl, key: apiKey })
  return { company: company.name, integration, apiKey, hmacSecret, webhookUrl, guide, warnings: warningsOf(company.name, integration, guide) }
}

/** The new integration and how to set its tool up, as a person reads it. */
export function createdText({ company, integration, guide, ...issued }: CreatedIntegration): string {
  const { requireHmac, hasVendorSecret, heartbeatSeconds, mapping } = integration
  const required = guide.proof === 'vendor-secret' ? 'required: by the vendor secret, once it is stored' : 'required; a tool that cannot sign needs --unsigned'
  const proof = hasVendorSecret ? 'by the vendor secret' : requireHmac ? required : 'not required'
  return [
    `integration  ${titleOf(integration)}`, `company      ${cell(company, 200)}`, ...issuedLines(issued), `signature    ${proof}`,
    ...(heartbeatSeconds === null ? [] : [`heartbeat    a problem when it is silent for ${span(heartbeatSeconds)}`]),
    ...(mapping === null ? [] : ['mapping      reads its payloads']),
    'Key and secret are shown this once.',
    ...(/^https?:\/\/(127\.|localhost|\[::1\])/.test(issued.webhookUrl) ? ['The address is this machine\'s alone: elsewhere the public one takes its place, here too once AW_URL is set to it.'] : []),
    '', ...unknownLine(guide), setupText(guide),
  ].join('\n')
}

/** All integrations of a company, oldest first. */
export async function listIntegrations(api: ApiClient, company: string): Promise<{ readonly items: readonly IntegrationView[] }> {
  const { items } = await api.call<{ items: IntegrationView[] }>('GET', pathOf((await companyNamed(api, company)).id))
  return { items }
}

/** The list as a person reads it, one line a live key. */
export function integrationListText({ items }: { readonly items: readonly IntegrationView[] }): string {
  if (items.length === 0) return 'No integrations.'
  const rows = items.flatMap((one) => {
    const heartbeat = one.heartbeatSeconds === null ? '' : `${span(one.heartbeatSeconds)}${one.heartbeatGraceSeconds === 0 ? '' : ` + ${span(one.heartbeatGraceSeconds)}`}`
    const first = [cell(one.name, 40), one.source ?? 'any', one.disabled ? 'disabled' : signedWord(one), heartbeat, one.mapping === null ? '' : 'yes']
    const keys = one.keys.map(({ id, lastUsedAt, expiresAt }) => [id, lastUsedAt ?? 'never', expiresAt ?? ''])
    return (keys.length === 0 ? [['none', '', '']] : keys).map((key, index) => [...(index === 0 ? first : first.map(() => '')), ...key])
  })
  return table(['integration', 'source', 'signed', 'heartbeat', 'mapping', 'key', 'last used', 'ends'], rows)
}

/** A new key and secret, or a new secret of the vendor; what was there before works on for a day unless told otherwise. */
export async function rotateIntegration(api: ApiClient, named: string, options: RotateOptions, input: Readable): Promise<Rotated> {
  const overlapSeconds = options.overlap === undefined ? undefined : seconds(options.overlap, '--overlap', OVERLAP)
  const vendorSecret = options.vendorSecretFile === undefined ? null : await secretIn(options.vendorSecretFile, SECRET_OPTION, input)
  const { path, companyId, integration } = await integrationNamed(api, options.company, named)
  if (vendorSecret !== null) {
    const changed = await api.call<IntegrationView>('PATCH', path, { vendorSecret, ...(overlapSeconds === undefined ? {} : { vendorSecretOverlapSeconds: overlapSeconds }) })
    return { integration: changed, issued: null, ended: [] }
  }
  const { apiKey, hmacSecret, webhookUrl } = await api.call<Issued>('POST', `/api/companies/${companyId}/rotate-key`, { integrationId: integration.id, ...(overlapSeconds === undefined ? {} : { overlapSeconds }) })
  const now = (await integrationNamed(api, options.company, integration.id)).integration
  const ended = integration.keys.map(({ id }) => id).filter((id) => !now.keys.some((key) => key.id === id))
  return { integration: now, issued: { apiKey, hmacSecret, webhookUrl }, ended }
}

/** What rotating changed, as a person reads it. */
export function rotatedText({ integration, issued, ended }: Rotated): string {
  const { previousVendorSecretExpiresAt: until, keys } = integration
  if (issued === null) return [`integration  ${titleOf(integration)}`, 'A new vendor secret is stored.', until === null ? 'It is the only one.' : `The one before counts until ${until}.`].join('\n')
  return [
    `integration  ${titleOf(integration)}`, ...issuedLines(issued),
    ...keys.filter(({ expiresAt }) => expiresAt !== null).map(({ id, expiresAt, lastUsedAt }) => `key before   ${id} works until ${expiresAt}, last used ${lastUsedAt ?? 'never'}`),
    ...ended.map((id) => `key ended    ${id}`), 'Key and secret are shown this once.',
  ].join('\n')
}

/** Ends one key; answers the integration as it then is. */
export async function revokeKey(api: ApiClient, named: string, keyId: string, company: string): Promise<{ readonly revoked: string; readonly integration: IntegrationView }> {
  const { path, integration } = await integrationNamed(api, company, named)
  await api.call('DELETE', `${path}/keys/${encodeURIComponent(keyId)}`)
  return { revoked: keyId, integration: (await integrationNamed(api, company, integration.id)).integration }
}

/** What revoking changed, as a person reads it. */
export function revokedText({ revoked, integration }: { readonly revoked: string; readonly integration: IntegrationView }): string {
  const left = integration.keys.length
  return `Key ${revoked} of ${titleOf(integration)} ended: 401 from now on, in every process within 5 s. ${left === 0 ? 'No live key is left: `aw integration rotate` makes one.' : `Live keys left: ${left}.`}`
}

/** Deletes one; answers it as it was. */
export async function removeIntegration(api: ApiClient, named: string, company: string): Promise<{ readonly removed: IntegrationView }> {
  const { path, integration } = await integrationNamed(api, company, named)
  await api.call('DELETE', path)
  return { removed: integration }
}

/** What deleting changed, as a person reads it. */
export function removedText({ removed }: { readonly removed: IntegrationView }): string {
  return `${titleOf(removed)} is removed; live keys that ended with it: ${removed.keys.length}. What it delivered stays.`
}

/** Why deliveries of the tool would be refused. */
function warningsOf(company: string, { id, requireHmac, authentication, hasVendorSecret }: IntegrationView, { hasAdapter, name, proof }: ShownGuide): readonly string[] {
  const warnings: string[] = []
  if (requireHmac && hasAdapter && !namesProof(authentication)) {
    if (proof === 'none') warnings.push(`${name} cannot sign, and this integration requires a signature: all it sends would be answered 401; make it anew with --unsigned (\`aw integration remove ${id} --company ${JSON.stringify(company)}\`)`)
    if (proof === 'vendor-secret' && !hasVendorSecret) warnings.push(`${name} proves itself by a vendor secret, and none is stored: until then all it sends is answered 401 (\`aw integration rotate ${id} --company ${JSON.stringify(company)} ${SECRET_OPTION} -\`)`)
  }
  if (hasVendorSecret && hasAdapter && proof === 'none' && !namesProof(authentication)) warnings.push(`${name} sends no secret that we know of: the one stored counts only once "authentication" says where it stands (docs/authentication.md)`)
  return warnings
}

async function integrationNamed(api: ApiClient, companyName: string, named: string): Promise<{ readonly companyId: string; readonly path: string; readonly integration: IntegrationView }> {
  const { id: companyId } = await companyNamed(api, companyName)
  const { items } = await api.call<{ items: IntegrationView[] }>('GET', pathOf(companyId))
  const integration = items.find(({ id }) => id === named) ?? items.find(({ name }) => name === named)
  if (integration === undefined) throw new AppError('not_found', `${companyName} has no integration "${named}"; it has ${items.map(({ name }) => cell(name, 40)).join(', ') || 'none'}`)
  return { companyId, path: `${pathOf(companyId)}/${integration.id}`, integration }
}

function pathOf(companyId: string): string {
  return `/api/companies/${companyId}/integrations`
}

function titleOf({ name, source, id }: IntegrationView): string {
  return `${cell(name, 100)}, source ${source ?? 'any'} (${id})`
}

function issuedLines({ webhookUrl, apiKey, hmacSecret }: Issued): readonly string[] {
  return [`webhook      ${webhookUrl}`, `API key      ${apiKey}`, `HMAC secret  ${hmacSecret}`]
}

function signedWord({ requireHmac, hasVendorSecret, authentication }: IntegrationView): string {
  return requireHmac ? 'required' : hasVendorSecret ? 'vendor secret' : namesProof(authentication) ? 'by settings' : 'no'
}
