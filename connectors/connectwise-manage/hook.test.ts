import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { startConnectwiseManage } from '../../test/fakes/psa/connectwise-manage.ts'
import { holdTo } from '../../test/fakes/spec.ts'
import { inWorld, type ContractWorld } from '../../test/contracts/connector/subject.ts'
import type { HookDelivery } from '../port.ts'
import { keyAddress } from './hook.ts'
import { connectwiseManage } from './index.ts'

/** A ticket somebody commented, and the callback of it. */
async function withCallback(body: (world: ContractWorld, delivery: HookDelivery, ticketId: string) => Promise<void>): Promise<void> {
  await inWorld(connectwiseManage, startConnectwiseManage, async (world) => {
    const { ref } = await world.made()
    world.fake.technician.comment(ref.externalId, 'I am on it')
    const delivery = world.fake.hooks.at(-1)
    if (delivery === undefined) throw new Error('no callback came')
    await body(world, delivery, ref.externalId)
  })
}

const read = (world: ContractWorld, delivery: HookDelivery): ReturnType<NonNullable<typeof connectwiseManage.hook>['read']> => connectwiseManage.hook!.read(delivery, '', world.ctx())
const keyCalls = ({ fake }: ContractWorld): number => fake.calls.filter(({ path }) => path.endsWith('/callback-key')).length

/** The callback with other words in it, signed by whom `key` is. */
function changed(delivery: HookDelivery, over: object, key?: string): HookDelivery {
  const body = Buffer.from(JSON.stringify({ ...(JSON.parse(delivery.body.toString()) as object), ...over }))
  const signature = key === undefined ? delivery.headers['x-content-signature'] ?? '' : createHmac('sha256', createHash('sha256').update(key).digest()).update(body).digest('base64')
  return { ...delivery, headers: { ...delivery.headers, 'x-content-signature': signature }, body }
}

describe('callbacks of ConnectWise', () => {
  it('are of the form the vendor describes', () => withCallback(async (_world, delivery) => {
    expect(holdTo('webhooks-inbound/openapi.json').faults('ConnectWiseCallback', JSON.parse(delivery.body.toString()))).toEqual([])
    expect(JSON.parse((JSON.parse(delivery.body.toString()) as { Entity: string }).Entity)).toMatchObject({ id: expect.any(Number) as number })
  }))

  it('come to the address as it is, though ConnectWise writes id and action at its end', () => withCallback(async (_world, { query }) => {
    const told = /"url":"([^"]+)"/.exec(connectwiseManage.config.guide.webhook.join('\n'))?.[1]?.replace('HOOK_ADDRESS', 'https://aw.example/api/hooks/connectwise-manage/c1.key') ?? ''
    const [id = '', action = ''] = Object.values(query)
    for (const end of [`${id}&action=${action}`, `?id=${id}&action=${action}`]) expect(new URL(told + end).pathname).toBe('/api/hooks/connectwise-manage/c1.key')
  }))

  it('are hints with the id of their message, signed under the SHA-256 of a key the server tells', () => withCallback(async (world, delivery, ticketId) => {
    expect(await read(world, delivery)).toEqual([ticketId])
    expect(keyCalls(world)).toBe(1)
  }))

  it('are nobody’s where the signature is absent, wrong, of another body, or under the key itself and not its hash', () => withCallback(async (world, delivery) => {
    const wrong = [undefined, '', 'AAAA', 'A'.repeat(44), createHmac('sha256', 'Y29ubmVjdHdpc2Utc2lnbmluZy1rZXk').update(delivery.body).digest('base64')]
    for (const signature of wrong) expect(await read(world, { ...delivery, headers: signature === undefined ? {} : { 'x-content-signature': signature } }), String(signature)).toBeNull()
    expect(await read(world, { ...delivery, body: Buffer.concat([delivery.body, Buffer.from(' ')]) })).toBeNull()
    expect(await read(world, changed(delivery, { ID: 1 }))).toBeNull()
  }))

  it('have their key asked for at our own ConnectWise and nowhere else', () => withCallback(async (world, delivery) => {
    const before = world.fake.calls.length
    for (const keyUrl of ['https://evil.example/key', 'http://169.254.169.254/latest/meta-data', 'http://127.0.0.1:1/key', 'file:///etc/passwd', `http://u:p@${new URL(world.fake.baseUrl).host}/key`, '//evil.example', '', null, 7]) {
      expect(await read(world, changed(delivery, { Metadata: { key_url: keyUrl } }, 'key of the attacker')), String(keyUrl)).toBeNull()
    }
    expect(await read(world, changed(delivery, { Metadata: null }))).toBeNull()
    expect(world.fake.calls).toHaveLength(before)
  }))

  it('name the site with or without its api-, and are asked at the one of the connection', () => {
    const base = 'https://api-na.myconnectwise.net/v4_6_release/apis/3.0'
    for (const host of ['api-na', 'na']) expect(keyAddress(`https://${host}.myconnectwise.net/v4_6_release/key?id=7`, base)).toBe('https://api-na.myconnectwise.net/v4_6_release/key?id=7')
    for (const wrong of ['http://api-na.myconnectwise.net/key', 'https://api-eu.myconnectwise.net/key', 'https://na.myconnectwise.net.evil.example/key', 'https://na.myconnectwise.net:8443/key', 'https://u@na.myconnectwise.net/key']) expect(keyAddress(wrong, base), wrong).toBeNull()
    expect(keyAddress('https://psa.example//evil.example/key', 'https://psa.example/v4_6_release/apis/3.0')).toBe('https://psa.example//evil.example/key')
  })

  it('of another company are not ours, even well signed', () => withCallback(async (world, delivery) => {
    const key = 'Y29ubmVjdHdpc2Utc2lnbmluZy1rZXk'
    expect(await read(world, changed(delivery, { CompanyId: 'contoso' }, key))).toBeNull()
    expect(await read(world, changed(delivery, { CompanyId: 'NORTHWIND' }, key))).toHaveLength(1)
  }))

  it('of other records name no ticket', () => withCallback(async (world, delivery) => {
    expect(await read(world, changed(delivery, { Type: 'company' }, 'Y29ubmVjdHdpc2Utc2lnbmluZy1rZXk'))).toEqual([])
  }))

  it('have their key looked up once more after a wrong signature, and not for each', () => withCallback(async (world, delivery) => {
    const ctx = world.ctx()
    for (let at = 0; at < 5; at++) expect(await connectwiseManage.hook!.read({ ...delivery, headers: { 'x-content-signature': 'AAAA' } }, '', ctx)).toBeNull()
    expect(keyCalls(world)).toBe(2)
  }))
})
