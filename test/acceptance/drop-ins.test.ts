/**
 * The story: a client's tools know only other products: Prometheus its Alertmanager, scripts PagerDuty and Opsgenie, an old box VictorOps, services their
 * collector, an event bus, rsyslog and a mail gateway. Each is re-pointed at us unchanged and signs nothing. Each trouble becomes an incident, and each end ends it.
 */
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import protobuf from 'protobufjs/light.js'
import type { IncidentView } from '../../schemas/views.ts'
import { admin, onboard, settledBalance, type Client } from '../harness/client.ts'
import { Program, until } from '../harness/process.ts'
import type { Company } from '../harness/sender.ts'

let program: Program
let api: Client
beforeAll(async () => {
  program = await Program.up()
  await program.start()
  api = admin(program)
})
afterAll(() => program.remove())

interface Sent { readonly path: string; readonly headers?: Record<string, string>; readonly body: string | Buffer | FormData }
interface Tool {
  readonly source: string
  readonly title: string
  readonly severity: string
  readonly firing: (key: string) => Sent
  readonly resolved: (key: string) => Sent
  /** What is told of a delivery taken. */
  readonly status: number
  readonly answer: RegExp
}

const json = (body: unknown): string => JSON.stringify(body)
const JSON_TYPE = { 'content-type': 'application/json' }
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString()

const NUMBERS = { severityNumber: { type: 'int32', id: 2 }, eventName: { type: 'string', id: 12 }, timeUnixNano: { type: 'fixed64', id: 1 } }
/** What a collector's exporter writes, by the numbers of opentelemetry-proto. */
const Logs = protobuf.Root.fromJSON({ nested: {
  Text: { fields: { stringValue: { type: 'string', id: 1 } } }, Pair: { fields: { key: { type: 'string', id: 1 }, value: { type: 'Text', id: 2 } } },
  Log: { fields: { ...NUMBERS, body: { type: 'Text', id: 5 }, attributes: { rule: 'repeated', type: 'Pair', id: 6 } } },
  Scoped: { fields: { logRecords: { rule: 'repeated', type: 'Log', id: 2 } } }, Resource: { fields: { attributes: { rule: 'repeated', type: 'Pair', id: 1 } } },
  Resourced: { fields: { resource: { type: 'Resource', id: 1 }, scopeLogs: { rule: 'repeated', type: 'Scoped', id: 2 } } }, Request: { fields: { resourceLogs: { rule: 'repeated', type: 'Resourced', id: 1 } } },
} }).lookupType('Request')

function otlp(severityNumber: number, state: string): Buffer {
  const pair = (key: string, stringValue: string): object => ({ key, value: { stringValue } })
  const record = { severityNumber, eventName: 'payment.gateway', timeUnixNano: 1, body: { stringValue: 'gateway eu-1 does not answer' }, attributes: [pair('alert.id', 'eu-1'), pair('alert.status', state)] }
  const routine = { severityNumber: 9, body: { stringValue: 'order 4711 placed' } }
  return gzipSync(Logs.encode(Logs.create({ resourceLogs: [{ resource: { attributes: [pair('service.name', 'checkout')] }, scopeLogs: [{ logRecords: [record, routine] }] }] })).finish())
}

function mail(subject: string, text: string): FormData {
  const form = new FormData()
  for (const [name, value] of [['from', 'Monitor <monitor@client.example>'], ['subject', subject], ['text', text], ['charsets', '{"subject":"UTF-8"}']] as const) form.append(name, value)
  form.append('attachment1', new Blob([Buffer.of(0, 1, 2)]), 'graph.png')
  return form
}

