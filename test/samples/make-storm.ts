/**
 * Writes `storm.alertmanager.jsonl`: what an Alertmanager sent us while a branch office lost its core switch and, unrelated, a web shop's
 * database ran out of connections and a backup server's disk filled up. One webhook body a line, repeats included, as Alertmanager repeats
 * them. Run by hand: `node test/samples/make-storm.ts`.
 */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface Alert { name: string; instance: string; severity: string; site: string; service: string; summary: string; startMinute: number; endMinute: number | null }

const START_MS = Date.UTC(2026, 2, 9, 8, 0, 0)
const at = (minute: number): string => new Date(START_MS + minute * 60_000).toISOString()
const alerts: Alert[] = []
const add = (alert: Alert): void => void alerts.push(alert)

// The branch office in Leeds: the switch, then everything behind it.
add({ name: 'SwitchUnreachable', instance: 'sw-core-leeds', severity: 'critical', site: 'leeds', service: 'network', summary: 'Core switch sw-core-leeds does not answer', startMinute: 0, endMinute: 22 })
for (let n = 1; n <= 24; n++) {
  const instance = `leeds-ws-${String(n).padStart(2, '0')}`
  add({ name: 'HostDown', instance, severity: 'critical', site: 'leeds', service: 'workstations', summary: `${instance} is down`, startMinute: 1 + (n % 3), endMinute: 22 + (n % 2) })
  if (n % 3 === 0) add({ name: 'BackupMissed', instance, severity: 'warning', site: 'leeds', service: 'backup', summary: `No backup of ${instance} since yesterday`, startMinute: 4, endMinute: 24 })
}
for (const instance of ['leeds-print-1', 'leeds-print-2', 'leeds-voip-1', 'leeds-nas-1']) {
  add({ name: 'HostDown', instance, severity: 'critical', site: 'leeds', service: 'office', summary: `${instance} is down`, startMinute: 2, endMinute: 23 })
}
// The web shop: the database, then the application in front of it.
add({ name: 'PostgresConnectionsExhausted', instance: 'shop-db-1', severity: 'critical', site: 'dc1', service: 'shop', summary: 'shop-db-1 uses 100 of 100 connections', startMinute: 6, endMinute: 17 })
for (const instance of ['shop-app-1', 'shop-app-2', 'shop-app-3']) {
  add({ name: 'HighErrorRate', instance, severity: 'critical', site: 'dc1', service: 'shop', summary: `${instance} answers 38% of requests with 500`, startMinute: 7, endMinute: 18 })
  add({ name: 'HighLatency', instance, severity: 'warning', site: 'dc1', service: 'shop', summary: `${instance} takes 4.2 s at the 99th percentile`, startMinute: 7, endMinute: 18 })
}
add({ name: 'CheckoutFailing', instance: 'shop-lb-1', severity: 'critical', site: 'dc1', service: 'shop', summary: 'The checkout probe fails', startMinute: 8, endMinute: 19 })
// A disk that nobody has cleaned up yet.
add({ name: 'DiskFull', instance: 'bkp-1', severity: 'warning', site: 'dc2', service: 'archive', summary: '/srv on bkp-1 is 96% full', startMinute: 3, endMinute: null })

const bodyOf = (alert: Alert, isResolved: boolean): string => {
  const labels = { alertname: alert.name, instance: alert.instance, job: 'node', severity: alert.severity, site: alert.site, service: alert.service }
  const status = isResolved ? 'resolved' : 'firing'
  return JSON.stringify({
    version: '4', groupKey: `{}:{alertname="${alert.name}", site="${alert.site}"}`, truncatedAlerts: 0, status, receiver: 'alert-whisperer',
    groupLabels: { alertname: alert.name, site: alert.site }, commonLabels: {}, commonAnnotations: {}, externalURL: 'http://alertmanager.example:9093',
    alerts: [{
      status, labels, annotations: { summary: alert.summary }, startsAt: at(alert.startMinute), endsAt: isResolved ? at(alert.endMinute ?? 0) : '0001-01-01T00:00:00Z',
      generatorURL: 'http://prometheus.example:9090/graph', fingerprint: createHash('sha256').update(JSON.stringify(labels)).digest('hex').slice(0, 16),
    }],
  })
}

const lines: { minute: number; body: string }[] = []
for (const alert of alerts) {
  // Alertmanager repeats what still fires; here every two minutes.
  for (let minute = alert.startMinute; minute < (alert.endMinute ?? 26); minute += 2) lines.push({ minute, body: bodyOf(alert, false) })
  if (alert.endMinute !== null) lines.push({ minute: alert.endMinute, body: bodyOf(alert, true) })
}
lines.sort((a, b) => a.minute - b.minute)
writeFileSync(join(import.meta.dirname, 'storm.alertmanager.jsonl'), lines.map((line) => line.body).join('\n') + '\n')
console.log(`${lines.length} deliveries of ${alerts.length} problems`)
