import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { at, firstText, isObject, jsonInside, listOf, textOf, type JsonObject } from '../json.ts'
import { readMarks, readTags } from '../marks.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/**
 * {ProblemSeverity} and the event categories. Dynatrace ranks them: availability first, then error, slowdown, resource; a custom alert has no
 * rank of its own (Dynatrace, "Event categories").
 */
const SEVERITIES: SeverityTable = {
  monitoring_unavailable: 'critical', availability: 'critical', error: 'high', performance: 'medium', slowdown: 'medium', resource_contention: 'medium', resource: 'medium', info: 'info',
  // What customers write where they set the field themselves.
  critical: 'critical', high: 'high', medium: 'medium', low: 'low', warning: 'medium',
}

/** {State}; MERGED says that another event joined a problem that stays open. ACTIVE and CLOSED are the words of events and of the API. */
const STATES: StatusTable = { open: 'firing', merged: 'firing', active: 'firing', reopened: 'firing', created: 'firing', updated: 'firing', refreshed: 'firing', resolved: 'resolved', closed: 'resolved', recovered: 'resolved' }

const IDENTITIES = ['dedupkey', 'pid', 'problemid', 'eventid', 'id', 'displayid'] as const
const TITLES = ['problemtitle', 'title', 'eventname', 'displayname', 'name', 'summary'] as const
const DETAILS = ['ProblemDetailsJSONv2', 'ProblemDetailsJSON', 'ProblemDetails'] as const

/** One problem; workflows and scripts also send several in an array or under `problems`. */
export function normalise(payload: unknown): Normalised {
  if (Array.isArray(payload)) return readEach(payload, '', readOne)
  const problems = at(payload, 'problems')
  return Array.isArray(problems) ? readEach(problems, '/problems', readOne) : readOne(payload, '')
}

/** Envelopes that customers put around a problem for the receiver they had before. */
const ENVELOPES = ['client_payload', 'payload', 'problem', 'data'] as const

function readOne(given: unknown, path: string): Normalised {
  if (!isObject(given)) return [reject(path, 'a Dynatrace problem is an object; check the custom payload of the notification')]
  const problem = withParsed(unwrapped(given))
  const fields = new Fields(problem)
  const own = new Fields(Object.fromEntries(Object.entries(problem).filter(([name]) => !isObject(problem[name]) || !DETAILS.some((detail) => detail === name))))
  const detail = (name: string): readonly string[] => [name, `problemdetailsjsonv2${name}`, `problemdetailsjson${name}`, `problemdetails${name}`, `event${name}`]
  const externalId = own.path(...IDENTITIES) ?? fields.path('problemdetailsjsonv2problemid', 'problemdetailsjsonid', 'problemdetailsid')
  const title = own.path(...TITLES) ?? fields.path('problemdetailsjsonv2title', 'problemdetailsjsondisplayname', 'problemdetailstitle')
  const asset = assetOf(problem, fields)
  if (externalId === null && title === null && asset === null) return [reject(path, 'no problem, title or entity; give the custom payload {PID}, {ProblemTitle}, {State}, {ProblemSeverity} and {ImpactedEntities}')]
  const word = own.path('state', 'problemstate', 'problemstatus', 'status', 'eventstatus', 'eventstatustransition') ?? fields.path(...detail('status'))
  return [
    makeAlert({
      source: 'dynatrace',
      externalId,
      asset,
      signature: readMarks(title).text,
      severity: severityFrom(SEVERITIES, own.path('problemseverity', 'severitylevel', 'eventcategory', 'severity') ?? fields.path(...detail('severitylevel'))),
      status: statusFrom(STATES, word),
      title,
      message: own.path('problemdetailstext', 'problemdetails', 'problemdetailsmarkdown', 'eventdescription', 'description', 'problemdetailshtml'),
      startsAtMs: instantMs(own.path('starttime', 'problemstarttime', 'problemopentime', 'eventstart') ?? fields.path(...detail('starttime'))),
      labels: [
        ...tagsOf(problem),
        ['ProblemID', own.path('problemid', 'displayid')],
        ['ProblemImpact', own.path('problemimpact', 'impactlevel') ?? fields.path(...detail('impactlevel'))],
        ['ProblemSeverity', own.path('problemseverity', 'severitylevel', 'eventcategory') ?? fields.path(...detail('severitylevel'))],
        ['root_cause', fields.path('rootcauseentityname', 'problemdetailsjsonv2rootcauseentityname', 'rootcauseentity')],
        ['management_zone', fields.path('managementzonesname', 'problemdetailsjsonv2managementzonesname')],
        ['link', own.path('problemurl', 'url', 'link')],
      ],
    }),
  ]
}

