import type { AlertStatus, Severity } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { hostAmong } from '../hosts.ts'
import { at, firstText, isObject, listOf, textEntries, textOf } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { SEVERITY_WORDS, severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** A failed check is critical or degraded by which threshold of its rule was crossed (Dash0, "Check rules"). */
const SEVERITIES: SeverityTable = { critical: 'critical', failed: 'critical', degraded: 'medium' }
const STATES: StatusTable = { critical: 'firing', failed: 'firing', degraded: 'firing', ongoing: 'firing', open: 'firing', firing: 'firing', resolved: 'resolved', closed: 'resolved' }
/** `alert.ongoing` and `alert.resolved` of check rules, `synthetic.alert.ongoing` and `synthetic.alert.resolved` of synthetic checks. */
const TYPES: StatusTable = { 'alert.ongoing': 'firing', 'alert.resolved': 'resolved', 'synthetic.alert.ongoing': 'firing', 'synthetic.alert.resolved': 'resolved' }

/** One notification; scripts also collect several in an array. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  const type = firstText(element, 'type')
  const issue = at(element, 'data', 'issue') ?? at(element, 'issue')
  if (type === 'test') return []
  if (!isObject(issue)) return [reject(`${path}/data/issue`, 'no issue; use the notification channel Webhook of Dash0 without a template')]
  const rule = at(issue, 'checkrules', '0') ?? at(issue, 'checkRules', '0')
  const labels = attributesOf(issue['labels'])
  const word = firstText(issue, 'status')
  const typed = statusFrom(TYPES, type)
  const status: AlertStatus = typed === 'unknown' ? statusFrom(STATES, word) : typed
  const externalId = firstText(issue, 'issueIdentifier', 'id')
  const valueOf = (label: string): string | null => labels.find(([name]) => name === label)?.[1] ?? null
  const name = firstText(rule, 'name') ?? valueOf('dash0.synthetic_check.name') ?? firstText(issue, 'name', 'summary')
  if (externalId === null && name === null) return [reject(`${path}/data/issue`, 'an issue without identifier and check rule; use the notification channel Webhook of Dash0 without a template')]
  return [
    makeAlert({
      source: 'dash0',
      externalId,
      asset: valueOf('dash0.resource.name') ?? hostAmong(labels) ?? valueOf('url.full') ?? valueOf('dash0.synthetic_check.id'),
      signature: name,
      severity: severityOf(word, valueOf('severity') ?? valueOf('priority')),
      status,
      title: firstText(issue, 'summary') ?? name,
      message: firstText(issue, 'description', 'summary'),
      startsAtMs: instantMs(issue['start']),
      labels: [
        ...labels,
        ...textEntries(at(rule, 'labels')),
        ['dataset', firstText(issue, 'dataset')],
        ['issue_id', firstText(issue, 'id')],
        ['check_rule_id', firstText(rule, 'id')],
        ['expression', firstText(rule, 'expression')],
        ['type', type],
        ['link', firstText(issue, 'url')],
      ],
    }),
  ]
}

/** A resolved issue does not say what it was; a label of the customer's own may. */
function severityOf(status: string | null, label: string | null): Severity {
  const own = severityFrom(SEVERITIES, status)
  return own === 'unknown' ? severityFrom(SEVERITY_WORDS, label) : own
}

/** Labels are a list of `{key, value: {stringValue}}` as OpenTelemetry writes attributes, for synthetic checks in pairs with their index; an object is read too. */
function attributesOf(labels: unknown): readonly (readonly [string, string])[] {
  if (isObject(labels)) return textEntries(labels)
  return listOf(labels).slice(0, 64).flatMap((entry) => {
    const label = Array.isArray(entry) ? at(entry, '1') : entry
    const name = firstText(label, 'key', 'name')
    const value = at(label, 'value')
    const text = textOf(value) ?? firstText(value, 'stringValue', 'intValue', 'doubleValue', 'boolValue')
    return name === null || text === null ? [] : [[name, text] as const]
  })
}
