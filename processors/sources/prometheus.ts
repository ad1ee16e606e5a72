import type { AlertStatus } from '../../schemas/records.ts'
import { makeAlert, reject } from './build.ts'
import { fieldName } from './fields.ts'
import { at, firstText, isObject, textEntries, textOf } from './json.ts'
import { fingerprint } from './prometheus-fingerprint.ts'
import type { Normalised } from './source.ts'
import { instantMs } from './time.ts'
import { SEVERITY_WORDS, severityFrom, statusFrom } from './words.ts'

/**
 * States of one alert in the webhook of Alertmanager and of Grafana, and in what their APIs and Prometheus' answer: all of them list only what is
 * not over, a suppressed alert is one that a silence keeps quiet. A pending alert does not fire yet.
 */
const STATUSES = { firing: 'firing', resolved: 'resolved', active: 'firing', suppressed: 'firing', unprocessed: 'firing' } as const

/** Labels that name the machine, most telling first, in the form of `fieldName`. */
const HOST_LABELS = ['host', 'hostname', 'nodename', 'instance', 'node', 'server', 'servername', 'vm', 'vmname', 'machine', 'devicename', 'pod', 'podname', 'container', 'containername', 'deployment', 'statefulset', 'daemonset', 'persistentvolumeclaim', 'target', 'service', 'servicename'] as const

/** Where the scraped program speaks about other things, its own address names nothing that is ill. */
const ABOUT_OTHERS_LABELS = ['pod', 'deployment', 'statefulset', 'daemonset', 'jobname', 'cronjob', 'persistentvolumeclaim', 'persistentvolume', 'horizontalpodautoscaler', 'node', 'namespace'] as const

/**
 * Reads one element of `alerts` as Alertmanager's webhook (version 4, and 3 without fingerprint) and Grafana's unified alerting send it, or as their APIs and Prometheus' answer it. The status is
 * the element's, else that of `group`; `extra` labels come first, so that the alert's own win.
 */
export function readPrometheusAlert(source: string, element: unknown, group: unknown, path: string, extra: readonly (readonly [string, string])[] = []): Normalised {
  if (!isObject(element)) return [reject(path, 'an alert must be an object with labels')]
  // Whatever a receiver or template left out of the element, the group may still tell.
  const labels = [...textEntries(at(group, 'groupLabels')), ...textEntries(at(group, 'commonLabels')), ...textEntries(element['labels'])]
  const byName = new Map(labels.map(([name, value]) => [fieldName(name), value]))
  const annotations = element['annotations']
  const signature = byName.get('alertname') ?? firstText(annotations, ...SUMMARIES)
  const message = firstText(annotations, 'description', 'message', 'summary', 'title', 'Description') ?? (labels.length === 0 ? firstText(group, 'message') : null)
  const own = textOf(element['fingerprint'])
  if (labels.length === 0 && message === null && own === null) return [reject(`${path}/labels`, 'an alert without labels and annotations says nothing; check the receiver or template')]
  return [
    makeAlert({
      source,
      externalId: own ?? (isLabelled(element) ? fingerprint(rawLabels(element['labels'])) : null),
      asset: assetOfLabels(byName),
      signature,
      severity: severityFrom(SEVERITY_WORDS, byName.get('severity') ?? byName.get('priority') ?? byName.get('level') ?? null),
      status: statusOf(element, group),
      title: firstText(annotations, ...SUMMARIES, 'message', 'description') ?? signature ?? firstText(group, 'title'),
      message,
      // Prometheus' own API tells when the rule's expression came to hold.
      startsAtMs: instantMs(element['startsAt']) ?? instantMs(element['activeAt']),
      labels: [['alert_state', firstText(element, ['status', 'state'])], ...extra, ...labels],
    }),
  ]
}

const SUMMARIES = ['summary', 'title', 'Summary', 'Title'] as const

function isLabelled(element: unknown): boolean {
  return rawLabels(at(element, 'labels')).length > 0
}

/** Labels as Prometheus hashes them: values as they are, empty ones left out. */
function rawLabels(labels: unknown): readonly (readonly [string, string])[] {
  return isObject(labels) ? Object.entries(labels).flatMap(([name, value]) => (typeof value === 'string' && value !== '' ? [[name, value] as const] : [])) : []
}

function statusOf(element: unknown, group: unknown): AlertStatus {
  return statusFrom(STATUSES, firstText(element, 'status', ['status', 'state'], 'state') ?? firstText(group, 'status'))
}

/** The machine, pod or other thing that labels of Prometheus say is ill; null where none names one. */
export function assetOfLabels(labels: ReadonlyMap<string, string>): string | null {
  const scraper = `${labels.get('job') ?? ''} ${labels.get('instance') ?? ''}`
  const order = scraper.includes('kube-state-metrics') ? ABOUT_OTHERS_LABELS : HOST_LABELS
  for (const name of order) {
    const value = labels.get(name)
    if (value !== undefined) return value
  }
  return null
}
