import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { at, firstText, isObject, listOf, textEntries, textOf } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, type SeverityTable } from '../words.ts'
import { alertType, typeIdOf } from './alert-types.ts'

/** `alertLevel` of the default payload template. */
const LEVELS: SeverityTable = { critical: 'critical', warning: 'medium', informational: 'info' }

/** One alert; an array where a collector gathered several. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(body: unknown, path: string): Normalised {
  const title = firstText(body, 'alertType')
  const typeId = typeIdOf(firstText(body, 'alertTypeId'), title)
  if (!isObject(body) || (title === null && typeId === null)) return [reject(path, 'no alertType or alertTypeId; choose the payload template Meraki (included) for the webhook receiver')]
  const data = at(body, 'alertData')
  const type = typeId === null ? null : alertType(typeId)
  const status = stateOf(typeId, data) ?? type?.status ?? 'unknown'
  const level = severityFrom(LEVELS, firstText(body, 'alertLevel'))
  const place = firstText(body, 'deviceSerial', 'deviceMac', 'networkId', 'organizationId')
  return [
    makeAlert({
      source: 'meraki',
      // `alertId` numbers the message. Begin and end of a condition share the device's serial, the condition and the part of the device.
      externalId: place === null || type === null ? null : [place, type.kind, partOf(data)].filter((part) => part !== null).join(':'),
      asset: firstText(body, 'deviceName', 'deviceSerial', 'deviceMac') ?? firstText(data, 'pccName', 'clientName') ?? firstText(body, 'networkName'),
      signature: title ?? typeId,
      // The message of an end is always for information, which says nothing of the problem.
      severity: status === 'resolved' && level === 'info' ? 'unknown' : level,
      status,
      title: [title ?? typeId, firstText(body, 'deviceName'), firstText(body, 'networkName')].filter((text) => text !== null).join(' - '),
      message: messageOf(data),
      startsAtMs: instantMs(at(body, 'occurredAt')),
      labels: [
        ...textEntries(data),
        ['alertTypeId', typeId],
        ['alertId', firstText(body, 'alertId')],
        ['organizationId', firstText(body, 'organizationId')],
        ['organizationName', firstText(body, 'organizationName')],
        ['networkId', firstText(body, 'networkId')],
        ['networkName', firstText(body, 'networkName')],
        ['deviceSerial', firstText(body, 'deviceSerial')],
        ['deviceMac', firstText(body, 'deviceMac')],
        ['deviceModel', firstText(body, 'deviceModel')],
        ['deviceTags', tags(at(body, 'deviceTags'))],
        ['networkTags', tags(at(body, 'networkTags'))],
        ['url', firstText(body, 'deviceUrl', 'networkUrl')],
      ],
    }),
  ]
}

/** States that stand in the data: a VPN peer or client that is there again, a sensor that left its range or came back. */
function stateOf(typeId: string | null, data: unknown): AlertStatus | null {
  const word = typeId === 'vpn_connectivity_change' ? firstText(data, 'connectivity') : typeId === 'client_connectivity' ? firstText(data, 'connected') : null
  if (word !== null) return word === 'true' ? 'resolved' : word === 'false' ? 'firing' : 'unknown'
  const alerting = firstText(data, 'startedAlerting')
  return alerting === null ? null : alerting === 'true' ? 'firing' : 'resolved'
}

/** The port, power supply, peer, client or alert profile a condition is about, where one device may have several. */
function partOf(data: unknown): string | null {
  return firstText(data, 'portNum', ['port', 'port'], 'num', 'peerNetworkId', 'peerContact', 'mac', 'bluetoothClientId', 'alertConfigId', 'srvIp', 'conflictingIp', 'wifiMac')
}

function messageOf(data: unknown): string | null {
  return firstText(data, 'description', 'message', 'errorType', 'failingNodes', 'network', 'name', 'alertConfigName')
}

function tags(value: unknown): string | null {
  // Some firmware sends tags as one text.
  return (textOf(value) ?? listOf(value).slice(0, 64).flatMap((tag) => textOf(tag) ?? []).join(' ')) || null
}
