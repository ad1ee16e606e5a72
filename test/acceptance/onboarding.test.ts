/**
 * The story: an MSP admin takes on a company at a terminal. Two tools are connected with what the commands print and nothing else: PRTG, which cannot sign, and
 * Sentry, which signs with a secret of its own. Keys are looked after the same way: last use, rotation with overlap, revocation, removal.
 */
import { execFile } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CreatedIntegration, Rotated } from '../../cli/integrations.ts'
import type { IntegrationView } from '../../schemas/views.ts'
import { admin } from '../harness/client.ts'
import { Program, until } from '../harness/process.ts'

const root = join(import.meta.dirname, '../..')
const COMPANY = 'Printed & Pasted Ltd'
let program: Program
let folder: string
let companyId: string

beforeAll(async () => {
  program = await Program.fromNothing()
  await program.start()
  folder = mkdtempSync(join(tmpdir(), 'onboarding-'))
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await program.remove()
})

interface Ran { readonly code: number; readonly out: string; readonly err: string }

function aw(args: readonly string[], input = ''): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [join(root, 'main.ts'), ...args], { cwd: root, env: { PATH: process.env.PATH ?? '', AW_PORT: String(program.port), AW_DATA_DIR: program.dataDir } }, (error, out, err) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, out, err })
    })
    child.stdin?.end(input)
  })
}

async function told<T>(args: readonly string[], input = ''): Promise<T> {
  const { code, out, err } = await aw([...args, '--json'], input)
  expect([code, err], args.join(' ')).toEqual([0, ''])
  return JSON.parse(out) as T
}

const integration = (...args: string[]): string[] => ['integration', args[0] ?? '', ...args.slice(1), '--company', COMPANY]
const listed = async (name: string): Promise<IntegrationView> => (await told<{ items: IntegrationView[] }>(integration('list'))).items.find((one) => one.name === name)!

function send(url: string, body: string, type: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  return fetch(url, { method: 'POST', headers: { 'content-type': type, ...headers }, body }).then(({ status }) => status)
}

describe('a tool that cannot sign', () => {
  let url: string
  let template: string
  const values: Readonly<Record<string, string>> = { sensorid: '4711', sensor: 'Ping', device: 'core-switch', host: '10.0.0.1', status: 'Down', message: 'Request timed out', group: 'Core', priority: '*****' }
  /** The template as PRTG fills it in; what this release does not know stays as it is. */
  const body = (over: Readonly<Record<string, string>> = {}) => template.replaceAll(/%([a-z]+)/g, (placeholder, name: string) => encodeURIComponent({ ...values, ...over }[name] ?? placeholder))
  const post = (address: string, over: Readonly<Record<string, string>> = {}) => send(address, body(over), 'application/x-www-form-urlencoded')

  it('is connected by pasting what the commands print', async () => {
    const company = await aw(['company', 'create', COMPANY])
    expect([company.code, company.err]).toEqual([0, ''])
    companyId = /^company .*\((.+)\)$/m.exec(company.out)?.[1] ?? ''
    expect(company.out).toContain(`aw integration create --company "${COMPANY}" --source <source>`)

    const { code, out, err } = await aw(integration('create', '--source', 'prtg', '--unsigned', '--heartbeat', '1h30m'))
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^API key {6}aw_\S+$/m)
    expect(out).toMatch(/^HMAC secret {2}whsec_\S+$/m)
    expect(out).toContain('silent for 1h30m')
    expect(out).not.toMatch(/\{url\}|\{key\}|\{base\}/)
    url = /Set URL to (\S+),/.exec(out)?.[1] ?? ''
    template = /^sensorid=.*$/m.exec(out)?.[0] ?? ''
    expect(url).toBe(`${program.url}/api/webhooks/prtg?api_key=${/^API key +(\S+)$/m.exec(out)?.[1]}`)

    expect(await post(url)).toBe(202)
    const api = admin(program)
    const incident = await until('its alert is an incident', async () => (await api.incidents(`&company=${companyId}`))[0])
    expect(incident).toMatchObject({ status: 'open', severity: 'high', assets: ['core-switch'], sources: ['prtg'] })
    expect(await post(url, { status: 'Up' })).toBe(202)
    await until('and ends', async () => (await api.incident(incident.id)).status === 'resolved')
  })

  it('is listed with the last use of its key', async () => {
    const used = await until('the use is written down', async () => (await listed('prtg')).keys[0]?.lastUsedAt)
    expect(Date.parse(used)).toBeGreaterThan(0)
    expect((await aw(integration('list'))).out).toMatch(/^prtg +prtg +no +1h30m +\S+ +\d{4}-\d\d-\d\dT/m)
  })

  it('keeps its key over a rotation, and loses it with the revocation', async () => {
    const before = (await listed('prtg')).keys[0]!.id
    const rotated = await told<Rotated>(integration('rotate', 'prtg', '--overlap', '1h'))
    expect(rotated).toMatchObject({ ended: [], integration: { keys: [{ expiresAt: null }, { id: before, expiresAt: expect.any(String) }] } })
    const next = `${program.url}/api/webhooks/prtg?api_key=${rotated.issued!.apiKey}`
    expect([await post(url), await post(next)]).toEqual([202, 202])

    const revoked = await aw(integration('revoke-key', 'prtg', before))
    expect([revoked.code, revoked.err, revoked.out]).toEqual([0, '', expect.stringContaining('Live keys left: 1.')])
    expect([await post(url), await post(next)]).toEqual([401, 202])

    const at = await told<Rotated>(integration('rotate', 'prtg', '--overlap', '0'))
    expect(at.ended).toEqual([rotated.integration.keys[0]!.id])
    expect([await post(next), await post(`${program.url}/api/webhooks/prtg?api_key=${at.issued!.apiKey}`)]).toEqual([401, 202])

    const removed = await aw(integration('remove', 'prtg'))
    expect([removed.code, removed.out]).toEqual([0, expect.stringContaining('live keys that ended with it: 1')])
    expect(await post(`${program.url}/api/webhooks/prtg?api_key=${at.issued!.apiKey}`)).toBe(401)
  })

  it('is warned of where the integration would refuse all it sends', async () => {
    const { code, err } = await aw(integration('create', '--source', 'prtg', '--name', 'Signed PRTG'))
    expect([code, err]).toEqual([0, expect.stringContaining('PRTG Network Monitor cannot sign')])
    expect(await post(`${program.url}/api/webhooks/prtg?api_key=${(await told<Rotated>(integration('rotate', 'Signed PRTG'))).issued!.apiKey}`)).toBe(401)
  })
})

