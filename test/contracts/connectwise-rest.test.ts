/** What a stranger's client of ConnectWise (npm connectwise-rest) makes of our fake: were the fake only what our connector expects, this would show it. */
import { ManageAPI } from 'connectwise-rest'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import { startConnectwiseManage } from '../fakes/psa/connectwise-manage.ts'
import type { PsaFake } from '../fakes/psa/psa-fake.ts'

let fake: PsaFake
let client: ManageAPI

beforeEach(async () => {
  fake = await startConnectwiseManage({ clock: new TestClock() })
  client = made(fake.credentials.privateKey ?? '')
})
afterEach(() => fake.stop())

/** The client; it knows https alone, so each of its parts is told where the fake is. */
function made(privateKey: string): ManageAPI {
  const api = new ManageAPI({ companyId: 'northwind', publicKey: fake.credentials.publicKey ?? '', privateKey, companyUrl: 'unused.example', clientId: fake.fields.clientId ?? '', logger: () => undefined })
  for (const part of [api, api.ServiceAPI, api.TimeAPI, api.CompanyAPI, api.SystemAPI]) {
    const instance: unknown = Reflect.get(part, 'instance')
    if (typeof instance === 'function' && 'defaults' in instance) Object.assign(instance.defaults as object, { baseURL: fake.baseUrl })
  }
  return api
}

const create = (summary: string, more: object = {}): ReturnType<typeof client.ServiceAPI.postServiceTickets> => client.ServiceAPI.postServiceTickets({ summary, board: { name: 'Alerts' }, company: { identifier: 'Northwind' }, ...more })

