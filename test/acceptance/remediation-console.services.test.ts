/**
 * The story: somebody at the console opens an incident, reads the exact commands of the runbook that fits, asks for it, and sees what became of it; somebody else brings a
 * cloud in and turns the stop switch. Names of machines are hostile here, and stay words.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { admin, onboard } from '../harness/client.ts'
import { Program, undoAll } from '../harness/process.ts'
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
  company = await onboard(program, 'Repairs Ltd')
  const api = admin(program)
  const account = await api.call<{ id: string }>('POST', `/api/companies/${company.id}/cloud-accounts`, { cloud: 'aws', name: 'lab', environment: 'sandbox', enabled: true, fields: { accountId: '123456789012', regions: 'eu-central-1' } })
  expect(account.status).toBe(201)
  const asset = await api.call('POST', `/api/companies/${company.id}/assets`, { name: 'web-1', cloudProvider: 'aws', account: '123456789012', region: 'eu-central-1', instanceId: 'i-0123456789abcdef0', tags: { os: 'linux' } })
  expect(asset.status).toBe(201)
  expect((await post(program.url, company, 'alerts', alertBody({ asset_name: 'web-1', signature: 'Disk usage high', severity: 'critical', message: HOSTILE, labels: { mount: '/var' } }))).status).toBe(202)
  browser = await chromium.launch({ executablePath: await ensureDebian('chromium', ['chromium']), args: ['--no-sandbox'] })
  undo.push(() => browser.close())
  page = await browser.newPage({ viewport: { width: 1280, height: 1000 } })
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()) })
  page.on('pageerror', (error) => complaints.push(error.message))
  mkdirSync(CACHE_DIR, { recursive: true })
  await page.goto(program.url)
  await page.getByLabel('Token').fill(program.adminToken)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('listitem').filter({ hasText: 'web-1' }).first().click()
})
afterAll(() => undoAll(undo))

const picture = (name: string): Promise<unknown> => page.screenshot({ path: join(CACHE_DIR, `console-${name}.png`), fullPage: true })
const repairs = () => page.locator('#repairs')

it('shows the plan of a runbook with the exact commands, and nothing runs by looking', async () => {
  await repairs().getByRole('heading', { name: 'Repair' }).waitFor()
  await repairs().getByLabel('Runbook', { exact: true }).selectOption('disk-clean-temp')
  await repairs().locator('.plan').waitFor()
  await repairs().locator('.plan').getByText('Exact commands').click()
  expect(await repairs().locator('.plan pre').first().innerText()).toContain('AW_INPUT_')
  await repairs().locator('.plan').getByText('i-0123456789abcdef0').first().waitFor()
  await picture('plan')
  expect((await admin(program).get<{ items: unknown[] }>(`/api/runs?company=${company.id}`)).items.filter((run) => (run as { trigger: string }).trigger === 'person')).toEqual([])
})

it('keeps the plan as a run, which in dry-run is shown and never sent', async () => {
  await repairs().locator('.plan').getByRole('button', { name: 'Keep this plan' }).click()
  await repairs().locator('.run .status').filter({ hasText: 'shown' }).first().waitFor()
  await picture('run')
})

it('says in a sentence what is wrong with an input', async () => {
  await repairs().getByLabel('Runbook', { exact: true }).selectOption('disk-clean-temp')
  await repairs().locator('.inputs input').first().waitFor()
  await repairs().getByLabel('machine').fill('no-such-machine')
  await repairs().locator('.actions').getByRole('button', { name: 'Show the plan' }).click()
  await repairs().locator('.plan').getByText('no-such-machine').first().waitFor()
})

it('turns the stop switch of a company, with a reason that stays a word', async () => {
  await page.getByLabel('Company').selectOption({ label: 'Repairs Ltd' })
  await page.getByText('Repairs, clouds and ticket systems of this company').click()
  const part = page.locator('#company-body')
  await part.getByLabel('Why stop').fill(HOSTILE)
  await part.getByRole('button', { name: 'Stop all repairs' }).click()
  await part.getByText(HOSTILE).waitFor()
  await picture('stopped')
  await part.getByRole('button', { name: 'Resume' }).click()
  await part.getByText('Repairs may run.').waitFor()
})

it('brings a cloud in, with the policies to copy', async () => {
  const part = page.locator('#company-body')
  await part.getByText('Bring in a cloud').click()
  await part.getByLabel('Name of the cloud').fill('production')
  await part.getByLabel('Fields').fill('accountId=210987654321\nregions=eu-west-1')
  await part.getByRole('button', { name: 'Add' }).click()
  await part.locator('pre').filter({ hasText: 'sts:ExternalId' }).first().waitFor()
  expect(await part.getByRole('button', { name: 'Copy' }).count()).toBeGreaterThan(1)
  await picture('cloud')
})

it('had nothing to complain of', async () => {
  expect(await page.title()).not.toBe('owned')
  expect(await page.locator('#detail img, #company-body img').count()).toBe(0)
  expect(complaints).toEqual([])
})
