import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** Criticality of an alert definition, with `ALERT_CRITICALITY_LEVEL_` cut off; `None`, `Auto` and `Unknown` say nothing. */
const CRITICALITIES: SeverityTable = { critical: 'critical', immediate: 'high', warning: 'medium', info: 'info', information: 'info', 4: 'critical', 3: 'high', 2: 'medium', 1: 'info' }

/** `status` of an alert. An update of what is open is a repeat. */
const STATUSES: StatusTable = { new: 'firing', active: 'firing', updated: 'firing', update: 'firing', open: 'firing', canceled: 'resolved', cancelled: 'resolved', cancel: 'resolved', closed: 'resolved', inactive: 'resolved' }

/** One alert of the REST notification plug-in (JSON or XML) or of a payload template; an array where a relay gathered several. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(body: unknown, path: string): Normalised {
  if (!isObject(body)) return [reject(path, 'an alert of Aria Operations is an object; choose application/json as the content type of the plug-in')]
  const fields = new Fields(body)
  const id = fields.any('alertid', 'uuid')
  const name = fields.any('alertname', 'alertdefinitionname', 'alertdefinition')
  const info = fields.any('info', 'alertsummary', 'description', 'alertdescription', 'message')
  const asset = fields.any('resourcename', 'affectedresourcename', 'objectname', 'resourceid', 'affectedresourceid')
  if (id === null && name === null && asset === null) return [reject(path, 'no alertId, alertName or resourceName; use the REST notification plug-in, or a payload template that has them')]
  const status = statusOf(fields)
  return [
    makeAlert({
      source: 'vmware-vrops',
      externalId: id,
      asset,
      signature: name ?? fields.any('subtype', 'alertsubtype'),
      severity: severityFrom(CRITICALITIES, withoutPrefix(fields.any('criticality', 'alertcriticality', 'alertlevel', 'severity'))),
      status,
      title: name ?? info,
      message: info,
      startsAtMs: instantMs(fields.any('startdate', 'starttime', 'alertstarttime', 'starttimeutc', 'createtime', 'alerttime')),
      labels: [
        ['type', fields.any('type', 'alerttype')],
        ['subType', fields.any('subtype', 'alertsubtype')],
        ['resourceKind', fields.any('resourcekind', 'resourcetype', 'affectedresourcekind', 'objecttype')],
        ['adapterKind', fields.any('adapterkind')],
        ['resourceId', fields.any('resourceid', 'affectedresourceid')],
        ['parentHost', fields.any('parenthost', 'affectedresourceparent', 'parent')],
        ['health', fields.any('health')],
        ['risk', fields.any('risk')],
        ['efficiency', fields.any('efficiency')],
        ['impact', fields.any('impact', 'alertimpact')],
        ['owner', fields.any('owner', 'alertowner')],
        ['url', fields.any('alertdetailurl', 'alerturl', 'link', 'url')],
      ],
    }),
  ]
}

/** The status decides; `cancelDate` stands in open alerts too. */
function statusOf(fields: Fields): AlertStatus {
  const word = fields.any('status', 'alertstatus', 'state')
  return word === null ? 'firing' : statusFrom(STATUSES, withoutPrefix(word))
}

function withoutPrefix(word: string | null): string | null {
  return word === null ? null : word.slice(0, 128).replace(/^ALERT_(CRITICALITY_LEVEL|STATUS)_/, '')
}
