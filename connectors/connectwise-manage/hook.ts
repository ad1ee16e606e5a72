/**
 * Callbacks of ConnectWise. `x-content-signature` is the base64 HMAC-SHA-256 over the raw body, under the SHA-256 of a key that `Metadata.key_url` answers. That address comes
 * from whoever posts, so it is asked only at the connection's own host, and its answer is kept a while.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { hookJson, hookRow } from '../hook-body.ts'
import { ConnectorError, type CallContext, type HookReader } from '../port.ts'

const KEY_TTL_MS = 60 * 60_000
/** After a wrong signature the key may have been changed; how often that is looked into. */
const FRESH_TTL_MS = 60_000

interface Callback { readonly ID?: unknown; readonly Type?: unknown; readonly CompanyId?: unknown; readonly Metadata?: { readonly key_url?: unknown } | null }

export const hook: HookReader = {
  proof: 'signed',
  // Else strangers could have us call for a key.
  isKeyedToo: true,
  async read({ headers, body }, _secret, ctx) {
    const callback = parsed(body)
    const keyUrl = keyAddress(callback.Metadata?.key_url, ctx.connection.baseUrl)
    const signature = headers['x-content-signature'] ?? ''
    if (keyUrl === null || !isOurCompany(callback.CompanyId, ctx)) return null
    if (!fits(body, signature, await ctx.cached(`hook-key ${keyUrl}`, KEY_TTL_MS, () => signingKey(keyUrl, ctx)))
      && !fits(body, signature, await ctx.cached(`hook-key-fresh ${keyUrl}`, FRESH_TTL_MS, () => signingKey(keyUrl, ctx)))) return null
    const isTicket = typeof callback.Type !== 'string' || callback.Type.toLowerCase() === 'ticket'
    return isTicket ? [String(callback.ID)] : []
  },
}

function parsed(body: Buffer): Callback {
  const unreadable = 'ConnectWise: a callback that cannot be read'
  const value = hookRow(hookJson(body, unreadable))
  if (!Number.isSafeInteger(value.ID)) throw new ConnectorError('invalid', unreadable)
  return value
}

/**
 * Where the key is asked for: always at the connection's own host, and only where the callback names that host, with or without the `api-` of interfaces; null: it names another.
 */
export function keyAddress(keyUrl: unknown, baseUrl: string): string | null {
  if (typeof keyUrl !== 'string' || !URL.canParse(keyUrl)) return null
  const [named, own] = [new URL(keyUrl), new URL(baseUrl)]
  const isOwn = named.protocol === own.protocol && [own.host, own.host.replace(/^api-/, '')].includes(named.host) && named.username === '' && named.password === ''
  // Put together as text: a path of `//host` would else be another address.
  return isOwn ? own.origin + named.pathname + named.search : null
}

function isOurCompany(companyId: unknown, ctx: CallContext): boolean {
  return typeof companyId !== 'string' || companyId.toLowerCase() === (ctx.connection.fields.company ?? '').toLowerCase()
}

async function signingKey(keyUrl: string, ctx: CallContext): Promise<string> {
  const { body } = await ctx.http.call({ method: 'GET', path: '/', url: keyUrl, action: 'retrieved', reference: 'read the key of callbacks' })
  const key = typeof body === 'object' && body !== null && 'signing_key' in body ? body.signing_key : null
  if (typeof key !== 'string' || key === '') throw new ConnectorError('bad_answer', 'ConnectWise: the key of callbacks came without its text')
  return key
}

function fits(body: Buffer, signature: string, key: string): boolean {
  const due = createHmac('sha256', createHash('sha256').update(key, 'utf8').digest()).update(body).digest()
  const given = Buffer.from(signature, 'base64')
  return given.length === due.length && timingSafeEqual(given, due)
}
