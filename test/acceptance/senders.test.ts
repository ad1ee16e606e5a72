/**
 * The story: a company points tools at the running program that cannot sign as we do. Each proves itself in its own way; secrets are replaced without a gap,
 * and what is revoked is refused by the very next request.
 */
import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { IntegrationView } from '../../schemas/views.ts'
import { admin, onboard, type Client } from '../harness/client.ts'
import { Program } from '../harness/process.ts'
import { alertBody, type Company } from '../harness/sender.ts'

const [FIRST, SECOND] = ['hush-hush-first', 'hush-hush-second']
let program: Program
let company: Company
let api: Client

beforeAll(async () => {
  program = await Program.up()
  await program.start()
  company = await onboard(program, 'Senders Ltd')
  api = admin(program)
})
afterAll(() => program.remove())

type Made = Company & { readonly integration: IntegrationView }

const integrations = (): string => `/api/companies/${company.id}/integrations`

async function made(draft: object): Promise<Made> {
  const { status, body, text } = await api.call<Made>('POST', integrations(), draft)
  expect([status, text.includes('hush-hush')]).toEqual([201, false])
  return body
}

async function post({ apiKey }: Made, source: string, body: object, headers: Record<string, string> = {}): Promise<number> {
  const answer = await fetch(`${program.url}/api/webhooks/${source}?api_key=${apiKey}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
  await answer.text()
  return answer.status
}

it('takes a tool with a header of its own, through a rotation, until its key is revoked', async () => {
  const tool = await made({ source: 'generic', name: 'tool', authentication: { staticHeader: 'X-Tool-Token' }, vendorSecret: FIRST })
  const say = (token?: string): Promise<number> => post(tool, 'alerts', alertBody(), token === undefined ? {} : { 'x-tool-token': token })
  expect([await say(FIRST), await say(), await say('wrong')]).toEqual([202, 401, 401])
  await api.call('PATCH', `${integrations()}/${tool.integration.id}`, { vendorSecret: SECOND })
  expect([await say(FIRST), await say(SECOND)]).toEqual([202, 202])
  await api.call('PATCH', `${integrations()}/${tool.integration.id}`, { vendorSecret: SECOND, vendorSecretOverlapSeconds: 0 })
  expect([await say(FIRST), await say(SECOND)]).toEqual([401, 202])
  const { status } = await api.call('DELETE', `${integrations()}/${tool.integration.id}/keys/${tool.integration.keys[0]!.id}`)
  expect([status, await say(SECOND)]).toEqual([204, 401])
})

it('takes what Sentry signs with its own secret, and nothing once the integration is deleted', async () => {
  const sentry = await made({ source: 'sentry', vendorSecret: FIRST })
  const body = { action: 'triggered', data: { event: { title: 'boom' } } }
  const say = (secret: string): Promise<number> => post(sentry, 'sentry', body, { 'sentry-hook-signature': createHmac('sha256', secret).update(JSON.stringify(body)).digest('hex') })
  expect([await say(FIRST), await say(SECOND), await post(sentry, 'sentry', body)]).toEqual([202, 401, 401])
  expect((await api.call('DELETE', `${integrations()}/${sentry.integration.id}`)).status).toBe(204)
  expect(await say(FIRST)).toBe(401)
})

it('takes nothing from a network that is not allowed, or while the integration is disabled', async () => {
  const meraki = await made({ source: 'meraki', vendorSecret: FIRST, authentication: { allowedNetworks: ['127.0.0.0/8', '::1'] } })
  const path = `${integrations()}/${meraki.integration.id}`
  const say = (): Promise<number> => post(meraki, 'meraki', { alertType: 'Uplink down', sharedSecret: FIRST })
  expect(await say()).toBe(202)
  for (const [change, status] of [[{ authentication: { allowedNetworks: ['203.0.113.0/24'] } }, 401], [{ authentication: { allowedNetworks: [] } }, 202], [{ disabled: true }, 401], [{ disabled: false }, 202]] as const) {
    expect((await api.call('PATCH', path, change)).status).toBe(200)
    expect(await say()).toBe(status)
  }
})

it('has said no secret anywhere', async () => {
  const { text } = await api.call('GET', '/api/audit?limit=200')
  const letters = await api.call('GET', '/api/dead-letters')
  for (const told of [text, letters.text, program.output, (await api.call('GET', integrations())).text]) expect(told).not.toContain('hush-hush')
  expect(program.output).toContain('a webhook request was refused with 401')
})
