import { describe, expect, it } from 'vitest'
import { inWorld } from '../../test/contracts/connector/subject.ts'
import { startAtera } from '../../test/fakes/psa/atera.ts'
import { holdTo } from '../../test/fakes/spec.ts'
import { atera } from './index.ts'

const FORM = '/webhooks/atera/post/requestBody/content/application~1json/schema'

async function read(body: unknown): Promise<readonly string[] | null> {
  let events: readonly string[] | null = null
  await inWorld(atera, startAtera, async ({ ctx }) => void (events = await atera.hook!.read({ headers: {}, query: {}, body: Buffer.from(JSON.stringify(body)), receivedAtMs: 0 }, '', ctx())))
  return events
}

describe('webhooks of Atera', () => {
  it('are of the form the vendor describes', () => inWorld(atera, startAtera, async ({ fake, made }) => {
    await made()
    for (const { body } of fake.hooks) expect(holdTo('webhooks-inbound/openapi.json').faults(FORM, JSON.parse(body.toString()))).toEqual([])
  }))

  it.each([[{ TicketID: 503 }], [{ ticketId: '503' }], [{ ticket_id: 503, id: 'e-1' }], [{ id: 9, Ticket: { Id: 503 } }], [{ data: { TicketID: 503 } }]])('are a hint in any of the forms that are seen: %o', async (body) => expect(await read(body)).toEqual(['503']))

  it.each([[{ id: 503 }], [{ TicketID: '503/../1' }], [{ TicketID: { a: 1 } }], [{ ticket: null }]])('%o names no ticket', async (body) => expect(read(body)).rejects.toMatchObject({ code: 'invalid' }))
})