/**
 * The problem inside such an envelope, inside a cloud event, or spread over `payload` and `custom_details` of a paging service's body. What stands
 * further in says more, but the key the customer ties the two ends by stands outside.
 */
function unwrapped(given: JsonObject): JsonObject {
  const isEnvelope = given['specversion'] !== undefined || given['event_action'] !== undefined || new Fields(given).path(...IDENTITIES, ...TITLES) === null
  const inner = isEnvelope ? ENVELOPES.map((name) => given[name]).find(isObject) : undefined
  if (inner === undefined) return given
  const details = inner['custom_details']
  return { ...(given['dedup_key'] === undefined ? {} : { dedup_key: given['dedup_key'] }), ...inner, ...(isObject(details) ? details : {}) }
}

/** Lists and details may come quoted, where the template puts quotation marks around the placeholder. */
function withParsed(problem: JsonObject): JsonObject {
  const parsed: [string, unknown][] = ['ImpactedEntities', ...DETAILS].flatMap((name) => {
    const text = problem[name]
    const inside = typeof text === 'string' ? jsonInside(text.slice(0, 262_144)) : undefined
    return inside === undefined ? [] : [[name, inside]]
  })
  return parsed.length === 0 ? problem : { ...problem, ...Object.fromEntries(parsed) }
}

/** The first impacted entity by name, else the root cause, else the first affected one. */
function assetOf(problem: JsonObject, fields: Fields): string | null {
  const impacted = [at(problem, 'ImpactedEntities'), at(problem, 'impactedEntities'), at(problem, 'ProblemDetailsJSONv2', 'impactedEntities')].flatMap((list) => listOf(list).slice(0, 1))
  const listed = impacted.map((entity) => firstText(entity, 'name', ['entityId', 'name'], 'entity') ?? textOf(entity)).find((name) => name !== null)
  if (listed !== undefined) return listed
  const told = fields.path('impactedentitynames', 'namesofimpactedentities', 'impactedentity')
  // Several entities are told as a number (Dynatrace, "{ImpactedEntity}"), which names nothing.
  if (told !== null && !/^\d+ impacted/.test(told)) return told.split(', ', 1)[0] ?? null
  return fields.path('rootcauseentityname', 'rootcauseentityid', 'affectedentitiesname', 'affectedentityname', 'affectedentityids', 'problemdetailsjsonrankedimpactsentityname', 'problemdetailsjsonrankedeventsentityname', 'rankedimpactsentityname', 'problemdetailsrankedimpactsentityname', 'problemdetailsrankedeventsentityname', 'source')
}

/** {Tags} is a text, `name:value` joined by commas, with a context in brackets for imported tags; the API lists objects. */
function tagsOf(problem: JsonObject): readonly (readonly [string, string])[] {
  const text = textOf(problem['Tags']) ?? textOf(problem['tags'])
  if (text !== null) return readTags(text)
  const list = [at(problem, 'Tags'), at(problem, 'tags'), at(problem, 'entityTags'), at(problem, 'ProblemDetailsJSONv2', 'entityTags')].find((candidate) => Array.isArray(candidate))
  return listOf(list).slice(0, 32).flatMap((tag) => {
    const name = firstText(tag, 'key')
    return name === null ? readTags(textOf(tag) ?? '') : [[name, firstText(tag, 'value') ?? 'true'] as const]
  })
}