const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` })
const pagerduty = (key: string, action: string): Sent => ({ path: '/v2/enqueue', headers: JSON_TYPE, body: json({ routing_key: key, event_action: action, dedup_key: 'db-7/raid', payload: { summary: 'RAID degraded', source: 'db-7', severity: 'critical', class: 'raid' } }) })
const victorops = (key: string, type: string): Sent => ({ path: `/integrations/generic/20131114/alert/${key}/team`, headers: JSON_TYPE, body: json({ message_type: type, entity_id: 'disk/db-7', entity_display_name: 'disk of db-7' }) })
const prometheus = (key: string, endsAt: () => string): Sent => ({
  path: '/api/v2/alerts', headers: { ...JSON_TYPE, ...bearer(key) },
  body: json([{ labels: { alertname: 'DiskFull', instance: 'db-7:9100', severity: 'critical' }, annotations: { summary: 'disk of db-7 fills' }, startsAt: ago(120_000), endsAt: endsAt(), generatorURL: 'http://prometheus/graph' }]),
})
const cloudevent = (key: string, id: string, state: string): Sent => ({
  path: `/api/webhooks/cloudevents?access_token=${key}`, body: json({ alertId: 't-1', summary: 'rack is too warm', host: 'rack-12' }),
  headers: { ...JSON_TYPE, 'ce-specversion': '1.0', 'ce-id': id, 'ce-source': '/sensors', 'ce-type': `test.temperature.alert.${state}`, 'ce-severity': 'high' },
})
const syslog = (key: string, line: string): Sent => ({ path: '/api/webhooks/syslog', headers: { ...JSON_TYPE, 'x-api-key': key }, body: `${line}\n<14>1 - fw-1 cron - - - job 7 done\n` })

const TOOLS: readonly Tool[] = [
  { source: 'alertmanager', title: 'disk of db-7 fills', severity: 'critical', status: 200, answer: /^$/, firing: (key) => prometheus(key, () => ago(-240_000)), resolved: (key) => prometheus(key, () => ago(1_000)) },
  { source: 'pagerduty-events', title: 'RAID degraded', severity: 'critical', status: 202, answer: /"status":"success".*"dedup_key":"db-7\/raid"/, firing: (key) => pagerduty(key, 'trigger'), resolved: (key) => pagerduty(key, 'resolve') },
  {
    source: 'opsgenie-api', title: 'Replication lag', severity: 'high', status: 202, answer: /"result":"Request will be processed"/,
    firing: (key) => ({ path: '/v2/alerts', headers: { ...JSON_TYPE, authorization: `GenieKey ${key}` }, body: json({ message: 'Replication lag', alias: 'lag/db-7', entity: 'db-7', priority: 'P2' }) }),
    resolved: (key) => ({ path: '/v2/alerts/lag%2Fdb-7/close?identifierType=alias', headers: { ...JSON_TYPE, authorization: `GenieKey ${key}` }, body: '{}' }),
  },
  { source: 'victorops', title: 'disk of db-7', severity: 'critical', status: 200, answer: /"result":"success","entity_id":"disk\/db-7"/, firing: (key) => victorops(key, 'CRITICAL'), resolved: (key) => victorops(key, 'RECOVERY') },
  {
    source: 'opentelemetry', title: 'gateway eu-1 does not answer', severity: 'high', status: 200, answer: /^$/,
    firing: (key) => ({ path: '/v1/logs', headers: { ...bearer(key), 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' }, body: otlp(17, 'firing') }),
    resolved: (key) => ({ path: '/v1/logs', headers: { ...bearer(key), 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' }, body: otlp(9, 'resolved') }),
  },
  { source: 'cloudevents', title: 'rack is too warm', severity: 'high', status: 202, answer: /"accepted":1/, firing: (key) => cloudevent(key, '1', 'triggered'), resolved: (key) => cloudevent(key, '2', 'resolved') },
  { source: 'syslog', title: 'Tunnel to Munich went down after 31 retries', severity: 'high', status: 202, answer: /"accepted":1/, firing: (key) => syslog(key, '<187>1 - fw-1 ipsec - TUNNEL - Tunnel to Munich went down after 31 retries'), resolved: (key) => syslog(key, '<189>1 - fw-1 ipsec - TUNNEL - Tunnel to Munich restored') },
  {
    source: 'email', title: '[PROBLEM] disk full on nas-1 (97 %)', severity: 'high', status: 202, answer: /"accepted":1/,
    firing: (key) => ({ path: `/api/webhooks/email?api_key=${key}`, body: mail('[PROBLEM] disk full on nas-1 (97 %)', 'Severity: High\n') }),
    resolved: (key) => ({ path: `/api/webhooks/email?api_key=${key}`, body: mail('Re: [RESOLVED] disk full on nas-1 (40 %)', 'gone\n') }),
  },
]

async function send({ path, headers, body }: Sent): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${program.url}${path}`, { method: 'POST', ...(headers === undefined ? {} : { headers }), body })
  return { status: answer.status, text: await answer.text() }
}