describe('a tool that signs with a secret of its own', () => {
  it('is believed once that secret is stored', async () => {
    const made = await told<CreatedIntegration>(integration('create', '--source', 'sentry'))
    expect(made.warnings).toContainEqual(expect.stringContaining('proves itself by a vendor secret'))
    const address = /Webhook URL: (\S+)\./.exec(made.guide.setup.join('\n'))?.[1] ?? ''
    const body = readFileSync(join(root, 'processors/sources/sentry/testdata/firing.in.json'), 'utf8')
    const signed = (secret: string) => send(address, body, 'application/json', { 'sentry-hook-signature': createHmac('sha256', secret).update(body).digest('hex') })
    expect(await signed('the client secret')).toBe(401)

    const stored = await aw(integration('rotate', 'sentry', '--vendor-secret-file', '-'), 'the client secret\n')
    expect([stored.code, stored.out]).toEqual([0, expect.stringContaining('A new vendor secret is stored.')])
    expect([await signed('the client secret'), await signed('another')]).toEqual([202, 401])
    expect(stored.out + stored.err).not.toContain('the client secret')
  })
})

describe('a tool without an adapter', () => {
  const payload = JSON.stringify({ machine: 'db-1', rule: 'disk', level: 'critical', state: 'firing', id: 'a-1', text: 'disk is full' })

  it('gets a mapping that is suggested, tried and stored', async () => {
    const file = join(folder, 'mapping.json')
    const suggested = await aw(['mapping', 'suggest', '--source', 'my-tool'], payload)
    expect([suggested.code, suggested.err]).toEqual([0, expect.stringContaining('field')])
    writeFileSync(file, suggested.out)
    const tried = await aw(['mapping', 'try', '--source', 'my-tool', '--mapping', file], payload)
    expect([tried.code, tried.err, tried.out]).toEqual([0, '', expect.stringContaining('a-1')])

    const { code, out } = await aw(integration('create', '--source', 'my-tool', '--mapping', file))
    expect([code, out]).toEqual([0, expect.stringContaining('No adapter has the id my-tool')])
    expect((await listed('my-tool')).mapping).toEqual(JSON.parse(suggested.out))

    writeFileSync(file, '{"asset":"a..b"}')
    const broken = await aw(['mapping', 'try', '--mapping', file], payload)
    expect([broken.code, broken.err]).toEqual([1, expect.stringContaining('the mapping: asset at 2')])
    const unread = await aw(['mapping', 'suggest', '--json'], '{')
    expect([unread.code, unread.out, JSON.parse(unread.err)]).toEqual([1, '', expect.objectContaining({ code: 'payload_invalid' })])
  })
})

describe('what cannot be done', () => {
  it.each([
    ['without a source', ['integration', 'create', '--company', COMPANY], 2, 'usage', '--source'],
    ['with a heartbeat that is no time', ['integration', 'create', '--company', COMPANY, '--source', 'prtg', '--heartbeat', '5'], 2, 'usage', 'a time from 1m to 7d'],
    ['with a mapping that is not there', ['integration', 'create', '--company', COMPANY, '--source', 'prtg', '--mapping', 'nowhere.json'], 2, 'usage', 'ENOENT'],
    ['for a company nobody knows', ['integration', 'list', '--company', 'Nobody'], 1, 'not_found', 'aw company create'],
    ['under a name that is taken', ['integration', 'create', '--company', COMPANY, '--source', 'sentry'], 1, 'conflict', 'name it otherwise'],
    ['to an integration that is not there', ['integration', 'rotate', 'nothing', '--company', COMPANY], 1, 'not_found', 'it has '],
    ['to a key that is not there', ['integration', 'revoke-key', 'sentry', 'nothing', '--company', COMPANY], 1, 'not_found', 'no such live key'],
  ] as const)('%s is said in one line', async (_what, args, code, error, words) => {
    const plain = await aw(args)
    expect([plain.code, plain.out, plain.err.trimEnd().split('\n').length, plain.err]).toEqual([code, '', 1, expect.stringContaining(words)])
    expect(JSON.parse((await aw([...args, '--json'])).err)).toEqual({ code: error, message: expect.stringContaining(words) })
  })
})
