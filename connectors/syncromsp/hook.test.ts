import { describe, expect, it } from 'vitest'
import { inWorld } from '../../test/contracts/connector/subject.ts'
import { startSyncro } from '../../test/fakes/psa/syncromsp.ts'
import { holdTo } from '../../test/fakes/spec.ts'
import { syncromsp } from './index.ts'

const FORM = '/webhooks/syncromsp/post/requestBody/content/application~1json/schema'

async function read(body: unknown): Promise<readonly string[] | null> {
  let events: readonly string[] | null = null
  await inWorld(syncromsp, startSyncro, async ({ ctx }) => void (events = await syncromsp.hook!.read({ headers: {}, query: {}, body: Buffer.from(JSON.stringify(body)), receivedAtMs: 0 }, '', ctx())))
  return events
}

describe('notifications of Syncro', () => {
  it('are of the form the vendor describes', () => inWorld(syncromsp, startSyncro, async ({ fake, made }) => {
    await made()
    for (const { body } of fake.hooks) expect(holdTo('webhooks-inbound/openapi.json').faults(FORM, JSON.parse(body.toString()))).toEqual([])
  }))

  it.each([
    ['of a ticket, by its attributes', { text: 'x', attributes: { id: 1_001, number: 5_001 } }, '1001'],
    ['of a comment or timer, by the ticket it is of', { attributes: { id: 77, ticket_id: 1_001 } }, '1001'],
    ['by the ticket within', { attributes: { ticket: { id: '1001' } } }, '1001'],
    ['by the link for people', { text: 'x', link: 'https://northwind.syncromsp.com/tickets/1001?x=1', attributes: { id: 9 } }, '1001'],
  ])('are a hint %s', async (_name, body, externalId) => expect(await read(body)).toEqual([externalId]))

  it.each([
    ['of a customer', { link: 'https://northwind.syncromsp.com/customers/51', attributes: { id: 51, business_name: 'Acme' } }],
    ['with a link that only looks like one', { link: 'https://northwind.syncromsp.com/tickets/1001x' }],
    ['with an id that is none', { attributes: { number: 1, id: '../admin' } }],
  ])('%s are refused', async (_name, body) => expect(read(body)).rejects.toMatchObject({ code: 'invalid' }))
})
