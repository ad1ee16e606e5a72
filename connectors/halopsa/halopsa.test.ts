import { describe, expect, it } from 'vitest'
import { inWorld, type ContractWorld } from '../../test/contracts/connector/subject.ts'
import { startHaloPsa } from '../../test/fakes/psa/halopsa.ts'
import { oauthAddress, readTokenAnswer } from '../vault/oauth.ts'
import { config } from './config.ts'
import { halopsa } from './index.ts'

const { oauth, hosts } = config
const inHalo = (body: (world: ContractWorld) => Promise<void>): Promise<void> => inWorld(halopsa, startHaloPsa, async (world) => {
  await body(world)
  expect(world.fake.faults).toEqual([])
})

async function told({ ctx }: ContractWorld, from: string, rounds: number): Promise<{ readonly ids: readonly string[]; readonly most: number }> {
  const ids: string[] = []
  let [cursor, most] = [from, 0]
  for (let round = 0; round < rounds; round++) {
    const { changed, cursor: next } = await halopsa.changedSince(cursor, ctx())
    ids.push(...changed.map(({ ref }) => ref.externalId))
    most = Math.max(most, changed.length)
    cursor = next
  }
  return { ids, most }
}

describe('tokens of HaloPSA', () => {
  it.each([
    ['a tenant with its own authorisation server', { authHost: 'northwind.halopsa.com', authPath: 'auth', tenant: 'northwind' }, 'https://northwind.halopsa.com/auth/token?tenant=northwind'],
    ['a hosted tenant', { authHost: 'auth.haloservicedesk.com', authPath: 'auth', tenant: 'northwind' }, 'https://auth.haloservicedesk.com/auth/token?tenant=northwind'],
    ['a host that is not Halo’s', { authHost: 'evil.example', authPath: 'auth', tenant: 'northwind' }, undefined],
    ['a tenant that would be more of the address', { authHost: 'northwind.halopsa.com', authPath: 'auth', tenant: 'x&y=1' }, undefined],
  ])('of %s are asked for at its address', (_name, fields, address) => {
    expect(oauthAddress(oauth!.tokenUrl, { baseUrl: 'https://northwind.halopsa.com/api', fields, hosts })?.href).toBe(address)
  })

  it('are had by client credentials in the form, and not with a wrong secret', () => inHalo(async ({ fake }) => {
    const url = oauthAddress(oauth!.tokenUrl, { baseUrl: fake.baseUrl, fields: fake.fields, hosts })
    const ask = async (secret: string): Promise<unknown> => (await fetch(url!, { method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials', client_id: fake.fields.clientId ?? '', client_secret: secret, scope: oauth!.defaultScopes.join(' ') }) })).json()
    expect(readTokenAnswer(await ask(fake.credentials.clientSecret ?? ''))).toMatchObject({ accessToken: fake.credentials.accessToken, expiresInS: 3_600 })
    expect(readTokenAnswer(await ask('wrong'))).toMatchObject({ error: 'invalid_client' })
  }))
})

describe('changes in HaloPSA', () => {
  it('of more than 200 tickets in an hour are all told, at most 200 at once, though the list has an order of its own', () => inHalo(async (world) => {
    const { fake, clock, ctx } = world
    const { cursor } = await halopsa.changedSince(null, ctx())
    const ids: string[] = []
    for (let at = 0; at < 230; at++) {
      clock.tick(10_000)
      ids.push(fake.technician.open(`ticket ${at}`))
    }
    clock.tick(60_000)
    const found = await told(world, cursor, 4)
    expect([...new Set(found.ids)]).toEqual(ids)
    expect(found.most).toBeLessThanOrEqual(200)
  }))

  it('of one instant, as a mass edit makes them, are told in rounds, and what comes after them too', () => inHalo(async (world) => {
    const { fake, clock, ctx } = world
    const { cursor } = await halopsa.changedSince(null, ctx())
    clock.tick(3_600_000)
    const ids = Array.from({ length: 230 }, (_one, at) => fake.technician.open(`ticket ${at}`))
    clock.tick(600_000)
    ids.push(fake.technician.open('later'))
    clock.tick(600_000)
    const found = await told(world, cursor, 3)
    expect([...new Set(found.ids)].sort()).toEqual([...ids].sort())
    expect(found.most).toBe(200)
  }))
})

describe('tickets in HaloPSA', () => {
  it('are found among the newest where the search has not caught up yet', () => inHalo(async ({ fake, draft, ctx }) => {
    const wanted = draft()
    const { ref } = await halopsa.create(wanted, ctx())
    fake.trouble({ is: { status: 200, json: { record_count: 0, tickets: [] } }, method: 'GET', path: /\/Tickets$/ })
    expect((await halopsa.find(wanted.externalRef, ctx()))?.externalId).toBe(ref.externalId)
  }))

  it('that are gone are not made again by a change of them', () => inHalo(async ({ fake, made, ctx, connection }) => {
    const { ref } = await made()
    fake.technician.remove(ref.externalId)
    await expect(halopsa.update(ref, { mapping: connection.mapping, state: 'resolved' }, ctx())).rejects.toMatchObject({ code: 'not_found' })
    expect(fake.tickets()).toHaveLength(1)
  }))

  it('merged by a technician say into which', () => inHalo(async ({ fake, made, ctx }) => {
    const [from, into] = [await made(), await made()]
    fake.technician.merge(from.ref.externalId, into.ref.externalId)
    expect(await halopsa.read(from.ref, ctx())).toMatchObject({ mergedIntoId: into.ref.externalId, state: 'resolved' })
  }))

  it('are read without names where agents may not be seen', () => inHalo(async ({ fake, made, ctx }) => {
    const { ref } = await made({ assigneeId: fake.world.users[0].id })
    fake.withdraw('other agents')
    expect(await halopsa.read(ref, ctx())).toMatchObject({ assignee: { externalId: fake.world.users[0].id, name: 'Sam Field', email: null } })
  }))
})

describe('the check of HaloPSA', () => {
  it('names the types the agent may log where the mapped one is none of them', () => inHalo(async ({ ctx, connection }) => {
    const context = ctx()
    const { ok, findings } = await halopsa.check({ ...context, connection: { ...connection, mapping: { ...connection.mapping, place: { ticketType: '44', team: 'Nobody' } } } })
    expect(ok).toBe(false)
    const wrong = findings.filter((finding) => !finding.ok).map(({ text }) => text).join('\n')
    expect(wrong).toMatch(/log tickets of the type 44.*1 \(Incident\)/)
    expect(wrong).toContain('"Nobody" is not known there')
  }))
})
