import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, STATUS_WORDS, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** AlertSeverity of the management packs: what the console shows as Critical is called Error in the model and 2 in a notification. */
const SEVERITIES: SeverityTable = { critical: 'critical', error: 'critical', warning: 'medium', information: 'info', informational: 'info', 2: 'critical', 1: 'medium', 0: 'info' }

/** Resolution states as shipped. New (0) and Closed (255) are fixed; everything between them is open. */
const STATUSES: StatusTable = { ...STATUS_WORDS, new: 'firing', closed: 'resolved', resolved: 'resolved', acknowledged: 'acknowledged', scheduled: 'firing', 'awaiting evidence': 'firing', 'assigned to engineering': 'firing', 255: 'resolved', 254: 'resolved', 249: 'acknowledged' }

/** One alert; an array of them is read too. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a SCOM alert is an object; post the parameters of the command channel as the guide shows')]
  const fields = new Fields(element)
  // The script of the guide's kind writes `np` for a parameter that was not passed.
  const field = (...names: readonly string[]): string | null => {
    for (const name of names) {
      const found = fields.path(name, `dataitem${name}`, `alert${name}`)
      if (found !== null && found.toLowerCase() !== 'np') return found
    }
    return null
  }
  const id = field('alertid', 'id')
  const name = field('alertname', 'name', 'title')
  const asset = machineOf(field('managedentitysource', 'principalname', 'netbioscomputername', 'computername', 'managedentitypath', 'monitoringobjectpath', 'managedentitydisplayname', 'monitoringobjectdisplayname', 'managedentityfullname', 'monitoringobjectfullname', 'hostname', 'host', 'source'))
  if (id === null && name === null && asset === null) return [reject(path, 'no alert id, name or source; pass AlertId, AlertName, Severity, ResolutionState and ManagedEntityPath from the channel')]
  return [
    makeAlert({
      source: 'scom',
      externalId: id,
      asset,
      signature: name,
      severity: severityFrom(SEVERITIES, field('severity', 'alertseverity')),
      status: statusOf(field('resolutionstate', 'resolutionstatename', 'state', 'status')),
      title: name,
      message: field('alertdescription', 'description', 'context'),
      // Alert times are kept in UTC; the parameters of local time have names of their own.
      startsAtMs: instantMs(field('timeraised', 'timeadded', 'created')),
      labels: [
        ['category', field('category', 'alertcategory')],
        ['priority', field('priority', 'alertpriority')],
        ['repeatCount', field('repeatcount')],
        ['resolutionState', field('resolutionstate')],
        ['owner', field('owner', 'alertowner')],
        ['managementGroup', field('managementgroup', 'managementgroupname', 'mgname')],
        ['managedEntity', field('managedentitydisplayname', 'monitoringobjectdisplayname')],
        ['path', field('managedentitypath', 'monitoringobjectpath')],
        ['class', field('managedentityclass', 'monitoringclassname')],
        ['workflowId', field('workflowid', 'monitoringruleid', 'ruleid')],
        ['createdByMonitor', field('createdbymonitor', 'ismonitoralert')],
        ['webConsole', field('webconsolelink', 'webconsoleurl')],
      ],
    }),
  ]
}

/** A path is the computer and what lies in it, joined by semicolons or backslashes in a service's name; the computer is first. */
function machineOf(path: string | null): string | null {
  return path === null ? null : path.slice(0, 1_024).split(';')[0]?.trim() || null
}

function statusOf(word: string | null): AlertStatus {
  if (word === null) return 'firing'
  const said = statusFrom(STATUSES, word)
  return said === 'unknown' && /^\d{1,3}$/.test(word) && Number(word) < 255 ? 'firing' : said
}
