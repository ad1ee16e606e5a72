import type { NormalisedAlert } from '../source.ts'
import { makeAlert } from '../build.ts'
import { at, firstText, isObject, listOf, textEntries } from '../json.ts'
import { instantMs } from '../time.ts'
import { statusFrom, type StatusTable } from '../words.ts'
import { assetOf } from './dimensions.ts'

/**
 * Alarm states ("Using Amazon CloudWatch alarms"). INSUFFICIENT_DATA says that the alarm has just started, the metric is not available or there
 * is not enough data to tell: neither ill nor well.
 */
const STATES: StatusTable = { alarm: 'firing', ok: 'resolved', insufficient_data: 'no_data' }

/**
 * The message of an alarm's SNS action: a metric, an expression or anomaly band, or a composite alarm; and the alarm as the API describes it, whose
 * metric stands in the alarm itself.
 */
export function readAlarmMessage(body: unknown, source = 'aws-cloudwatch'): readonly NormalisedAlert[] {
  const metric = metricOfMessage(at(body, 'Trigger') ?? body)
  const status = statusFrom(STATES, firstText(body, 'NewStateValue', 'StateValue'))
  const name = firstText(body, 'AlarmName')
  const arn = firstText(body, 'AlarmArn')
  return [
    makeAlert({
      source,
      externalId: arn,
      asset: assetOf(metric.dimensions),
      signature: name,
      // CloudWatch has no severities: whatever a person set an alarm on is taken as high.
      severity: status === 'firing' ? 'high' : 'unknown',
      status,
      title: name,
      message: joined(firstText(body, 'AlarmDescription'), firstText(body, 'NewStateReason', 'StateReason')),
      startsAtMs: status === 'firing' ? instantMs(firstText(body, 'StateChangeTime', 'StateTransitionedTimestamp', 'StateUpdatedTimestamp')) : null,
      labels: [
        ['namespace', metric.namespace],
        ['metric', metric.name],
        ['account', firstText(body, 'AWSAccountId')],
        ['region', regionOf(arn) ?? firstText(body, 'Region')],
        ['alarm_rule', firstText(body, 'AlarmRule')],
        ['previous_state', firstText(body, 'OldStateValue')],
        ...metric.dimensions,
      ],
    }),
  ]
}

/** `CloudWatch Alarm State Change` of EventBridge, and the same alarm handed to a Lambda function as `alarmData`. */
export function readAlarmEvent(body: unknown, source = 'aws-cloudwatch'): readonly NormalisedAlert[] {
  const detail = at(body, 'alarmData') ?? at(body, 'detail')
  const metric = metricOfEvent(at(detail, 'configuration'))
  const status = statusFrom(STATES, firstText(detail, ['state', 'value']))
  const name = firstText(detail, 'alarmName')
  const arn = firstText(body, 'alarmArn', ['resources', '0']) ?? ownArn(body, name)
  // An alarm over many time series tells each of them apart ("Alarm contributors").
  const contributor = firstText(detail, ['alarmContributor', 'id'])
  const attributes = textEntries(at(detail, 'alarmContributor', 'attributes'))
  const wasFiring = statusFrom(STATES, firstText(detail, ['previousState', 'value'])) === 'firing'
  return [
    makeAlert({
      source,
      externalId: arn === null || contributor === null ? arn : `${arn}:${contributor}`,
      asset: assetOf([...attributes, ...metric.dimensions]),
      signature: name,
      severity: status === 'firing' ? 'high' : 'unknown',
      status,
      title: name,
      message: joined(firstText(detail, ['configuration', 'description']), firstText(detail, ['state', 'reason'])),
      startsAtMs: status === 'firing' ? instantMs(firstText(detail, ['state', 'timestamp']) ?? firstText(body, 'time')) : wasFiring ? instantMs(firstText(detail, ['previousState', 'timestamp'])) : null,
      labels: [
        ['namespace', metric.namespace],
        ['metric', metric.name],
        ['account', firstText(body, 'account', 'accountId')],
        ['region', firstText(body, 'region')],
        ['alarm_rule', firstText(detail, ['configuration', 'alarmRule'])],
        ['previous_state', firstText(detail, ['previousState', 'value'])],
        ...attributes,
        ...metric.dimensions,
      ],
    }),
  ]
}

interface Metric {
  readonly name: string | null
  readonly namespace: string | null
  readonly dimensions: readonly (readonly [string, string])[]
}

const METRICS_WINDOW = 100

/** The metric of a simple alarm, or the first measured one of an expression or anomaly band; a composite alarm has none. */
function metricOfMessage(trigger: unknown): Metric {
  const measured = listOf(at(trigger, 'Metrics')).slice(0, METRICS_WINDOW).find((query) => isObject(at(query, 'MetricStat', 'Metric')))
  const metric = measured === undefined ? trigger : at(measured, 'MetricStat', 'Metric')
  const dimensions = listOf(at(metric, 'Dimensions')).slice(0, METRICS_WINDOW).flatMap((dimension) => {
    const name = firstText(dimension, 'name', 'Name')
    const value = firstText(dimension, 'value', 'Value')
    return name === null || value === null ? [] : [[name, value] as const]
  })
  return { name: firstText(metric, 'MetricName'), namespace: firstText(metric, 'Namespace'), dimensions }
}

function metricOfEvent(configuration: unknown): Metric {
  const measured = listOf(at(configuration, 'metrics')).slice(0, METRICS_WINDOW).find((query) => isObject(at(query, 'metricStat', 'metric')))
  const metric = at(measured, 'metricStat', 'metric')
  return { name: firstText(metric, 'name'), namespace: firstText(metric, 'namespace'), dimensions: textEntries(at(metric, 'dimensions')) }
}

function ownArn(body: unknown, name: string | null): string | null {
  const account = firstText(body, 'account', 'accountId')
  const region = firstText(body, 'region')
  return name === null || account === null || region === null ? null : `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`
}

function regionOf(arn: string | null): string | null {
  return arn?.split(':', 5)[3] || null
}

function joined(...texts: readonly (string | null)[]): string | null {
  return texts.filter((text) => text !== null).join('\n') || null
}
