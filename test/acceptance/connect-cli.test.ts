/**
 * The story: an operator connects the MSP's Zendesk at a terminal. `aw connect` prints an address, somebody agrees there, the browser comes back, the connection is
 * checked and in use. Then its values are mapped, `aw doctor` tells how it stands, the master key is changed, and after a restart all of it still works. The secret
 * went in by standard input, and stands nowhere: not in what was printed, not in the log, not in any file of the data directory.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../schemas/clock.ts'
import type { ConnectionMade, ConnectionView } from '../../schemas/tickets.ts'
import { startOAuthServer, type OAuthServer } from '../fakes/oauth-server.ts'
import type { PsaFake } from '../fakes/psa/psa-fake.ts'
import { startZendesk } from '../fakes/psa/zendesk.ts'
import { signInAt } from '../harness/browser.ts'
import { Program, until } from '../harness/process.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const SECRET = 'the-client-secret-of-this-story'
let program: Program
let zendesk: PsaFake
let oauth: OAuthServer
let folder: string
/** Everything that was printed. */
let printed = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aw-connect-'))
  zendesk = await startZendesk({ clock: systemClock })
  oauth = await startOAuthServer({
    clientId: 'alert_whisperer', clientSecret: SECRET, clientAuth: 'body', now: () => systemClock.now(), paths: { authorize: '/oauth/authorizations/new', token: '/oauth/tokens' },
    api: { origin: new URL(zendesk.baseUrl).origin, authorization: `Basic ${Buffer.from(`${zendesk.fields['email'] ?? ''}/token:${zendesk.credentials['apiToken'] ?? ''}`).toString('base64')}` },
  })
  program = await Program.up()
  await program.start()
})
afterAll(async () => {
  await program.remove()
  await oauth.close()
  await zendesk.stop()
  rmSync(folder, { recursive: true, force: true })
})

interface Ended { readonly code: number | null; readonly out: string; readonly error: string }

/** Runs the command line; `said` is given what stands on standard error so far, whenever more comes. */
function aw(args: readonly string[], input = '', said: (text: string) => void = () => undefined): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(ROOT, 'main.ts'), ...args], { env: { PATH: process.env['PATH'] ?? '', AW_PORT: String(program.port), AW_DATA_DIR: program.dataDir } })
    let [out, error] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString() })
    child.stderr.on('data', (chunk: Buffer) => {
      error += chunk.toString()
      said(error)
    })
    child.stdin.end(input)
    child.on('close', (code) => {
      printed += out + error
      resolve({ code, out, error })
    })
  })
}
const json = async <T>(...args: readonly string[]): Promise<T> => {
  const { code, out, error } = await aw([...args, '--json'])
  expect([args, code, error]).toEqual([args, 0, ''])
  return JSON.parse(out) as T
}

it('says what is to be done in Zendesk, and what is to be given here', async () => {
  expect((await aw(['connectors'])).out).toMatch(/zendesk +Zendesk +api_key, oauth2_code/)
  const { out } = await aw(['connectors', 'zendesk'])
  for (const part of ['Rights it needs', '--secret clientSecret (oauth2_code)', 'aw connect zendesk --base-url']) expect(out).toContain(part)
  expect(await aw(['connectors', 'nobody'])).toMatchObject({ code: 1, error: expect.stringContaining('zendesk') })
})

it('refuses what cannot work before anything is stored, and repeats no secret', async () => {
  const wrong: [readonly string[], string][] = [
    [['nobody', '--base-url', 'https://x.test'], 'there is no connector'], [['zendesk'], '--base-url is needed'], [['zendesk', '--base-url', oauth.url, '--secret', `clientSecret=${SECRET}`], 'no file that can be read'],
    [['zendesk', '--base-url', oauth.url, '--auth', 'oauth2_code', '--field', 'clientId=alert_whisperer'], 'clientSecret'], [['zendesk', '--base-url', oauth.url, '--secret', 'clientSecret'], 'has no line'],
  ]
  for (const [args, text] of wrong) {
    const { code, error } = await aw(['connect', ...args])
    expect([args[0], code === 0, error]).toEqual([args[0], false, expect.stringContaining(text)])
  }
  expect(await json<ConnectionView[]>('connection', 'list')).toEqual([])
})

it('prints the address, waits until somebody has agreed, checks, and puts it into use', async () => {
  const pages: Promise<string>[] = []
  const agree = (text: string): void => {
    const address = /^http\S+$/m.exec(text)?.[0]
    if (address === undefined || pages.length > 0) return
    expect(address).toMatch(new RegExp(`^${program.url}/api/oauth/agree\\?key=[\\w-]{43}$`))
    // A mail scanner or chat that looks what the link is uses nothing up.
    pages.push(Promise.all(['HEAD', 'GET'].map((method) => fetch(address, { method }))).then(() => signInAt(address, async (vendor) => {
      expect(vendor).toContain(`${oauth.url}/oauth/authorizations/new?`)
      const location = await oauth.browse(vendor)
      expect(location).toContain(`${program.url}/api/oauth/callback?`)
      return location
    })))
  }
  const { code, out, error } = await aw(['connect', 'zendesk', '--base-url', `${oauth.url}/api/v2`, '--auth', 'oauth2_code', '--field', 'clientId=alert_whisperer', '--secret', 'clientSecret', '--make-webhook-secret', '--enable'], `${SECRET}\n`, agree)
  expect(await pages[0]).toMatch(/zendesk \(Zendesk\) is connected.*for all its companies.*Zendesk says whose account it is: signed in as/)
  expect(error).toContain('Connected.')
  expect([code, out]).toEqual([0, expect.stringContaining('zendesk works and is in use')])
  expect(out).toMatch(/webhook secret {2}[\w-]{43}\nIt is shown this once/)
  expect(out).toContain('ok    agent: signed in as')
  expect(oauth.asked.map((form) => form['grant_type'])).toEqual(['authorization_code'])
})

