import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { at, isObject, jsonInside, listOf, textEntries, textOf } from '../json.ts'
import { readMarks } from '../marks.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** Issue priorities (New Relic, "Workflow variables"), and the severities of the older channels, which know no high and low. */
const SEVERITIES: SeverityTable = { critical: 'critical', high: 'high', medium: 'medium', low: 'low', warning: 'medium', info: 'info', information: 'info' }

/** States of an issue, `current_state` of the older channels, and their event types. */
const STATES: StatusTable = {
  created: 'firing', activated: 'firing', active: 'firing', open: 'firing', opened: 'firing', firing: 'firing', triggered: 'firing', trigger: 'firing', incident_open: 'firing', incident_opened: 'firing', violation_open: 'firing',
  acknowledged: 'acknowledged', acknowledge: 'acknowledged', incident_acknowledged: 'acknowledged',
  closed: 'resolved', close: 'resolved', resolved: 'resolved', resolve: 'resolved', incident_resolved: 'resolved', incident_closed: 'resolved', violation_close: 'resolved', violation_closed: 'resolved',
}

/** What a workflow was told about; an acknowledged issue stays ACTIVATED. */
const ACKNOWLEDGEMENTS = new Set(['acknowledged', 'acknowledge', 'issue_acknowledged', 'incident_acknowledged'])

/** One issue or incident; customers also collect several in an array. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a New Relic notification is an object; check the payload template of the webhook destination')]
  // The first webhooks were forms with one field `alert` or `deployment` that holds JSON.
  const inside = textOf(element['alert']) === null ? undefined : jsonInside((textOf(element['alert']) ?? '').slice(0, 262_144))
  if (isObject(inside)) return readOne(inside, path)
  if (element['deployment'] !== undefined && element['alert'] === undefined) return []
  const fields = new Fields(element)
  const externalId = fields.path('issueid', 'incidentid', 'id', 'violationid', 'dedupkey') ?? idInLink(fields.path('issueurl', 'issuepageurl', 'incidenturl', 'violationurl', 'alerturl'))
  const title = fields.path('title', 'issuetitle', 'annotationstitle', 'shortdescription', 'summary', 'details')
  const condition = fields.path('alertconditionnames', 'conditionname', 'accumulationsconditionname', 'alertconditionname', 'condition', 'conditionnames')
  const message = fields.path('details', 'longdescription', 'description', 'annotationsdescription', 'conditiondescription', 'accumulationsconditiondescription', 'message')
  if (externalId === null && condition === null && title === null) return [reject(path, 'no issue, condition or title; give the template issueId, state, priority, annotations.title, accumulations.conditionName and entitiesData.names')]
  const status = statusOf(fields)
  return [
    makeAlert({
      source: 'newrelic',
      externalId,
      asset: fields.path('impactedentities', 'entitiesdatanames', 'entitiesdataentitiesname', 'impactedentitiesname', 'entitynames', 'entityname', 'targetsname', 'targetname', 'metadataentityname', 'applicationname', 'hostname', 'host', 'node', 'entity'),
      signature: condition ?? fields.path('message') ?? readMarks(title).text,
      severity: severityFrom(SEVERITIES, fields.path('priority', 'severity', 'prioritytext', 'issuepriority', 'eventseverity')),
      status,
      title: title ?? condition,
      message,
      // `timestamp` of the older channels is the time of this event, which begins the incident only when it opens.
      startsAtMs: instantMs(fields.path('createdat', 'issuecreatedat', 'activatedat', 'issueactivatedat', 'openedat', 'starttime')) ?? (status === 'firing' ? instantMs(fields.path('timestamp')) : null),
      labels: [
        ...listOf(at(element, 'targets')).slice(0, 3).flatMap((target) => textEntries(at(target, 'labels'))),
        ['policy', fields.path('alertpolicynames', 'policyname', 'accumulationspolicyname', 'policynames', 'policy')],
        ['account_name', fields.path('accountname')],
        ['account_id', fields.path('accountid', 'nraccountid', 'nraccountids')],
        ['workflow', fields.path('workflowname')],
        ['trigger', fields.path('trigger', 'triggerevent', 'eventtype')],
        ['state', fields.path('state', 'currentstate')],
        ['impacted_entities', namesOf(element)],
        ['runbook_url', fields.path('runbookurl', 'accumulationsrunbookurl')],
        ['link', fields.path('issueurl', 'issuepageurl', 'incidenturl', 'alerturl')],
      ],
    }),
  ]
}

function statusOf(fields: Fields): AlertStatus {
  const word = fields.path('state', 'currentstate', 'issuestate', 'status', 'statetext')
  // The test button of the older channels: neither open nor closed.
  if (word?.toLowerCase() === 'test') return 'no_data'
  const event = fields.path('trigger', 'triggerevent', 'eventtype', 'eventaction')
  const status = word === null ? statusFrom(STATES, event) : statusFrom(STATES, word)
  // `owner` is who acknowledged it; nobody owns an issue before.
  const isAcknowledged = ACKNOWLEDGEMENTS.has(event?.slice(0, 64).toLowerCase() ?? '') || fields.path('isacknowledged') === 'true' || fields.path('owner', 'acknowledgedby') !== null
  if (status === 'firing' && isAcknowledged) return 'acknowledged'
  if (status !== 'unknown' || word !== null) return status
  return told(fields.path('longdescription', 'shortdescription'))
}

/** The first webhooks say the state in words only: `[app] alert opened`, `Alert ended on [app]: …`. */
function told(description: string | null): AlertStatus {
  const text = (description ?? '').slice(0, 512).toLowerCase()
  if (/\balert (ended|closed|cancell?ed)\b/.test(text)) return 'resolved'
  if (/\balert acknowledged\b/.test(text)) return 'acknowledged'
  return /\balert (opened|escalated|downgraded)\b/.test(text) ? 'firing' : 'unknown'
}

/** `…/issues/<id>?…` and `…/incidents/<id>/…`. */
function idInLink(link: string | null): string | null {
  return /\/(?:issues|incidents|violations)\/([A-Za-z0-9-]{1,64})/.exec((link ?? '').slice(0, 2_048))?.[1] ?? null
}

/** All impacted entities in one text, where there are several. */
function namesOf(element: unknown): string | null {
  const given = at(element, 'impactedEntities') ?? at(element, 'entitiesData', 'names')
  const names = listOf(given).slice(0, 20).map(textOf).filter((name) => name !== null)
  return names.length < 2 ? null : names.join(', ')
}
