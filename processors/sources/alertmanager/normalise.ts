import { readEach, reject } from '../build.ts'
import { at, isObject } from '../json.ts'
import { readPrometheusAlert } from '../prometheus.ts'
import type { DeliveryContext, Normalised } from '../source.ts'
import { instantMs } from '../time.ts'

/**
 * A webhook group (`alerts` inside an object); the bare array that Prometheus and other programs post to Alertmanager's own API; what that API or
 * Prometheus' answers (`data`); or one alert for itself, as relays hand it on.
 */
export function normalise(payload: unknown, context: DeliveryContext): Normalised {
  const [alerts, path] = alertsOf(payload)
  if (alerts === null) return [reject('/alerts', 'an Alertmanager webhook has an array `alerts`; use webhook_configs, not another receiver type')]
  const isWebhook = path === '/alerts'
  return readEach(alerts, path, (element, elementPath) => {
    const posted = isWebhook ? null : postedState(element, context.receivedAtMs)
    return readPrometheusAlert('alertmanager', element, posted ?? payload, elementPath, posted?.labels)
  })
}

function alertsOf(payload: unknown): readonly [readonly unknown[] | null, string] {
  const places: readonly (readonly [unknown, string])[] = [[payload, ''], [at(payload, 'alerts'), '/alerts'], [at(payload, 'data', 'alerts'), '/data/alerts'], [at(payload, 'data'), '/data']]
  for (const [list, path] of places) if (Array.isArray(list)) return [list, path]
  return [isObject(at(payload, 'labels')) ? [payload] : null, '']
}

interface Posted {
  readonly status: 'firing' | 'resolved'
  readonly labels: readonly (readonly [string, string])[]
}

/**
 * Alerts of the API carry no status: one whose `endsAt` has come is over, one without an end or with one to come fires (Alertmanager,
 * alert/alert.go, Resolved). Null for an element that says its status (`state`) itself.
 */
function postedState(element: unknown, receivedAtMs: number): Posted | null {
  if (!isObject(element) || element['status'] !== undefined || element['state'] !== undefined) return null
  const endsAtMs = instantMs(element['endsAt'])
  // In seconds: a bare number is never taken for something two alerts have in common.
  const labels: Posted['labels'] = endsAtMs === null ? [] : [['ends_at', String(Math.floor(endsAtMs / 1_000))]]
  return { status: endsAtMs !== null && endsAtMs <= receivedAtMs ? 'resolved' : 'firing', labels }
}
