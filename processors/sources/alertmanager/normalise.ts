import { readEach, reject } from '../build.ts'
import { at } from '../json.ts'
import { readPrometheusAlert } from '../prometheus.ts'
import type { Normalised } from '../source.ts'

/** A webhook group (`alerts` inside an object), or the bare array that programs post to Alertmanager's own API. */
export function normalise(payload: unknown): Normalised {
  const alerts = Array.isArray(payload) ? payload : at(payload, 'alerts')
  if (!Array.isArray(alerts)) return [reject('/alerts', 'an Alertmanager webhook has an array `alerts`; use webhook_configs, not another receiver type')]
  const path = Array.isArray(payload) ? '' : '/alerts'
  return readEach(alerts, path, (element, elementPath) => readPrometheusAlert('alertmanager', element, payload, elementPath))
}
