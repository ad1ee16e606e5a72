/**
 * The story: somebody of the MSP gets the address at which to agree, in a chat that looks first what it is. In their browser they read the page, are lured to another site that
 * presses the button for them, which comes to nothing, press it themselves, twice, and come back from the vendor to the page that says whose account it is.
 */
import { createServer, type Server } from 'node:http'
import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../schemas/clock.ts'
import type { ConnectionView } from '../../schemas/tickets.ts'
import { startOAuthServer, type OAuthServer } from '../fakes/oauth-server.ts'
import { startZendesk } from '../fakes/psa/zendesk.ts'
import { Program, undoAll } from '../harness/process.ts'
import { CACHE_DIR, ensureDebian } from '../services/packages.ts'

let program: Program
let oauth: OAuthServer
let browser: Browser
let page: Page
let connection: ConnectionView
let address: string
const complaints: string[] = []
const undo: (() => Promise<unknown> | void)[] = []

beforeAll(async () => {
  const zendesk = await startZendesk({ clock: systemClock })
  undo.push(() => zendesk.stop())
  oauth = await startOAuthServer({
    clientId: 'alert_whisperer', clientSecret: 'a secret', clientAuth: 'body', now: () => systemClock.now(), paths: { authorize: '/oauth/authorizations/new', token: '/oauth/tokens' },
    api: { origin: new URL(zendesk.baseUrl).origin, authorization: `Basic ${Buffer.from(`${zendesk.fields['email'] ?? ''}/token:${zendesk.credentials['apiToken'] ?? ''}`).toString('base64')}` },
  })
  undo.push(() => oauth.close())
  program = await Program.up()
  undo.push(() => program.remove())
  await program.start()
  connection = await program.api<ConnectionView>('POST', '/api/connections', { connector: 'zendesk', name: 'main', baseUrl: `${oauth.url}/api/v2`, auth: 'oauth2_code', fields: { clientId: 'alert_whisperer' }, secrets: { clientSecret: 'a secret' } })
  address = (await program.api<{ url: string }>('POST', `/api/connections/${connection.id}/connect`)).url
  browser = await chromium.launch({ executablePath: await ensureDebian('chromium', ['chromium']), args: ['--no-sandbox'] })
  undo.push(() => browser.close())
  page = await (await browser.newContext({ viewport: { width: 1000, height: 600 } })).newPage()
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()) })
  page.on('pageerror', (error) => complaints.push(error.message))
  mkdirSync(CACHE_DIR, { recursive: true })
})
afterAll(() => undoAll(undo))

const isConnected = async (): Promise<boolean> => (await program.api<ConnectionView>('GET', `/api/connections/${connection.id}`)).isConnected

it('shows who asks, for what and whom, to a chat and to a person alike', async () => {
  for (const method of ['HEAD', 'GET']) expect((await fetch(address, { method, headers: { 'user-agent': 'Slackbot-LinkExpanding 1.0' } })).status).toBe(200)
  await page.goto(address)
  await page.getByRole('heading', { name: 'Connect Zendesk?' }).waitFor()
  await page.getByText('the connection main to Zendesk').waitFor()
  expect(await page.getByRole('button').allTextContents()).toEqual([`Go on to ${new URL(oauth.url).host}`])
  await page.screenshot({ path: join(CACHE_DIR, 'sign-in.png') })
})

it('is not pressed by another site, though the browser looked at the page before', async () => {
  const evil: Server = createServer((_request, response) => void response.setHeader('content-type', 'text/html').end(`<form method="post" action="${address}"></form><script>document.forms[0].submit()</script>`))
  await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve))
  undo.push(() => void evil.close())
  const lured = await page.context().newPage()
  // Another port is another origin and yet the same site, whose cookies come along; another name is another site.
  for (const host of ['127.0.0.1', 'localhost']) {
    await lured.goto(`http://${host}:${(evil.address() as AddressInfo).port}/`)
    await lured.getByText('This did not come from the page with the button').waitFor()
  }
  expect(oauth.asked).toEqual([])
})

it('connects when the person presses it, however often', async () => {
  await page.getByRole('button').dblclick()
  await page.getByRole('heading', { name: 'Connected' }).waitFor()
  await page.getByText('Zendesk says whose account it is: signed in as').waitFor()
  await page.screenshot({ path: join(CACHE_DIR, 'sign-in-over.png') })
  expect([await isConnected(), oauth.asked.map((form) => form['grant_type']), oauth.faults]).toEqual([true, ['authorization_code'], []])
  expect(complaints).toEqual([])
})
