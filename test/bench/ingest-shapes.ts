/** What the ingest benchmark sends: the same alerts as a generic object, a generic array, an Alertmanager webhook, and as Alertmanager takes them. */
import { createHmac } from 'node:crypto'

/** How a body is shaped. */
export type Shape = 'generic' | 'alertmanager-webhook' | 'alertmanager-api'

/** Different bodies that are sent in turn. */
const BODIES = 64

/** Alert `index` of the storm: 500 hosts with 5 checks each. */
function alertAt(index: number): { host: string; check: string; severity: string; text: string } {
  const host = `web-${String(index % 500).padStart(3, '0')}.example.net`
  const check = ['HighCpu', 'DiskFull', 'HostDown', 'SlowResponses', 'MemoryPressure'][Math.floor(index / 500) % 5] ?? 'HighCpu'
  return { host, check, severity: index % 3 === 0 ? 'critical' : 'warning', text: `${check} on ${host} for more than five minutes` }
}

/** Bodies of `count` alerts each. */
export function bodies(shape: Shape, count: number, nowMs: number): Buffer[] {
  const startedAt = new Date(nowMs - 60_000).toISOString()
  return Array.from({ length: BODIES }, (_, body) => {
    const alerts = Array.from({ length: count }, (_, index) => alertAt(body * count + index))
    if (shape === 'generic') {
      const elements = alerts.map(({ host, check, severity, text }) => ({
        asset_name: host, signature: check, severity, message: text, tool_source: 'Prometheus', status: 'firing', started_at: startedAt, labels: { job: 'node', team: 'web' },
      }))
      return Buffer.from(JSON.stringify(count === 1 ? elements[0] : elements))
    }
    const vendor = alerts.map(({ host, check, severity, text }) => ({
      labels: { alertname: check, instance: host, severity, job: 'node', team: 'web' }, annotations: { summary: text }, startsAt: startedAt, generatorURL: 'http://prometheus.example.net/graph',
    }))
    if (shape === 'alertmanager-api') return Buffer.from(JSON.stringify(vendor))
    return Buffer.from(JSON.stringify({
      version: '4', groupKey: '{}:{}', truncatedAlerts: 0, status: 'firing', receiver: 'whisperer', groupLabels: {}, commonLabels: { job: 'node' }, commonAnnotations: {},
      externalURL: 'http://alertmanager.example.net', alerts: vendor.map((alert, index) => ({ status: 'firing', ...alert, endsAt: '0001-01-01T00:00:00Z', fingerprint: (index + 1).toString(16).padStart(16, '0') })),
    }))
  })
}

/** How requests are signed; null for a server that knows no signatures. */
export interface Signing {
  readonly apiKey: string
  readonly hmacSecret: string
}

/** Whole HTTP/1.1 requests, ready for a socket. */
export function requests(path: string, contents: readonly Buffer[], signing: Signing | null, nowMs: number): Buffer[] {
  const timestamp = String(Math.floor(nowMs / 1000))
  return contents.map((body) => {
    const head = [`POST ${path} HTTP/1.1`, 'Host: 127.0.0.1', 'User-Agent: bench', 'Content-Type: application/json', `Content-Length: ${body.length}`]
    if (signing !== null) {
      const signature = createHmac('sha256', signing.hmacSecret).update(`${timestamp}.`).update(body).digest('hex')
      head.push(`X-API-Key: ${signing.apiKey}`, `X-Timestamp: ${timestamp}`, `X-Signature: sha256=${signature}`)
    }
    return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body])
  })
}