/** Sends until the edge knows the key, which takes it a moment; what it refuses before leaves no trace but a count. */
async function sendOnceKnown(make: () => Sent): Promise<{ status: number; text: string }> {
  return until('the edge knows the key', async () => {
    const answer = await send(make())
    return answer.status === 401 || answer.status === 429 ? null : answer
  })
}

async function incidentOf(company: Company, condition: (incident: IncidentView) => boolean): Promise<IncidentView> {
  return until(`the incident of ${company.name}`, async () => {
    const [incident, ...others] = await api.incidents(`&company=${company.id}`)
    expect(others).toEqual([])
    return incident !== undefined && condition(incident) ? incident : null
  })
}

it.each(TOOLS.map((tool) => [tool.source, tool] as const))('a sender of %s opens an incident and resolves it', async (source, tool) => {
  const company = await onboard(program, `Drop-in ${source}`)
  const key = await program.api<Company>('POST', `/api/companies/${company.id}/integrations`, { source, requireHmac: false })
  const opened = await sendOnceKnown(() => tool.firing(key.apiKey))
  expect(opened).toEqual({ status: tool.status, text: expect.stringMatching(tool.answer) })
  const incident = await incidentOf(company, () => true)
  expect((await api.incident(incident.id)).problems).toMatchObject([{ title: tool.title }])
  expect(incident).toMatchObject({ status: 'open', severity: tool.severity, sources: [source], problemCount: 1 })

  expect((await send(tool.firing(key.apiKey))).status).toBe(tool.status)
  expect((await send(tool.resolved(key.apiKey))).status).toBe(tool.status)
  expect(await incidentOf(company, ({ status }) => status === 'resolved')).toMatchObject({ id: incident.id, problemCount: 1 })
  const balance = await settledBalance(program, company.id, 3)
  expect(balance).toMatchObject({ difference: 0, inFlight: 0, incidents: { net: 1 } })
  expect(program.output).not.toContain(key.apiKey)
})

it('an alert that Prometheus and its Alertmanager both tell is one problem', async () => {
  const company = await onboard(program, 'Both ways')
  const key = await program.api<Company>('POST', `/api/companies/${company.id}/integrations`, { source: 'alertmanager', requireHmac: false })
  await sendOnceKnown(() => prometheus(key.apiKey, () => ago(-240_000)))
  const labels = { alertname: 'DiskFull', instance: 'db-7:9100', severity: 'critical' }
  // The fingerprint Alertmanager gives these labels.
  const webhook = (status: string): Sent => ({ path: '/api/webhooks/alertmanager', headers: { ...JSON_TYPE, ...bearer(key.apiKey) }, body: json({ version: '4', status, alerts: [{ status, labels, annotations: {}, startsAt: ago(120_000) }] }) })
  expect((await send(webhook('firing'))).status).toBe(202)
  expect((await send(webhook('resolved'))).status).toBe(202)
  expect(await incidentOf(company, ({ status }) => status === 'resolved')).toMatchObject({ problemCount: 1, sources: ['alertmanager'] })
})
