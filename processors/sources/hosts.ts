import { fieldName, filled } from './fields.ts'

/** Names of tags, dimensions and fields that name the machine, else the service that is ill; most telling first, in the form of `fieldName`. */
const HOST_NAMES = [
  'host', 'hostname', 'hosthostname', 'fqdn', 'server', 'servername', 'machine', 'machinename', 'computername', 'device', 'devicename', 'node', 'nodename', 'k8snodename', 'instance', 'instanceid', 'awsinstanceid', 'hostid', 'vm', 'vmname',
  'pod', 'podname', 'k8spodname', 'kubernetespodname', 'container', 'containername', 'k8sdeploymentname', 'beathostname', 'agenthostname', 'agentname', 'servicename', 'service', 'sfservice',
] as const

/** The value of the most telling name among the pairs; null when none names a machine or service. At most 256 pairs are looked at. */
export function hostAmong(pairs: Iterable<readonly [string, string | null]>): string | null {
  const values = new Map<string, string>()
  let seen = 0
  for (const [name, value] of pairs) {
    if (seen++ >= 256) break
    const key = fieldName(name)
    const text = filled(value)
    if (text !== null && !values.has(key)) values.set(key, text)
  }
  for (const name of HOST_NAMES) {
    const value = values.get(name)
    if (value !== undefined) return value
  }
  return null
}
