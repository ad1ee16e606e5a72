import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, reject } from '../build.ts'
import { at, firstText, isObject, listOf } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { listText, readOneOrMany } from '../uptime.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'
import { readCustom } from './custom.ts'

/** `severity` of an alert rule (ThousandEyes docs, "Creating and Editing Alert Rules"). */
const SEVERITIES: SeverityTable = { critical: 'critical', major: 'high', minor: 'low', info: 'info' }

const STATUSES: StatusTable = {
  alert_notification_trigger: 'firing', agent_alert_notification_trigger: 'firing',
  alert_notification_clear: 'resolved', agent_alert_notification_clear: 'resolved',
}

/** Reads a classic webhook of an alert or of an agent notification, or a custom webhook. */
export function normalise(payload: unknown): Normalised {
  return readOneOrMany(payload, readOne)
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a ThousandEyes notification is an object')]
  const event = firstText(element, 'eventType')
  if (event?.toUpperCase() === 'WEBHOOK_TEST') return []
  const alert = [element['alert'], element['agentAlert']].find(isObject)
  if (alert === undefined || (firstText(alert, 'ruleName', 'testName', 'agentName') === null && firstText(alert, 'alertId', 'agentNotificationId') === null)) return readCustom(element, path)
  return [
    makeAlert({
      source: 'thousandeyes',
      // Event ids differ between trigger and clear; the alert's id is what ties them (docs, "Webhook POST content").
      externalId: firstText(alert, 'alertId', 'agentNotificationId'),
      asset: listText(at(alert, 'testTargetsDescription', '0')) ?? listText(at(alert, 'testTargetDescription', '0')) ?? firstText(alert, 'deviceName', 'hostname', 'agentName', 'prefix') ?? firstText(at(alert, 'devices', '0'), 'deviceName', 'name') ?? firstText(alert, 'testName'),
      signature: firstText(alert, 'ruleName'),
      severity: severityFrom(SEVERITIES, firstText(alert, 'severity')),
      status: statusOf(event, alert),
      title: [firstText(alert, 'ruleName'), firstText(alert, 'testName', 'agentName')].filter((part) => part !== null).join(': ') || null,
      message: [firstText(alert, 'ruleExpression'), firstText(at(alert, 'agents', '0'), 'metricsAtStart') ?? firstText(alert, 'metricsAtStart')].filter((part) => part !== null).join('\n') || null,
      startsAtMs: instantMs(alert['dateStartZoned']) ?? instantMs(alert['dateStart']),
      labels: [
        ['type', firstText(alert, 'type')],
        ['test_name', firstText(alert, 'testName')],
        ['test_id', firstText(alert, 'testId')],
        ['test_labels', listText(alert['testLabels'], 'name')],
        ['rule_id', firstText(alert, 'ruleId', 'agentRuleId')],
        ['rule_expression', firstText(alert, 'ruleExpression')],
        ['violation_count', firstText(alert, 'violationCount')],
        ['agents', listText(placesOf(alert), 'agentName', 'monitorName', 'deviceName', 'name') ?? firstText(alert, 'agentName')],
        ['ip_address', firstText(alert, 'ipAddress')],
        ['event_id', firstText(element, 'eventId')],
        ['permalink', firstText(alert, 'permalink')],
      ],
    }),
  ]
}

/** Where it was seen: agents of a test, monitors of a BGP test, devices of a device test. */
function placesOf(alert: unknown): readonly unknown[] {
  return ['agents', 'monitors', 'devices'].map((name) => listOf(at(alert, name))).find((list) => list.length > 0) ?? []
}

function statusOf(event: string | null, alert: unknown): AlertStatus {
  const told = statusFrom(STATUSES, event)
  if (told !== 'unknown') return told
  const active = firstText(alert, 'active')
  if (active === '1' || active === 'true') return 'firing'
  return active === '0' || active === 'false' ? 'resolved' : 'unknown'
}