it('is listed and shown without a secret, and works again without agreeing anew', async () => {
  expect((await aw(['connection', 'list'])).out).toMatch(/zendesk +zendesk +the MSP +production +yes +works/)
  const shown = (await aw(['connection', 'show', 'zendesk'])).out
  for (const part of [`base URL        ${oauth.url}/api/v2`, 'secrets         clientSecret', 'webhook secret  stored', `posts to        ${program.url}/api/hooks/zendesk/`]) expect(shown).toContain(part)
  const again = await aw(['connect', 'zendesk', '--json'])
  expect([again.code, (JSON.parse(again.out) as ConnectionMade).enabled, again.error]).toEqual([0, true, expect.stringContaining('--again')])
  expect((await aw(['connection', 'check', 'zendesk'])).code).toBe(0)
})

it('maps values, is taken out of use and put back', async () => {
  const { out } = await aw(['connection', 'map', 'zendesk'])
  expect(out).toMatch(/status +open +/)
  expect(out).toContain('aw connection map "zendesk"')
  expect((await json<{ connection: ConnectionView }>('connection', 'map', 'zendesk', '--priority', 'high=urgent')).connection.mapping.priority).toEqual({ high: 'urgent' })
  expect((await json<{ connection: ConnectionView }>('connection', 'map', 'zendesk', '--priority', 'high=')).connection).toMatchObject({ enabled: true, mapping: { priority: {} } })
  expect((await aw(['connection', 'disable', 'zendesk'])).out).toContain('not in use')
  expect((await aw(['connection', 'enable', 'zendesk'])).out).toContain('is in use')
})

it('is told by aw doctor in one line, also when it proves nothing any more, with how to mend', async () => {
  expect((await aw(['doctor'])).out).toMatch(/ok +zendesk: zendesk +reachable, authorised, \d+ of \d+ calls left, nothing waits/)
  oauth.revoke('all')
  const { code, out } = await aw(['doctor'])
  expect(code).toBe(1)
  expect(out).toMatch(/FAIL +zendesk: zendesk +reachable, NOT authorised.*(aw connect zendesk|make a new token)/)
  expect((await json<ConnectionView[]>('connection', 'list'))[0]).toMatchObject({ enabled: true })
})

it('is agreed to anew, and outlives another master key and a kill -9', async () => {
  let isBrowsed = false
  const { code } = await aw(['connect', 'zendesk', '--again', '--enable'], '', (text) => {
    const address = /^http\S+$/m.exec(text)?.[0]
    if (address === undefined || isBrowsed) return
    isBrowsed = true
    void signInAt(address, (vendor) => oauth.browse(vendor))
  })
  expect(code).toBe(0)
  const key = readFileSync(join(program.dataDir, 'master-key'), 'utf8')
  expect(await program.api('POST', '/api/master-key/rotate', {})).toMatchObject({ isUnderWay: true })
  await program.kill()
  await program.start()
  const { out } = await aw(['master-key', 'status'])
  expect(out).toContain('the key comes from the data directory')
  await until('the new key took the old one’s place', async () => !(await program.api<{ isUnderWay: boolean }>('GET', '/api/master-key')).isUnderWay)
  expect(readFileSync(join(program.dataDir, 'master-key'), 'utf8')).not.toBe(key)
  writeFileSync(join(folder, 'key'), Buffer.alloc(32, 9).toString('base64'))
  expect((await aw(['master-key', 'rotate', '--key-file', join(folder, 'key')])).out).toMatch(/^\d+ secrets are stored, all sealed under the present key/)
  expect(await program.stop()).toBe(0)
  await program.start()
  expect((await aw(['connection', 'check', 'zendesk'])).code).toBe(0)
})

it('leaves no secret behind: not in what was printed or logged, nor in any file', async () => {
  expect(await program.stop()).toBe(0)
  const secrets = [SECRET, ...oauth.given]
  expect(oauth.given.length).toBeGreaterThan(4)
  for (const secret of secrets) expect((printed + program.output).includes(secret), secret.slice(0, 12)).toBe(false)
  const files = readdirSync(program.dataDir, { recursive: true, encoding: 'utf8' }).map((name) => join(program.dataDir, name)).filter((path) => statSync(path).isFile())
  expect(files.length).toBeGreaterThan(100)
  const found = files.filter((path) => {
    const bytes = readFileSync(path)
    return secrets.some((secret) => bytes.includes(secret))
  })
  expect(found).toEqual([])
  expect([oauth.faults, zendesk.faults]).toEqual([[], []])
})
