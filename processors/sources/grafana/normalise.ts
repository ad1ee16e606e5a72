import { makeAlert, readEach, reject } from '../build.ts'
import { at, firstText, isObject, listOf, textEntries, textOf } from '../json.ts'
import { readMarks } from '../marks.ts'
import { readPrometheusAlert } from '../prometheus.ts'
import { recognise } from '../unknown/recognise.ts'
import type { Normalised } from '../source.ts'
import { SEVERITY_WORDS, severityFrom, statusFrom, type StatusTable } from '../words.ts'

/**
 * States of a legacy rule (Grafana 8 docs, "Webhook notifier"). `no_data` is firing: Grafana sends it only where the rule says that missing
 * data is a state of its own, its paging notifiers open an incident on it, and unified alerting sends it as the firing alert DatasourceNoData.
 */
const LEGACY_STATES: StatusTable = { alerting: 'firing', ok: 'resolved', no_data: 'firing', nodata: 'firing' }

/** Tags of an evaluation match that name the machine, most telling first. */
const HOST_TAGS = ['instance', 'host', 'hostname', 'host_name', 'server', 'node', 'pod'] as const

/** Unified alerting (Alertmanager's shape, a group or one alert of it), a legacy rule, or a template of the customer's own; also several in an array. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(payload: unknown, base: string): Normalised {
  const alerts = at(payload, 'alerts')
  if (Array.isArray(alerts)) return readEach(alerts, `${base}/alerts`, (element, path) => readPrometheusAlert('grafana', element, payload, path))
  if (isObject(at(payload, 'labels')) && (at(payload, 'startsAt') ?? at(payload, 'annotations')) !== undefined) return readPrometheusAlert('grafana', payload, undefined, base)
  if (at(payload, 'ruleName') !== undefined || at(payload, 'ruleId') !== undefined) return readLegacy(payload)
  return readCustom(payload, base)
}

function readLegacy(payload: unknown): Normalised {
  const matches = listOf(at(payload, 'evalMatches')).slice(0, 1_000)
  const first = matches[0]
  return [
    makeAlert({
      source: 'grafana',
      externalId: firstText(payload, 'ruleId'),
      asset: commonHost(matches),
      signature: firstText(payload, 'ruleName', 'title'),
      severity: severityFrom(SEVERITY_WORDS, firstText(payload, ['tags', 'severity'], ['tags', 'priority'])),
      status: statusFrom(LEGACY_STATES, firstText(payload, 'state')),
      title: firstText(payload, 'title', 'ruleName'),
      message: firstText(payload, 'message'),
      // The payload tells neither when the rule changed its state nor when it was evaluated.
      startsAtMs: null,
      labels: [...textEntries(at(payload, 'tags')), ...textEntries(at(first, 'tags')), ['metric', firstText(first, 'metric')], ['dashboardId', firstText(payload, 'dashboardId')], ['panelId', firstText(payload, 'panelId')], ['orgId', firstText(payload, 'orgId')], ['ruleUrl', firstText(payload, 'ruleUrl')]],
    }),
  ]
}

/** The machine all matches name; null when they name several, because the rule is one alert. */
function commonHost(matches: readonly unknown[]): string | null {
  const hosts = new Set<string | null>()
  for (const match of matches) hosts.add(firstText(match, ...HOST_TAGS.map((tag) => ['tags', tag])))
  const [only = null] = hosts
  return hosts.size === 1 ? only : null
}

function readCustom(payload: unknown, path: string): Normalised {
  const text = textOf(payload) ?? (isObject(payload) && Object.keys(payload).length <= 2 ? firstText(payload, 'text', 'message', 'title') : null)
  if (text === null) return recognise(payload, 'grafana', path)
  const marks = readMarks(text)
  if (marks.text === null) return [reject(`${path}/text`, 'the message is empty; check the notification template')]
  return [makeAlert({ source: 'grafana', externalId: null, asset: null, signature: null, severity: 'unknown', status: marks.status ?? 'unknown', title: firstText(payload, 'title') ?? text, message: text, startsAtMs: null, labels: [] })]
}
