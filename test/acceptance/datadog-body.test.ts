/**
 * The story: somebody pastes the body of our interface page into Datadog's webhook form, unchanged, and cannot test it. Datadog fills in its
 * variables; the alert must open an incident and the recovery must resolve it. Then a second tool says the same of the same host.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { IncidentDetail } from '../../schemas/views.ts'
import { admin, onboard, settledBalance, type Client } from '../harness/client.ts'
import { Program, until } from '../harness/process.ts'
import { alertBody, post, type Company } from '../harness/sender.ts'

/** As it stands on the interface page. */
const PASTED = '{"asset_name":"$HOSTNAME","signature":"$EVENT_TITLE","severity":"$ALERT_STATUS","message":"$EVENT_MSG","tool_source":"Datadog"}'

let program: Program
let api: Client

beforeAll(async () => {
  program = await Program.up()
  await program.start()
  api = admin(program)
})
afterAll(() => program.remove())

/** What Datadog makes of the pasted body: each variable's text, escaped for JSON. */
function filledIn(values: Readonly<Record<string, string>>): string {
  return PASTED.replace(/\$[A-Z_]+/g, (name) => JSON.stringify(values[name.slice(1)] ?? '').slice(1, -1))
}

async function send(company: Company, body: unknown): Promise<void> {
  expect(await post(program.url, company, 'alerts', body)).toMatchObject({ status: 202, answer: { accepted: 1 } })
}

/** The company's only incident, once `condition` holds of it. */
async function onlyIncident(company: Company, what: string, condition: (incident: IncidentDetail) => boolean): Promise<IncidentDetail> {
  return until(what, async () => {
    const [first, ...others] = await api.incidents(`&company=${company.id}`)
    if (first === undefined || others.length > 0) throw new Error(`${others.length + (first === undefined ? 0 : 1)} incidents`)
    const incident = await api.incident(first.id)
    return condition(incident) ? incident : null
  })
}

const TRIGGERED = {
  HOSTNAME: 'web-3.example.com', EVENT_TITLE: '[Triggered on {host:web-3.example.com}] CPU load is "high" on web-3.example.com', ALERT_STATUS: 'Alert',
  EVENT_MSG: '%%%\nCPU load has been above 8.0 for 5 minutes.\n\n@webhook-alert-whisperer\n%%%',
}
const RECOVERED = {
  HOSTNAME: 'web-3.example.com', EVENT_TITLE: '[Recovered on {host:web-3.example.com}] CPU load is "high" on web-3.example.com', ALERT_STATUS: 'OK',
  EVENT_MSG: '%%%\nCPU load is back to normal.\n%%%',
}

it('opens one incident with Datadog’s own words, and resolves it', async () => {
  const company = await onboard(program, 'Pasted Ltd')
  await send(company, filledIn(TRIGGERED))
  const opened = await onlyIncident(company, 'the incident opens', () => true)
  expect(opened).toMatchObject({ status: 'open', assets: ['web-3.example.com'], sources: ['datadog'], alertCount: 1, problemCount: 1, openProblemCount: 1 })
  expect(opened.problems[0]?.signature).not.toMatch(/Triggered|Recovered/)

  await send(company, filledIn(RECOVERED))
  const resolved = await onlyIncident(company, 'the incident resolves', ({ status }) => status === 'resolved')
  expect(resolved).toMatchObject({ id: opened.id, openProblemCount: 0, problemCount: 1 })
  expect(resolved.resolvedAt).not.toBeNull()
  expect(await settledBalance(program, company.id, 2)).toMatchObject({ accepted: 2, rejected: 0, inFlight: 0, difference: 0, incidents: { net: 1 } })
})

it('sends the body with its variables unfilled to the dead letters, never to an incident', async () => {
  const company = await onboard(program, 'Unfilled Ltd')
  await send(company, PASTED)
  expect(await settledBalance(program, company.id, 1)).toMatchObject({ accepted: 1, rejected: 1, difference: 0, incidents: { opened: 0 } })
  expect(await api.incidents(`&company=${company.id}`)).toEqual([])
})

it('counts two tools that say the same of one host as two sources of one incident', async () => {
  const company = await onboard(program, 'Two Tools Ltd')
  const trouble = { asset_name: 'db-1', signature: 'Disk full', message: 'the disk is full' }
  await send(company, alertBody({ ...trouble, tool_source: 'Datadog' }))
  await send(company, alertBody({ ...trouble, tool_source: 'Nagios' }))
  const incident = await onlyIncident(company, 'both tools are in one incident', ({ problemCount }) => problemCount === 2)
  expect(incident).toMatchObject({ sources: ['datadog', 'nagios'], assets: ['db-1'], alertCount: 2, problemCount: 2 })
  const joined = incident.problems.find(({ evidence }) => evidence.rule !== 'founded')
  expect(joined?.evidence.features.map(({ name }) => name)).toEqual(expect.arrayContaining(['same_asset', 'same_signature', 'other_tool']))

  // One tool's recovery leaves the other's problem open.
  await send(company, alertBody({ ...trouble, tool_source: 'Datadog', status: 'resolved' }))
  const half = await onlyIncident(company, 'one of the two has recovered', ({ openProblemCount }) => openProblemCount === 1)
  expect(half.status).toBe('open')
  await send(company, alertBody({ ...trouble, tool_source: 'Nagios', status: 'resolved' }))
  await onlyIncident(company, 'both have recovered', ({ status, openProblemCount }) => status === 'resolved' && openProblemCount === 0)
  expect(await settledBalance(program, company.id, 4)).toMatchObject({ difference: 0, inFlight: 0 })
})
