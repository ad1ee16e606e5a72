import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import type { Door, DoorVerdict } from './door.ts'
import { createDoors } from './registry.ts'

const SECRET = 'a shared secret'
const BODY = Buffer.from('{"event":{"id":"1"}}')
const clock = new TestClock()
const services = { clock, httpGet: () => Promise.reject(new Error('this door calls nobody')) }
const hex = (text: string | Buffer, secret = SECRET): string => createHmac('sha256', secret).update(text).digest('hex')

function doorOf(source: string): Door {
  const door = createDoors()(source)
  if (door === undefined) throw new Error(`no door for ${source}`)
  return door
}

function verify(source: string, headers: Record<string, string>, secret: string | null = SECRET): Promise<DoorVerdict> {
  return doorOf(source).verify({ headers, rawBody: BODY, secret }, services)
}

describe.each([
  ['sentry', 'sentry-hook-signature', (signature: string) => signature],
  ['pagerduty', 'x-pagerduty-signature', (signature: string) => `v1=${signature}`],
  ['grafana', 'x-grafana-alerting-signature', (signature: string) => signature],
] as const)('the door of %s', (source, header, write) => {
  it('accepts the right signature', async () => {
    expect(await verify(source, { [header]: write(hex(BODY)) })).toBe('valid')
  })

  it.each([hex(BODY, 'another secret'), hex('another body'), hex(BODY).slice(2), ''])('refuses the signature %j', async (signature) => {
    expect(await verify(source, { [header]: write(signature) })).toMatchObject({ invalid: expect.any(String) })
  })

  it('says absent without a signature, and refuses one when no secret is stored', async () => {
    expect(await verify(source, {})).toBe('absent')
    expect(await verify(source, { [header]: write(hex(BODY)) }, null)).toMatchObject({ invalid: expect.stringContaining('no secret') })
  })
})

describe('details of the vendors', () => {
  it('accepts any of the signatures PagerDuty sends while a secret rotates', async () => {
    expect(await verify('pagerduty', { 'x-pagerduty-signature': `v1=${hex(BODY, 'old')},v1=${hex(BODY)}` })).toBe('valid')
    expect(await verify('pagerduty', { 'x-pagerduty-signature': `v2=${hex(BODY)}` })).toMatchObject({ invalid: expect.stringContaining('v1') })
  })

  it('mixes the timestamp of Grafana into the signature and refuses an old one', async () => {
    const now = String(clock.now() / 1_000)
    const old = String(clock.now() / 1_000 - 301)
    const headers = (timestamp: string) => ({ 'x-grafana-alerting-timestamp': timestamp, 'x-grafana-alerting-signature': hex(`${timestamp}:${BODY.toString()}`) })
    expect(await verify('grafana', headers(now))).toBe('valid')
    expect(await verify('grafana', headers(old))).toMatchObject({ invalid: expect.stringContaining('five minutes') })
    expect(await verify('grafana', { 'x-grafana-alerting-timestamp': now, 'x-grafana-alerting-signature': hex(BODY) })).toMatchObject({ invalid: expect.any(String) })
  })

  it('has no door for a vendor that neither signs nor shakes hands', () => {
    expect(createDoors()('zabbix')).toBeUndefined()
  })
})
