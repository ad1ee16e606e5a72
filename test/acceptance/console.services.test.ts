/** The story: an SRE opens the console in a real browser, logs in with the admin token, and sees a storm arrive as incidents that say why. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { onboard } from '../harness/client.ts'
import { Program } from '../harness/process.ts'
import { alertBody, post, type Company } from '../harness/sender.ts'
import { CACHE_DIR, ensureDebian } from '../services/packages.ts'

const HOSTILE = '<img src=x onerror="document.title=\'owned\'">'

let program: Program
let company: Company
let browser: Browser
let page: Page
/** What the page complained of. */
const complaints: string[] = []
const undo: (() => Promise<unknown> | void)[] = []

beforeAll(async () => {
  program = await Program.up()
  undo.push(() => program.remove())
  await program.start()
  company = await onboard(program, 'Browser Ltd')
  browser = await chromium.launch({ executablePath: await ensureDebian('chromium', ['chromium']), args: ['--no-sandbox'] })
  undo.push(() => browser.close())
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()) })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(program.url)
})
afterAll(async () => {
  for (const step of undo.reverse()) await step()
})

it('refuses a wrong token in words', async () => {
  await page.getByLabel('Token').fill('not the token')
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('alert').filter({ hasText: /\S/ }).waitFor()
  // The browser itself notes the refused call.
  complaints.length = 0
})

it('logs in with the admin token and says what to do first', async () => {
  await page.getByLabel('Token').fill(program.adminToken)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('heading', { name: 'No incidents yet' }).waitFor()
})

it('shows incidents as they come, without being asked again', async () => {
  for (const check of ['HighCPU', 'DiskFull']) expect((await post(program.url, company, 'alerts', alertBody({ asset_name: 'web-1', signature: check, message: HOSTILE }))).status).toBe(202)
  await page.getByRole('listitem').filter({ hasText: 'web-1' }).first().waitFor()
})

it('says why problems are together, and shows hostile text as text', async () => {
  await page.getByRole('listitem').filter({ hasText: 'web-1' }).first().click()
  await page.getByRole('heading', { name: 'Problems, and why each is here' }).waitFor()
  expect(await page.getByText('Why here?').count()).toBeGreaterThan(0)
  await page.getByText(HOSTILE).first().waitFor()
  expect(await page.title()).not.toBe('owned')
})

it('carries out what is pressed', async () => {
  await page.getByRole('button', { name: 'Acknowledge' }).click()
  await page.getByText('acknowledged', { exact: false }).first().waitFor()
  await page.getByRole('button', { name: 'Resolve' }).click()
  await page.getByRole('button', { name: 'Reopen' }).waitFor()
})

it('had nothing to complain of', async () => {
  mkdirSync(CACHE_DIR, { recursive: true })
  await page.screenshot({ path: join(CACHE_DIR, 'console.png'), fullPage: true })
  expect(complaints).toEqual([])
})
