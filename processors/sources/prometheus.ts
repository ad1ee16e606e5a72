import type { AlertStatus } from '../../schemas/records.ts'
import { makeAlert, reject } from './build.ts'
import { at, firstText, isObject, textEntries, textOf } from './json.ts'
import { fingerprint } from './prometheus-fingerprint.ts'
import type { Normalised } from './source.ts'
import { instantMs } from './time.ts'
import { SEVERITY_WORDS, severityFrom, statusFrom } from './words.ts'

/** States of one alert in the webhook of Alertmanager and of Grafana. */
const STATUSES = { firing: 'firing', resolved: 'resolved' } as const

/** Labels that name the machine, most telling first. */
const HOST_LABELS = ['host', 'hostname', 'nodename', 'instance', 'node', 'server', 'vm', 'vmname', 'machine', 'device_name', 'pod', 'container', 'deployment', 'statefulset', 'daemonset', 'persistentvolumeclaim', 'target', 'service'] as const

/** Where the scraped program speaks about other things, its own address names nothing that is ill. */
const ABOUT_OTHERS_LABELS = ['pod', 'deployment', 'statefulset', 'daemonset', 'job_name', 'cronjob', 'persistentvolumeclaim', 'persistentvolume', 'horizontalpodautoscaler', 'node', 'namespace'] as const

/**
 * Reads one element of `alerts` as Alertmanager's webhook (version 4, and 3 without fingerprint) and Grafana's unified alerting send it. The status is
 * the element's, else that of `group`; `extra` labels come first, so that the alert's own win.
 */
export function readPrometheusAlert(source: string, element: unknown, group: unknown, path: string, extra: readonly (readonly [string, string])[] = []): Normalised {
  if (!isObject(element)) return [reject(path, 'an alert must be an object with labels')]
  const labels = textEntries(element['labels'])
  const byName = new Map(labels)
  const annotations = element['annotations']
  const signature = byName.get('alertname') ?? firstText(annotations, 'summary', 'title')
  const message = firstText(annotations, 'description', 'message', 'summary', 'title')
  const asset = assetOf(byName)
  if (labels.length === 0 && message === null) return [reject(`${path}/labels`, 'an alert without labels and annotations says nothing; check the receiver or template')]
  return [
    makeAlert({
      source,
      externalId: textOf(element['fingerprint']) ?? (labels.length === 0 ? null : fingerprint(rawLabels(element['labels']))),
      asset,
      signature,
      severity: severityFrom(SEVERITY_WORDS, byName.get('severity') ?? byName.get('priority') ?? byName.get('level') ?? null),
      status: statusOf(element, group),
      title: firstText(annotations, 'summary', 'title', 'message', 'description'),
      message,
      startsAtMs: instantMs(element['startsAt']),
      labels: [...extra, ...labels],
    }),
  ]
}

/** Labels as Prometheus hashes them: values as they are, empty ones left out. */
function rawLabels(labels: unknown): readonly (readonly [string, string])[] {
  return isObject(labels) ? Object.entries(labels).flatMap(([name, value]) => (typeof value === 'string' && value !== '' ? [[name, value] as const] : [])) : []
}

function statusOf(element: unknown, group: unknown): AlertStatus {
  return statusFrom(STATUSES, firstText(element, 'status') ?? firstText(group, 'status') ?? textOf(at(element, 'status', 'state')))
}

function assetOf(labels: ReadonlyMap<string, string>): string | null {
  const scraper = `${labels.get('job') ?? ''} ${labels.get('instance') ?? ''}`
  const order = scraper.includes('kube-state-metrics') ? ABOUT_OTHERS_LABELS : HOST_LABELS
  for (const name of order) {
    const value = labels.get(name)
    if (value !== undefined) return value
  }
  return null
}