describe('connectwise-rest against our ConnectWise', () => {
  it('creates a ticket, reads it, changes it and closes it', async () => {
    const ticket = await create('Disk full on NW-DC01', { status: { name: 'New' }, priority: { id: 7 }, externalXRef: 'AW-0123456789AB', initialDescription: 'It is full.' })
    expect(ticket).toMatchObject({ summary: 'Disk full on NW-DC01', board: { id: 2, name: 'Alerts' }, company: { id: 250, name: 'Northwind Traders' }, priority: { name: 'Priority 2 - Quick Response' }, externalXRef: 'AW-0123456789AB', closedFlag: false })
    const id = ticket.id ?? 0
    expect(await client.ServiceAPI.getServiceTicketsById(id)).toEqual(ticket)
    // Its types take objects for values alone; the vendor takes any value, and so does the client.
    const operations: object[] = [{ op: 'replace', path: 'summary', value: 'Disk full again' }, { op: 'replace', path: 'status', value: { name: '>Closed' } }, { op: 'replace', path: 'owner', value: { identifier: 'jdoe' } }]
    expect(await client.ServiceAPI.patchServiceTicketsById(id, operations)).toMatchObject({ summary: 'Disk full again', closedFlag: true, owner: { id: 11, name: 'Jane Doe' } })
    expect(fake.tickets()).toMatchObject([{ title: 'Disk full again', state: 'closed', text: 'It is full.', assigneeId: '11' }])
    expect(fake.faults).toEqual([])
  })

  it('pages through tickets until a page is not full', async () => {
    for (let at = 0; at < 12; at++) await create(`Router ${at} down`)
    await create('Printer jam')
    const found = await client.paginate(client.ServiceAPI.getServiceTickets.bind(client.ServiceAPI), { pageSize: fake.pageSize }, { conditions: 'summary contains "router" and board/name="Alerts"', orderBy: 'id desc' }) as { summary: string }[]
    expect(found.map(({ summary }) => summary)).toEqual(Array.from({ length: 12 }, (_unused, at) => `Router ${11 - at} down`))
    expect(fake.calls.filter(({ method, query }) => method === 'GET' && query.includes('page=')).map(({ query }) => new URLSearchParams(query).get('page'))).toEqual(['1', '2', '3'])
    expect(await client.ServiceAPI.getServiceTicketsCount({ conditions: 'summary like "Router 1%"' })).toEqual({ count: 3 })
    expect(await client.ServiceAPI.postServiceTicketsSearch({ conditions: 'summary = "printer jam"' })).toHaveLength(1)
    expect(fake.faults).toEqual([])
  })

  it('writes notes for technicians and for the client, and reads them both ways', async () => {
    const { id = 0 } = await create('Disk full')
    await client.ServiceAPI.postServiceTicketsByParentIdNotes(id, { text: 'only for us', internalAnalysisFlag: true })
    await client.ServiceAPI.postServiceTicketsByParentIdNotes(id, { text: 'for everybody', detailDescriptionFlag: true })
    expect(await client.ServiceAPI.getServiceTicketsByParentIdNotes(id)).toMatchObject([{ text: 'only for us', internalAnalysisFlag: true, createdBy: 'AWhisper' }, { text: 'for everybody', detailDescriptionFlag: true }])
    expect(await client.ServiceAPI.getServiceTicketsByParentIdAllNotes(id, { pageSize: 1 })).toMatchObject([{ noteType: 'TicketNote', text: 'only for us' }])
    expect(fake.tickets()[0]?.notes.map(({ isPublic }) => isPublic)).toEqual([false, true])
    expect(fake.faults).toEqual([])
  })

  it('puts tickets below one and merges them', async () => {
    const [parent, child, double] = [await create('Storm'), await create('A drop'), await create('The same drop')]
    await client.ServiceAPI.postServiceTicketsByParentIdAttachChildren(parent.id ?? 0, { childTicketIds: [child.id ?? 0] })
    await client.ServiceAPI.postServiceTicketsByParentIdMerge(child.id ?? 0, { mergeTicketIds: [double.id ?? 0], status: { name: '>Closed' } })
    expect(await client.ServiceAPI.getServiceTicketsById(child.id ?? 0)).toMatchObject({ parentTicketId: parent.id, hasMergedChildTicketFlag: true })
    expect(await client.ServiceAPI.getServiceTicketsById(double.id ?? 0)).toMatchObject({ mergedParentTicket: { id: child.id }, closedFlag: true })
    await expect(client.ServiceAPI.postServiceTicketsByParentIdMerge(parent.id ?? 0, { mergeTicketIds: [child.id ?? 0], status: { name: 'New' } })).rejects.toMatchObject({ status: 400 })
    expect(fake.faults).toEqual([])
  })

  it('finds companies, members and configurations', async () => {
    expect(await client.CompanyAPI.getCompanyCompanies({ conditions: 'website contains "contoso"' })).toMatchObject([{ id: 251, name: 'Contoso Ltd' }])
    expect(await client.CompanyAPI.getCompanyConfigurations('', { conditions: 'company/id=250 and activeFlag=true' })).toMatchObject([{ name: 'NW-DC01' }])
    expect(await client.SystemAPI.getSystemMembers({ conditions: 'licenseClass="A"' })).toMatchObject([{ identifier: 'AWhisper' }])
    expect(fake.faults).toEqual([])
  })

  it('hears of mistakes as ConnectWise tells them', async () => {
    await expect(client.ServiceAPI.postServiceTickets({ summary: 'x', company: { id: 4 } })).rejects.toMatchObject({ status: 400, data: { code: 'InvalidObject', errors: [{ field: 'company' }] } })
    await expect(client.ServiceAPI.getServiceTicketsById(4)).rejects.toMatchObject({ status: 404, data: { code: 'NotFound' } })
    await expect(client.ServiceAPI.getServiceTickets({ conditions: 'colour="red"' })).rejects.toMatchObject({ status: 400 })
    fake.withdraw('Service Tickets: Inquire')
    await expect(client.ServiceAPI.getServiceTickets()).rejects.toMatchObject({ status: 403 })
    await expect(made('wrong').ServiceAPI.getServiceTickets()).rejects.toMatchObject({ status: 401 })
  })
})
