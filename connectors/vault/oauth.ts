/** The words of OAuth 2: addresses made of a connection's fields, the authorize address with PKCE, the forms for the token address, and what it answers. Pure. */
import { createHash } from 'node:crypto'
import type { OAuthPlaces } from '../port.ts'
import { isVendorHost, isVendorUrl } from './base-url.ts'

type Fields = Readonly<Record<string, string>>

/** Where a name of a field stands in an address. */
const HOLE = /\{([a-zA-Z][a-zA-Z0-9]*)\}/g
/** What may stand in an address: labels of a host, or one step of a path. */
const PART = /^[a-zA-Z0-9](?:[a-zA-Z0-9._-]*[a-zA-Z0-9])?$/

/** What addresses are made of. */
export interface OAuthSite {
  readonly baseUrl: string
  readonly fields: Fields
  /** Hosts the vendor serves from. */
  readonly hosts: readonly string[]
}

/** Fields that the two addresses are made of, beside the base URL. */
export function oauthFields({ authorizeUrl, tokenUrl }: Pick<OAuthPlaces, 'authorizeUrl' | 'tokenUrl'>): readonly string[] {
  return [...new Set([...`${authorizeUrl} ${tokenUrl}`.matchAll(HOLE)].map(([, name = '']) => name))].filter((name) => name !== 'baseUrl' && name !== 'baseHost')
}

/**
 * An address with its holes filled; `{baseUrl}` is the whole base URL, `{baseHost}` its host. Null where a field is missing or is none that may stand there, or the
 * address leads to a host that is neither the vendor's nor the connection's. Where the base URL is not the vendor's own, what is below the vendor's hosts is asked
 * for at the base URL's host instead: a proxy or stand-in stands for all of it, and no secret of it goes to the vendor.
 */
export function oauthAddress(template: string, { baseUrl, fields, hosts }: OAuthSite): URL | null {
  const base = URL.canParse(baseUrl) ? new URL(baseUrl) : null
  if (base === null) return null
  const missing: string[] = []
  const text = template.replace(HOLE, (_hole, name: string) => {
    if (name === 'baseUrl') return baseUrl
    if (name === 'baseHost') return base.host
    const value = fields[name]
    if (value !== undefined && PART.test(value) && !value.includes('..')) return value
    missing.push(name)
    return ''
  })
  if (missing.length > 0 || !URL.canParse(text)) return null
  const url = new URL(text)
  if (url.origin === base.origin) return url
  if (!isVendorUrl(baseUrl, hosts)) return new URL(`${url.pathname}${url.search}`, base.origin)
  return url.protocol === 'https:' && isVendorHost(url.hostname, hosts) ? url : null
}

/** The id of our application there; some keep it with the secrets. */
export function clientIdOf(fields: Fields, secrets: Fields): string | null {
  return fields['clientId'] ?? secrets['clientId'] ?? null
}

/** What the vendor is asked with when a person is sent there. */
export interface AuthorizeRequest {
  readonly clientId: string
  readonly redirectUri: string
  readonly state: string
  readonly verifier: string
  readonly scopes: readonly string[]
}

/** The address a person opens. PKCE is always sent, by S256; who does not know it leaves it aside. */
export function authorizeAddress(url: URL, places: OAuthPlaces, { clientId, redirectUri, state, verifier, scopes }: AuthorizeRequest): string {
  const address = new URL(url)
  const query = {
    ...places.authorizeQuery, response_type: 'code', client_id: clientId, redirect_uri: redirectUri, state, code_challenge: challengeOf(verifier), code_challenge_method: 'S256',
    ...(scopes.length === 0 ? {} : { scope: scopes.join(places.scopeSeparator ?? ' ') }),
  }
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value)
  return address.href
}

/** The S256 challenge of a PKCE verifier (RFC 7636). */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url')
}

/** What is posted to the token address, without the client's own proof. */
export type Grant =
  | { readonly grant_type: 'client_credentials'; readonly scope?: string }
  | { readonly grant_type: 'authorization_code'; readonly code: string; readonly redirect_uri: string; readonly code_verifier: string }
  | { readonly grant_type: 'refresh_token'; readonly refresh_token: string }

/** Tokens as the vendor gave them. */
export interface TokenAnswer {
  readonly accessToken: string
  /** Null: none was given; the one there was stays. */
  readonly refreshToken: string | null
  /** Null: the vendor does not say. */
  readonly expiresInS: number | null
  readonly scope: string | null
}

const LASTS_MAX_S = 315_360_000

/** What a body of the token address says: tokens, or the vendor's code of an error. Some answer errors with 200. Null: neither. */
export function readTokenAnswer(body: unknown): TokenAnswer | { readonly error: string; readonly description: string } | null {
  if (typeof body !== 'object' || body === null) return null
  const { access_token: access, refresh_token: refresh, expires_in: expires, scope, error, error_description: description, message } = body as Record<string, unknown>
  if (typeof access === 'string' && /^[\x21-\x7e]{1,16384}$/.test(access)) {
    // What is said to last longer than a date can tell lasts ten years.
    const seconds = Math.min(Number(expires), LASTS_MAX_S)
    return { accessToken: access, refreshToken: typeof refresh === 'string' && refresh !== '' ? refresh : null, expiresInS: expires !== undefined && expires !== null && Number.isFinite(seconds) && seconds > 0 ? seconds : null, scope: typeof scope === 'string' ? scope : null }
  }
  if (typeof error === 'string' && error !== '') return { error, description: typeof description === 'string' ? description : typeof message === 'string' ? message : '' }
  return null
}
