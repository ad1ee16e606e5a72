import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { startAutotask } from '../../test/fakes/psa/autotask.ts'
import { holdTo } from '../../test/fakes/spec.ts'
import { inWorld, type ContractWorld } from '../../test/contracts/connector/subject.ts'
import type { HookDelivery } from '../port.ts'
import { autotask } from './index.ts'

const SECRET = 'autotask-webhook-secret'

/** A webhook with these words, signed with SHA-1 under a key, written as base64 or hex. */
function signed(words: object, { key = SECRET, as = 'base64' }: { readonly key?: string; readonly as?: 'base64' | 'hex' } = {}): HookDelivery {
  const body = Buffer.from(JSON.stringify({ Action: 'Update', Guid: 'g-1', EntityType: 'Ticket', Id: 7_001, Fields: {}, SequenceNumber: 9, ...words }))
  return { headers: { 'x-hook-signature': `sha1=${createHmac('sha1', key).update(body).digest(as)}` }, query: {}, body, receivedAtMs: 0 }
}

async function inAutotask(body: (world: ContractWorld, read: (delivery: HookDelivery, secret?: string) => ReturnType<NonNullable<typeof autotask.hook>['read']>) => Promise<void>): Promise<void> {
  await inWorld(autotask, startAutotask, (world) => body(world, (delivery, secret = SECRET) => autotask.hook!.read(delivery, secret, world.ctx())))
}

describe('webhooks of Autotask', () => {
  it('are of the form the vendor describes', () => inAutotask(async ({ fake, made }) => {
    await made()
    for (const { body } of fake.hooks) expect(holdTo('webhooks-inbound/openapi.json').faults('AutotaskWebhook', JSON.parse(body.toString()))).toEqual([])
  }))

  it('are hints with the guid and number of their event, and call nothing', () => inAutotask(async ({ fake }, read) => {
    expect(await read(signed({}))).toEqual(['7001'])
    expect(await read(signed({ Action: 'Delete', Fields: null, SequenceNumber: '10' }))).toEqual(['7001'])
    expect(fake.calls).toEqual([])
  }))

  it('are taken in base64 and in hex, for which of them is not written down', () => inAutotask(async (_world, read) => {
    expect(await read(signed({}, { as: 'hex' }))).toHaveLength(1)
    const bare = signed({})
    expect(await read({ ...bare, headers: { 'x-hook-signature': (bare.headers['x-hook-signature'] ?? '').slice(5) } })).toHaveLength(1)
  }))

  it('are nobody’s under another key, and none is signed with no key', () => inAutotask(async (_world, read) => {
    expect(await read(signed({}, { key: 'another' }))).toBeNull()
    expect(await read(signed({}, { key: '' }), '')).toBeNull()
    expect(await read({ ...signed({}), headers: {} })).toBeNull()
    expect(await read({ ...signed({}), headers: { 'x-hook-signature': `sha1=${'0'.repeat(40)}` } })).toBeNull()
  }))

  it('of a note name the ticket it is of', () => inAutotask(async ({ fake, made }, read) => {
    const { ref } = await made()
    fake.technician.comment(ref.externalId, 'I am on it')
    expect(JSON.parse(fake.hooks.at(-1)?.body.toString() ?? '')).toMatchObject({ EntityType: 'TicketNote', Action: 'Create' })
    expect(await read(fake.hooks.at(-1)!)).toEqual([ref.externalId])
    expect(await read(signed({ EntityType: 'TicketNote', Id: 999_999 }))).toEqual([])
  }))

  it('of other records, and of the end of the webhook, name no ticket', () => inAutotask(async (_world, read) => {
    for (const words of [{ EntityType: 'Account' }, { Action: 'Deactivated' }]) expect(await read(signed(words))).toEqual([])
  }))
})
