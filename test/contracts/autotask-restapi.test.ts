/** What a stranger's client of Autotask (npm @apigrate/autotask-restapi) makes of our fake: were the fake only what our connector expects, this would show it. */
import { createRequire } from 'node:module'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import { startAutotask } from '../fakes/psa/autotask.ts'
import type { PsaFake } from '../fakes/psa/psa-fake.ts'

interface Made { readonly itemId: number }
interface Found { readonly items: readonly Record<string, unknown>[]; readonly pageDetails: { readonly count: number; readonly nextPageUrl: string | null } }
interface Entity {
  query(search: object): Promise<Found>
  count(search: object): Promise<{ readonly queryCount: number }>
  get(id: number): Promise<{ readonly item: Record<string, unknown> | null }>
  create(entity: object): Promise<Made>
  update(entity: object): Promise<Made>
  info(): Promise<{ readonly info: Record<string, unknown> }>
  fieldInfo(): Promise<{ readonly fields: readonly { readonly name: string; readonly picklistValues: readonly { readonly value: string; readonly label: string }[] | null }[] }>
}
interface ChildEntity { query(search: object): Promise<Found>; create(parentId: number, entity: object): Promise<Made> }
interface Client { readonly Tickets: Entity; readonly Companies: Entity; readonly Resources: Entity; readonly TicketNotes: ChildEntity; readonly TicketAttachments: ChildEntity; readonly TimeEntries: Entity; readonly zoneInfo: { readonly url: string } | null }
// It comes without types: these are of its calls that are made here.
const { AutotaskRestApi, FilterOperators } = createRequire(import.meta.url)('@apigrate/autotask-restapi') as { AutotaskRestApi: new (user: string, secret: string, code: string, options: { base_url: string }) => Client; FilterOperators: Readonly<Record<string, string>> }

let fake: PsaFake
let client: Client

beforeEach(async () => {
  fake = await startAutotask({ clock: new TestClock() })
  client = made(fake.credentials.secret ?? '')
})
afterEach(() => fake.stop())

const made = (secret: string): Client => new AutotaskRestApi(fake.fields.userName ?? '', secret, fake.credentials.integrationCode ?? '', { base_url: `${fake.baseUrl}/` })

/** The value of a picklist by its label, as every client of Autotask has to look it up. */
async function pick(field: string, label: string): Promise<number> {
  const { fields } = await client.Tickets.fieldInfo()
  return Number(fields.find(({ name }) => name === field)?.picklistValues?.find((one) => one.label === label)?.value)
}

async function create(title: string): Promise<number> {
  const ticket = { companyID: 174, title, status: await pick('status', 'New'), priority: await pick('priority', 'High'), queueID: await pick('queueID', 'Monitoring Alert'), dueDateTime: '2026-01-02T00:00:00Z', externalID: 'AW-0123456789AB' }
  return (await client.Tickets.create(ticket)).itemId
}

