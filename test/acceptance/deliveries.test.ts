/**
 * The story: a client's Zabbix and CloudWatch (through SNS) send what they really send, forwarded by a relay that signs with our HMAC. Each
 * trouble becomes an incident and ends when its tool says so, and every delivery has a receipt that says what became of it.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeliveryView, IncidentDetail } from '../../schemas/views.ts'
import { admin, keyWorks, onboard, settledBalance, type Client } from '../harness/client.ts'
import { Program, until } from '../harness/process.ts'
import { signed, type Company } from '../harness/sender.ts'
import { HAS_RECORDED, sampleOf, type Sample } from '../samples/deliveries.ts'

const TEXT = 'text/plain; charset=UTF-8'
const JSON_TYPE = 'application/json'

let program: Program
let api: Client

beforeAll(async () => {
  console.log(HAS_RECORDED ? 'deliveries: recorded ones from ../shared/payloads' : 'deliveries: ../shared/payloads is not there; small ones of our own instead')
  program = await Program.up()
  await program.start()
  api = admin(program)
})
afterAll(() => program.remove())

interface Receipt { deliveryId: string; accepted: number }

async function deliver(company: Company, source: string, body: string, contentType: string): Promise<string> {
  const answer = await fetch(`${program.url}/api/webhooks/${source}`, { method: 'POST', headers: { ...signed(company, body), 'content-type': contentType }, body })
  expect(answer.status).toBe(202)
  const { deliveryId, accepted } = (await answer.json()) as Receipt
  expect(accepted).toBe(1)
  return deliveryId
}

/** What became of a delivery; asked after the balance has settled, so that it is recorded. */
const receiptOf = (deliveryId: string): Promise<DeliveryView> => api.get<DeliveryView>(`/api/deliveries/${deliveryId}`)

/** The company's incidents, oldest first, once there are so many and `condition` holds of the last. */
async function incidentsOf(company: Company, count: number, condition: (last: IncidentDetail) => boolean = () => true): Promise<IncidentDetail[]> {
  return until(`${count} incidents of ${company.name}`, async () => {
    const listed = [...(await api.incidents(`&company=${company.id}`))].reverse()
    const incidents = await Promise.all(listed.map(({ id }) => api.incident(id)))
    const last = incidents.at(-1)
    return incidents.length === count && last !== undefined && condition(last) ? incidents : null
  })
}

function expectJudged(incident: IncidentDetail, { judged: [alert] }: Sample): void {
  const [problem] = incident.problems
  if (alert?.asset != null) expect(incident.assets).toEqual([alert.asset])
  if (alert?.signature != null) expect(problem?.signature).toBe(alert.signature)
  if (alert?.severity != null) expect(incident.severity).toBe(alert.severity)
}

describe.each([['text', TEXT], ['JSON', JSON_TYPE]])('Zabbix, sent as %s', (_name, contentType) => {
  it('opens an incident for each trigger and resolves the one whose trigger says OK', async () => {
    const company = await onboard(program, `Zabbix ${contentType}`)
    const [agent, over, slow] = [sampleOf('zabbix', 'problem-disaster'), sampleOf('zabbix', 'ok-average'), sampleOf('zabbix', 'media-type-problem-high')]
    const opening = await deliver(company, 'zabbix', agent.body, contentType)
    const [first] = await incidentsOf(company, 1)
    expect(first).toMatchObject({ status: 'open', sources: ['zabbix'], alertCount: 1, problemCount: 1 })
    expectJudged(first!, agent)

    await deliver(company, 'zabbix', slow.body, contentType)
    const [, second] = await incidentsOf(company, 2)
    expectJudged(second!, slow)

    const ending = await deliver(company, 'zabbix', over.body, contentType)
    await until('the first has ended', async () => (await api.incident(first!.id)).status === 'resolved')
    expect(await api.incident(second!.id)).toMatchObject({ status: 'open', openProblemCount: 1 })
    await deliver(company, 'zabbix', JSON.stringify({ ...(JSON.parse(slow.body) as object), event_value: '0' }), contentType)
    await until('the second has ended', async () => (await api.incident(second!.id)).status === 'resolved')

    expect(await settledBalance(program, company.id, 4)).toMatchObject({ accepted: 4, emitted: 4, difference: 0, inFlight: 0, incidents: { net: 2 } })
    const opened = await receiptOf(opening)
    expect(opened).toMatchObject({ deliveryId: opening, companyId: company.id, source: 'zabbix', elements: [{ element: 0, fate: 'emitted', incidentId: first!.id }] })
    expect((await receiptOf(ending)).elements).toMatchObject([{ fate: 'emitted', problemKey: opened.elements[0]?.problemKey, incidentId: first!.id }])
  })
})

