import { BlockList, isIPv6 } from 'node:net'
import { parseNetwork, type IntegrationAuthentication } from '../../schemas/authentication.ts'

/** Lists by the settings they were made from: they go when the snapshot drops the settings. */
const listsBySettings = new WeakMap<IntegrationAuthentication, BlockList>()

/** Whether a delivery may come from this address: from anywhere where no networks are set. An IPv4 address written as IPv6 counts as what it is. */
export function isAllowedAddress(settings: IntegrationAuthentication, address: string): boolean {
  if (settings.allowedNetworks.length === 0) return true
  let list = listsBySettings.get(settings)
  if (list === undefined) {
    list = new BlockList()
    for (const text of settings.allowedNetworks) {
      const network = parseNetwork(text)
      if (network !== null) list.addSubnet(network.address, network.prefixBits, network.family)
    }
    listsBySettings.set(settings, list)
  }
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
