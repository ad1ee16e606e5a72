/**
 * The story: a service at Acme hangs. Its restart is high risk, so whoever asks for it waits for somebody else. She gets a link, reads the plan on the page behind it, and says
 * yes; the first watches the output come, in his browser, from a machine behind the fake of AWS.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ApprovalView } from '../../schemas/runs.ts'
import { startAwsFake, type AwsFake } from '../fakes/aws-ssm.ts'
import { AWS_ENV, awsCompany, type AwsCompany } from '../harness/aws-company.ts'
import { admin, logIn } from '../harness/client.ts'
import { Program, undoAll, until } from '../harness/process.ts'
import { alertBody, post } from '../harness/sender.ts'
import { CACHE_DIR, ensureDebian } from '../services/packages.ts'

const HOSTILE = '</pre><script>document.title="owned"</script>'

let program: Program
let fake: AwsFake
let acme: AwsCompany
let browser: Browser
let page: Page
const complaints: string[] = []
const undo: (() => Promise<unknown> | void)[] = []
const go = Promise.withResolvers<undefined>()

beforeAll(async () => {
  fake = await startAwsFake()
  undo.push(() => fake.close())
  program = await Program.up(AWS_ENV)
  undo.push(() => program.remove())
  await program.start()
  acme = await awsCompany(program, fake, 'Acme Ltd', { asset: 'web-1', instanceId: 'i-0123456789abcdef0', accountId: '123456789012', volume: '/var' })
  fake.usual = {
    async execute() {
      await go.promise
      return { exitCode: 0, stdout: `looking at ${HOSTILE}\n${JSON.stringify({ aw: 1, outcome: 'ok', code: null, message: 'looked', changed: [], changedCount: 0, facts: {} })}\n`, stderr: '' }
    },
  }
  expect((await post(program.url, acme.company, 'alerts', alertBody({ asset_name: 'web-1', signature: 'hangs', message: HOSTILE }))).status).toBe(202)
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

const picture = (name: string, of: Page = page): Promise<unknown> => of.screenshot({ path: join(CACHE_DIR, `console-${name}.png`), fullPage: true })

it('waits for somebody else, whose link shows the plan and decides by a button alone', async () => {
  const [incident] = await admin(program).incidents(`&company=${acme.company.id}`)
  const asked = await admin(program).call('POST', `/api/companies/${acme.company.id}/scripts`, { summary: `look at ${HOSTILE}`, system: 'linux', script: `echo 'looking at ${HOSTILE}'\naw_ok looked\n`, incident: incident?.id })
  expect(asked.status).toBe(202)
  await page.locator('#repairs .asks').getByText('May this run?').waitFor()
  await picture('asked')
  const ada = await logIn(program, 'msp_admin', [])
  const approval = await until('the request', async () => (await ada.get<{ items: ApprovalView[] }>('/api/approvals?status=pending')).items[0])
  const { body } = await ada.call<{ url: string }>('POST', `/api/approvals/${approval.id}/link`, {})
  const other = await (await browser.newContext()).newPage()
  other.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()) })
  await other.goto(body.url)
  await other.getByRole('heading', { name: 'May this run?' }).waitFor()
  await other.locator('summary').first().click()
  await other.getByText('echo').first().waitFor()
  await picture('link', other)
  expect(await other.title()).not.toBe('owned')
  await other.getByLabel('Comment').fill('go on')
  await other.getByRole('button', { name: 'Approve' }).click()
  await other.getByRole('heading', { name: 'Approved' }).waitFor()
})

it('shows what it writes as it comes, hostile words as words', async () => {
  await page.locator('#repairs .run .status').filter({ hasText: /queued|running/ }).first().waitFor()
  await page.locator('#repairs .run').getByRole('button', { name: 'Show output' }).first().click()
  go.resolve(undefined)
  await page.locator('#repairs pre.output').filter({ hasText: 'looking at' }).first().waitFor({ timeout: 60_000 })
  await page.locator('#repairs .run .status').filter({ hasText: 'succeeded' }).first().waitFor({ timeout: 60_000 })
  await picture('output')
  expect(await page.locator('#repairs script, #repairs img').count()).toBe(0)
  expect(await page.title()).not.toBe('owned')
  expect(complaints).toEqual([])
})
