/** Which addresses a connection may have: https, of the vendor's own hosts unless an MSP Admin says otherwise, and never one that machines keep their own secrets at. */
import { isIP } from 'node:net'

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/
/** Where clouds hand out the credentials of a machine, and addresses that mean no machine. */
const NEVER = /^(169\.254\.|0\.|\[(fe[89ab]|fd00:ec2:|::\]|::ffff:)|metadata(\.google\.internal)?$|instance-data(\.ec2\.internal)?$|168\.63\.129\.16$|100\.100\.100\.200$)/

/** Sentences on what is wrong with a base URL, whoever gives it. */
export function baseUrlMistakes(text: string, example: string): readonly string[] {
  if (!URL.canParse(text)) return [`baseUrl is no address. Example: ${example}`]
  const url = new URL(text)
  const mistakes: string[] = []
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.test(url.hostname))) mistakes.push('baseUrl must begin with https:// (http:// is for programs on this machine alone)')
  if (url.username !== '' || url.password !== '') mistakes.push('baseUrl must hold no user or password: they are secrets of their own')
  if (url.search !== '' || url.hash !== '') mistakes.push(`baseUrl must end with its path, without ? or #. Example: ${example}`)
  if (NEVER.test(url.hostname.toLowerCase())) mistakes.push('baseUrl must not be an address that a machine or cloud keeps for itself')
  return mistakes
}

/** Whether a host is one the vendor serves from; `.zendesk.com` in the list means any name below it. */
export function isVendorHost(hostname: string, hosts: readonly string[]): boolean {
  const name = hostname.toLowerCase()
  return isIP(name.replace(/^\[|\]$/g, '')) === 0 && hosts.some((host) => (host.startsWith('.') ? name.endsWith(host) && name.length > host.length : name === host))
}

/** Whether a base URL stands for the vendor's own service; another one is a proxy, a system of one's own, or a stand-in, and then nothing at all is sent to the vendor's hosts. */
export function isVendorUrl(baseUrl: string, hosts: readonly string[]): boolean {
  return URL.canParse(baseUrl) && new URL(baseUrl).protocol === 'https:' && isVendorHost(new URL(baseUrl).hostname, hosts)
}