describe.each([['text, as SNS does', TEXT], ['JSON', JSON_TYPE]])('CloudWatch through SNS, sent as %s', (_name, contentType) => {
  it('opens and resolves one incident, although both messages carry one MessageId', async () => {
    const company = await onboard(program, `Alarm ${contentType}`)
    const [alarm, over] = [sampleOf('aws-cloudwatch', 'sns-alarm-rds-cpu'), sampleOf('aws-cloudwatch', 'sns-ok-rds-cpu')]
    expect((JSON.parse(alarm.body) as { MessageId: string }).MessageId).toBe((JSON.parse(over.body) as { MessageId: string }).MessageId)
    const opening = await deliver(company, 'aws-cloudwatch', alarm.body, contentType)
    const [opened] = await incidentsOf(company, 1)
    expectJudged(opened!, alarm)
    const ending = await deliver(company, 'aws-cloudwatch', over.body, contentType)
    expect(ending).not.toBe(opening)
    const [ended] = await incidentsOf(company, 1, ({ status }) => status === 'resolved')
    expect(ended).toMatchObject({ id: opened!.id, openProblemCount: 0, problemCount: 1 })
    expect(await settledBalance(program, company.id, 2)).toMatchObject({ accepted: 2, emitted: 2, difference: 0, incidents: { net: 1 } })
    for (const id of [opening, ending]) expect((await receiptOf(id)).elements).toMatchObject([{ fate: 'emitted', incidentId: opened!.id }])
  })

  it('counts what carries no alert, and opens an incident for a plain text', async () => {
    const company = await onboard(program, `Texts ${contentType}`)
    const confirmation = await deliver(company, 'aws-cloudwatch', sampleOf('aws-cloudwatch', 'sns-subscription-confirmation').body, contentType)
    const noData = await deliver(company, 'aws-cloudwatch', sampleOf('aws-cloudwatch', 'sns-insufficient-data').body, contentType)
    const plain = await deliver(company, 'aws-cloudwatch', sampleOf('aws-cloudwatch', 'sns-plain-text-message').body, contentType)
    const [incident] = await incidentsOf(company, 1)
    expect(incident).toMatchObject({ status: 'open', assets: [], problemCount: 1 })
    expect(await settledBalance(program, company.id, 3)).toMatchObject({ accepted: 3, emitted: 1, dropped: { no_alert: 1, no_data: 1 }, difference: 0 })
    expect((await receiptOf(confirmation)).elements).toMatchObject([{ fate: 'dropped', reason: 'no_alert', incidentId: null }])
    expect((await receiptOf(noData)).elements).toMatchObject([{ fate: 'dropped', reason: 'no_data', incidentId: null }])
    expect((await receiptOf(plain)).elements).toMatchObject([{ fate: 'emitted', incidentId: incident!.id }])
  })
})

it('refuses an SNS message that neither we nor SNS have signed, even where no signature of ours is asked for', async () => {
  const company = await onboard(program, 'Unsigned SNS')
  const unsigned = await program.api<Company>('POST', `/api/companies/${company.id}/integrations`, { source: 'aws-cloudwatch', requireHmac: false })
  await keyWorks(program, unsigned, 'aws-cloudwatch')
  const { body } = sampleOf('aws-cloudwatch', 'sns-alarm-rds-cpu')
  const answer = await fetch(`${program.url}/api/webhooks/aws-cloudwatch?api_key=${unsigned.apiKey}`, { method: 'POST', headers: { 'content-type': TEXT, 'x-amz-sns-message-type': 'Notification' }, body })
  expect(answer.status).toBe(401)
  expect(await answer.text()).not.toMatch(/SNS|certificate|older/)
  expect(await settledBalance(program, company.id, 0)).toMatchObject({ accepted: 0, difference: 0 })
  expect(await api.incidents(`&company=${company.id}`)).toEqual([])
})
