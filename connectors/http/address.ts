/** Addresses are put together here and nowhere else: every value is encoded, and what comes out lies below the connection's base URL. */
import { ConnectorError, type HttpRequest } from '../port.ts'
import { isVendorHost, isVendorUrl } from '../vault/base-url.ts'

/** One value as one segment of a path. Throws `invalid` for what could climb out of its place. */
export function segment(value: string | number): string {
  const text = String(value)
  if (text === '' || text === '.' || text === '..' || !text.isWellFormed()) throw new ConnectorError('invalid', 'an id that cannot stand in an address')
  return encodeURIComponent(text)
}

/** A path with every value encoded: path`/tickets/${id}/notes`. */
export function path(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return parts.reduce((made, part, at) => made + segment(values[at - 1] ?? '') + part)
}

/** The address of a call. Throws `defect` for a path that is not encoded, `misconfigured` for a base URL that is none, `invalid` for an address of another host. */
export function addressOf(baseUrl: string, request: Pick<HttpRequest, 'path' | 'url' | 'query'>, hosts: readonly string[]): URL {
  const base = safeUrl(baseUrl, new ConnectorError('misconfigured', 'the base URL of the connection is no https address: correct it'))
  const url = request.url === undefined ? below(base, request.path) : given(base, request.url, hosts)
  const query = Object.entries(request.query ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(String(value).toWellFormed())}`]))
  if (query.length > 0) url.search = url.search === '' ? query.join('&') : `${url.search}&${query.join('&')}`
  return url
}

function below(base: URL, part: string): URL {
  const root = base.pathname.replace(/\/+$/, '')
  const url = new URL(base.origin)
  url.pathname = root + part
  // Whatever the parser would change (dots, backslashes, blanks, question marks) was not encoded.
  if (!part.startsWith('/') || part.startsWith('//') || url.pathname !== root + part || /[?#\\]|\/\.{1,2}(\/|$)/.test(part)) throw new ConnectorError('defect', 'a path that is not encoded')
  return url
}

function given(base: URL, address: string, hosts: readonly string[]): URL {
  const elsewhere = new ConnectorError('invalid', 'the other side named an address of a host that is not its own: it was not called')
  if (!URL.canParse(address, base.origin)) throw elsewhere
  const url = safeUrl(new URL(address, base.origin).href, elsewhere)
  // Credentials of a proxy or a system of one's own are for no host of the vendor's.
  const isNamed = isVendorUrl(base.href, hosts) && url.protocol === 'https:' && url.port === '' && isVendorHost(url.hostname, hosts)
  if (url.origin !== base.origin && !isNamed) throw elsewhere
  return url
}

/** Plain http is for this machine alone; user names in an address are for nobody. */
function safeUrl(address: string, otherwise: ConnectorError): URL {
  if (!URL.canParse(address)) throw otherwise
  const url = new URL(address)
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if ((url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback)) || url.username !== '' || url.password !== '') throw otherwise
  return url
}
