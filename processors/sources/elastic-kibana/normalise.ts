import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { at, isObject, listOf, textEntries, textOf, type JsonObject } from '../json.ts'
import { readMarks } from '../marks.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { alertLists, opened } from './shape.ts'
import { severityOf, statusOf } from './words.ts'

/** A template of the customer's own, an alert document, a summary of several, or a watch's context. */
export function normalise(payload: unknown): Normalised {
  const lists = alertLists(payload)
  if (lists === null) return readOne(payload, '')
  const [first] = lists
  if (lists.length === 1 && first !== undefined) return readEach(first.elements, first.path, readOne)
  // Groups of a summary share one limit, so they are read as one list that remembers where each element lay.
  const all = lists.flatMap((list) => list.elements.map((element, index) => ({ element, path: `${list.path}/${index}` })))
  return readEach(all, '/alerts', (placed) => (isObject(placed) ? readOne(placed['element'], textOf(placed['path']) ?? '') : []))
}

function readOne(given: unknown, path: string): Normalised {
  if (!isObject(given)) return [reject(path, 'a Kibana alert is an object; check the body of the webhook action')]
  const element = opened(given)
  const fields = new Fields(element)
  const subject = fields.path('title', 'subject', 'summary', 'contexttitle', 'alerttitle')
  const rule = fields.any('kibanaalertrulename', 'rulename', 'ruleinfoname', 'alertname', 'metadataname', 'watchname', 'watchid') ?? fields.path('name', 'rule', 'alert', 'alarmname')
  const own = fields.any('kibanaalertinstanceid', 'alertinstanceid', 'instanceid')
  const instance = own ?? fields.any('alertid', 'alertinfoid')
  // Up to 7.10 rules were called alerts: `alertId` is the rule's where `alertInstanceId` stands beside it.
  const ruleId = fields.any('kibanaalertruleuuid', 'ruleid', 'ruleinfoid', 'ruleuuid', 'watchid') ?? (own === null ? null : fields.any('alertid'))
  const message = fields.any('kibanaalertreason', 'contextreason', 'reason', 'contextmessage') ?? fields.path('message', 'body', 'text', 'description', 'alertmessage')
  const asset = assetOf(fields, element, instance, [ruleId, rule])
  if (rule === null && ruleId === null && instance === null && subject === null && message === null && asset === null) return [reject(path, 'no rule, alert or message; give the body {{rule.id}}, {{rule.name}}, {{alert.id}}, {{alert.uuid}}, {{alert.actionGroup}} and {{context.reason}}')]
  const status = statusOf(fields, subject)
  const seenAt = fields.any('kibanaalertoriginaltime', 'contexttimestamp', 'triggeredtime') ?? fields.path('timestamp', 'date', 'lastreceived')
  return [
    makeAlert({
      source: 'elastic-kibana',
      externalId: identity(fields, instance, ruleId, asset),
      asset,
      signature: readMarks(rule ?? subject).text,
      severity: severityOf(fields),
      status,
      title: subject ?? message ?? rule,
      message,
      startsAtMs: instantMs(fields.any('kibanaalertstart', 'alertstart')) ?? instantMs(fields.path('startedat', 'startsat', 'start')) ?? (status === 'firing' ? instantMs(seenAt) : null),
      labels: [
        ...textEntries(element['labels']),
        ['rule_id', ruleId],
        ['rule_type', fields.any('kibanaalertruleruletypeid', 'ruletypeid', 'ruletype')],
        ['rule_category', fields.any('kibanaalertrulecategory', 'rulecategory')],
        ['rule_tags', tagsOf(element)],
        ['action_group', fields.any('alertactiongroup', 'actiongroup')],
        ['alert_id', instance],
        ['space', fields.any('rulespaceid', 'spaceid', 'spaceids')],
        ['value', fields.any('contextvalue', 'kibanaalertevaluationvalue')],
        ['threshold', fields.any('contextthreshold', 'kibanaalertevaluationthreshold')],
        ['environment', fields.any('serviceenvironment')],
        ['link', fields.any('alertdetailsurl', 'kibanaalerturl', 'ruleurl', 'viewinappurl')],
      ],
    }),
  ]
}

/**
 * The alert's own uuid, which lasts from start to recovery. Without it the rule together with the alert's id, because that id is only a group's
 * name (`host-a`, `*`) and every rule has the same ones.
 */
function identity(fields: Fields, instance: string | null, ruleId: string | null, asset: string | null): string | null {
  // A watch's own `id` is that of one run.
  if (fields.any('watchid') !== null) return asset === null ? ruleId : null
  const uuid = fields.any('kibanaalertuuid', 'alertuuid', 'alertinfouuid') ?? fields.path('uuid', 'fingerprint', 'dedupkey', 'deduplicationkey', 'eventuuid', 'id')
  if (uuid !== null) return uuid
  if (instance !== null) return ruleId === null || isUuid(instance) || instance === ruleId ? instance : `${ruleId}:${instance}`
  // A security alert's document is stored under the alert's own id.
  if (fields.any('kibanaalertrulename') !== null && fields.path('id') !== null) return fields.path('id')
  return asset === null ? ruleId : null
}

/** The monitor, machine or service a document or context names, else the group an alert is called by. A monitor's `hostName` is only who looked. */
function assetOf(fields: Fields, element: JsonObject, instance: string | null, notAssets: readonly (string | null)[]): string | null {
  const monitor = fields.any('contextmonitorurl', 'monitorurl', 'contextmonitorname', 'monitorname')
  if (monitor !== null) return monitor
  const named = fields.any('hosthostname', 'hostname', 'contexthost') ?? fields.path('host', 'server', 'node', 'device', 'asset', 'resource', 'target')
  if (named !== null) return named
  const grouped = [at(element, 'kibana.alert.group'), at(element, 'kibana', 'alert', 'group'), at(element, 'context', 'group')].flatMap((list) => listOf(list).slice(0, 1)).map((entry) => textOf(at(entry, 'value'))).find((value) => value !== null)
  const other = fields.any('podname', 'containername', 'containerid', 'servicename', 'urlfull', 'agentname', 'contextgroup', 'transactionname') ?? fields.path('service', 'group', 'groupvalue')
  const found = other ?? grouped ?? null
  if (found !== null && found !== '*') return found
  const isName = instance !== null && !isUuid(instance) && instance !== '*' && !notAssets.includes(instance) && !FIXED_IDS.has(instance.toLowerCase()) && !instance.startsWith('xpack.') && instance.length <= 128
  return isName ? instance : null
}

/** Ids of alerts of rules without groups. */
const FIXED_IDS = new Set(['query matched', 'all documents', 'all', 'default', 'threshold met', 'recovered'])

function isUuid(text: string): boolean {
  return /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$|^[\da-f]{32,64}$/i.test(text)
}

function tagsOf(element: JsonObject): string | null {
  const tags = at(element, 'kibana.alert.rule.tags') ?? at(element, 'kibana', 'alert', 'rule', 'tags') ?? at(element, 'rule', 'tags') ?? at(element, 'tags') ?? at(element, 'ruleTags')
  const texts = listOf(tags).slice(0, 20).map(textOf).filter((tag) => tag !== null)
  return texts.length === 0 ? textOf(tags) : texts.join(',')
}