describe('@apigrate/autotask-restapi against our Autotask', () => {
  it('asks for the zone, creates a ticket, reads it, changes a field of it', async () => {
    const id = await create('Disk full on NW-DC01')
    expect(client.zoneInfo?.url).toBe(`${fake.baseUrl}/`)
    expect((await client.Tickets.get(id)).item).toMatchObject({ id, title: 'Disk full on NW-DC01', companyID: 174, externalID: 'AW-0123456789AB' })
    expect(await client.Tickets.update({ id, status: await pick('status', 'Complete'), resolution: 'Log files were removed.' })).toEqual({ itemId: id })
    expect(fake.tickets()).toMatchObject([{ id: String(id), state: 'closed', title: 'Disk full on NW-DC01', resolution: 'Log files were removed.' }])
    expect(fake.faults).toEqual([])
  })

  it('queries page by page, by id', async () => {
    for (let at = 0; at < fake.pageSize + 2; at++) await create(`Router ${at} down`)
    await create('Printer jam')
    const search = { MaxRecords: 500, filter: [{ op: FilterOperators.contains, field: 'title', value: 'router' }, { op: FilterOperators.eq, field: 'companyID', value: 174 }] }
    const first = await client.Tickets.query(search)
    expect(first.items.map(({ title }) => title)).toEqual(Array.from({ length: fake.pageSize }, (_unused, at) => `Router ${at} down`))
    // The client leaves the next page to its user: the same body to the address the answer names.
    const headers = { ApiIntegrationCode: fake.credentials.integrationCode ?? '', UserName: fake.fields.userName ?? '', Secret: fake.credentials.secret ?? '', 'content-type': 'application/json' }
    const second = (await (await fetch(first.pageDetails.nextPageUrl ?? '', { method: 'POST', headers, body: JSON.stringify(search) })).json()) as Found
    expect(second.items.map(({ title }) => title)).toEqual([`Router ${fake.pageSize} down`, `Router ${fake.pageSize + 1} down`])
    expect(second.pageDetails.nextPageUrl).toBeNull()
    expect(await client.Tickets.count({ filter: [{ op: 'exist', field: 'id' }] })).toEqual({ queryCount: fake.pageSize + 3 })
    expect(fake.faults).toEqual([])
  })

  it('writes notes and files below a ticket', async () => {
    const id = await create('Disk full')
    await client.TicketNotes.create(id, { title: 'For us', description: 'only for us', noteType: 93, publish: 72 })
    await client.TicketNotes.create(id, { title: 'For all', description: 'for everybody', noteType: 93, publish: 71 })
    await client.TicketAttachments.create(id, { attachmentType: 'FILE_ATTACHMENT', title: 'disk', fullPath: 'disk.txt', publish: 72, data: Buffer.from('C: 98 %').toString('base64') })
    expect((await client.TicketNotes.query({ filter: [{ op: 'eq', field: 'ticketID', value: id }] })).items).toMatchObject([{ description: 'only for us', publish: 72 }, { description: 'for everybody', publish: 71 }])
    expect(fake.tickets()[0]).toMatchObject({ notes: [{ isPublic: false }, { isPublic: true }], attachments: [{ name: 'disk.txt', isPublic: false }] })
    expect(fake.tickets()[0]?.attachments[0]?.bytes.toString()).toBe('C: 98 %')
    expect(fake.faults).toEqual([])
  })

  it('finds companies and resources, and what may be done with an entity', async () => {
    expect((await client.Companies.query({ filter: [{ op: 'beginsWith', field: 'companyName', value: 'conto' }], IncludeFields: ['companyName'] })).items).toEqual([{ id: 175, companyName: 'Contoso Ltd' }])
    expect((await client.Resources.query({ filter: [{ op: 'or', items: [{ op: 'eq', field: 'userName', value: 'jdoe' }, { op: 'eq', field: 'userName', value: 'rroe' }] }] })).items).toHaveLength(2)
    expect((await client.Tickets.info()).info).toMatchObject({ userAccessForCreate: 'All', userAccessForDelete: 'None' })
    expect(fake.faults).toEqual([])
  })

  it('hears of mistakes as Autotask tells them', async () => {
    expect(await client.Tickets.get(4)).toEqual({ item: null })
    await expect(client.Tickets.create({ companyID: 174, title: 'x', status: 5, priority: 1, dueDateTime: '2026-01-02T00:00:00Z', queueID: 29_683_354 })).rejects.toMatchObject({ status: 500, details: { errors: ['Value for status is not valid.'] } })
    await expect(client.Tickets.query({ filter: [{ op: 'eq', field: 'colour', value: 'red' }] })).rejects.toMatchObject({ status: 500 })
    fake.withdraw('tickets View')
    await expect(client.Tickets.query({ filter: [{ op: 'exist', field: 'id' }] })).rejects.toMatchObject({ status: 500, details: { errors: [expect.stringContaining('permissions')] } })
    await expect(made('wrong').Companies.query({ filter: [] })).rejects.toMatchObject({ status: 401 })
  })
})
