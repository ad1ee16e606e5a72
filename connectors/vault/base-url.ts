/** Which addresses a connection may have: https, of the vendor's own hosts unless an MSP Admin says otherwise, and never one that machines keep their own secrets at. */
import { BlockList, isIP } from 'node:net'

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/
/** Names under which clouds hand out the credentials of a machine. */
const NEVER_NAMED = /^(metadata(\.google\.internal)?|instance-data(\.ec2\.internal)?)$/
/** Where they do, addresses that mean no machine, and those that hold another address within. */
const [NEVER, NEVER_SIX] = [new BlockList(), new BlockList()]
for (const [net, bits] of [['169.254.0.0', 16], ['0.0.0.0', 8], ['168.63.129.16', 32], ['100.100.100.200', 32], ['192.0.0.192', 32]] as const) NEVER.addSubnet(net, bits, 'ipv4')
for (const [net, bits] of [['fe80::', 10], ['fd00:ec2::', 32], ['::', 96], ['::ffff:0:0', 96], ['64:ff9b::', 32], ['2002::', 16]] as const) NEVER_SIX.addSubnet(net, bits, 'ipv6')

/** Sentences on what is wrong with a base URL, whoever gives it. */
export function baseUrlMistakes(text: string, example: string): readonly string[] {
  if (!URL.canParse(text)) return [`baseUrl is no address. Example: ${example}`]
  const url = new URL(text)
  const mistakes: string[] = []
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.test(url.hostname))) mistakes.push('baseUrl must begin with https:// (http:// is for programs on this machine alone)')
  if (url.username !== '' || url.password !== '') mistakes.push('baseUrl must hold no user or password: they are secrets of their own')
  if (url.search !== '' || url.hash !== '') mistakes.push(`baseUrl must end with its path, without ? or #. Example: ${example}`)
  if (isNever(url.hostname)) mistakes.push('baseUrl must not be an address that a machine or cloud keeps for itself')
  return mistakes
}

function isNever(hostname: string): boolean {
  // A dot at the end means the same host.
  const host = hostname.toLowerCase().replace(/^\[|\]$|\.$/g, '')
  const family = isIP(host)
  if (family === 0) return NEVER_NAMED.test(host)
  return family === 4 ? NEVER.check(host) : host !== '::1' && NEVER_SIX.check(host, 'ipv6')
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
