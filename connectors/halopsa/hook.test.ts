import { describe, expect, it } from 'vitest'
import { inWorld } from '../../test/contracts/connector/subject.ts'
import { startHaloPsa } from '../../test/fakes/psa/halopsa.ts'
import { holdTo } from '../../test/fakes/spec.ts'
import { halopsa } from './index.ts'

const FORM = '/webhooks/halopsa/post/requestBody/content/application~1json/schema'

async function read(body: unknown): Promise<readonly string[] | null> {
  let events: readonly string[] | null = null
  await inWorld(halopsa, startHaloPsa, async ({ ctx }) => void (events = await halopsa.hook!.read({ headers: {}, query: {}, body: Buffer.from(JSON.stringify(body)), receivedAtMs: 0 }, '', ctx())))
  return events
}

describe('webhooks of HaloPSA', () => {
  it('are of the form the vendor describes, alone or as a list', () => inWorld(halopsa, startHaloPsa, async ({ fake, made }) => {
    await made()
    await made()
    const bodies = fake.hooks.map(({ body }) => JSON.parse(body.toString()) as unknown)
    expect(new Set(bodies.map((body) => Array.isArray(body)))).toEqual(new Set([true, false]))
    for (const body of bodies) expect(holdTo('webhooks-inbound/openapi.json').faults(FORM, body)).toEqual([])
  }))

  it('of a batch are hints at each of their tickets', async () => {
    const batch = [{ id: 'e1', ticket: { id: 2_001 } }, { id: 'e2', ticket: null, action: { id: 9, ticket_id: 2_002 } }, { id: 'e3', object_id: '2003' }, { id: 'e4', event: 'Client Updated', object_id: null }]
    expect(await read(batch)).toEqual(['2001', '2002', '2003'])
  })

  it('take a body that the customer made, as far as it names the ticket', async () => {
    expect(await read({ ticket: { id: '2001' }, summary: 'x' })).toEqual(['2001'])
    await expect(read({ ticket: { id: '../../admin' } })).rejects.toMatchObject({ code: 'invalid' })
    await expect(read({ ticket: { summary: 'x' } })).rejects.toMatchObject({ code: 'invalid' })
  })

  it('of a batch beyond all bounds are cut', async () => expect(await read(Array.from({ length: 2_000 }, (_one, at) => ({ ticket: { id: at + 1 } })))).toHaveLength(500))
})
