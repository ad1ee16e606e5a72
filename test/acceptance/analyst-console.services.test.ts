/** The story: a technician has an incident analysed on the page in a real browser, watches the words come, and sees hostile ones as words only. */
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startOpenAiFake } from '../fakes/llm-openai.ts'
import type { LlmFake } from '../fakes/llm.ts'
import { onboard } from '../harness/client.ts'
import { Program, undoAll } from '../harness/process.ts'
import { PLAIN_ANSWER } from '../harness/scripted-model.ts'
import { alertBody, post } from '../harness/sender.ts'
import { ensureDebian } from '../services/packages.ts'

let fake: LlmFake
let browser: Browser
let page: Page
const complaints: string[] = []
const undo: (() => Promise<unknown> | void)[] = []

beforeAll(async () => {
  fake = await startOpenAiFake()
  undo.push(() => fake.close())
  const program = await Program.up({ OPENAI_API_KEY: 'sk-test-openai-key', OPENAI_BASE_URL: fake.url })
  undo.push(() => program.remove())
  await program.start()
  const company = await onboard(program, 'Watched Ltd')
  browser = await chromium.launch({ executablePath: await ensureDebian('chromium', ['chromium']), args: ['--no-sandbox'] })
  undo.push(() => browser.close())
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()) })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(program.url)
  await page.getByLabel('Token').fill(program.adminToken)
  await page.getByRole('button', { name: 'Log in' }).click()
  await post(program.url, company, 'alerts', alertBody({ asset_name: 'mail-7', signature: 'queue too long', severity: 'warning', message: 'mails wait' }))
  await page.getByRole('listitem').filter({ hasText: 'mail-7' }).first().click()
})
afterAll(() => undoAll(undo))

it('shows the analysis while it is written', async () => {
  fake.script({ kind: 'stream', then: 'stall', text: '{"summary":"Mail waits on host-1 because nobody can log ' })
  await page.getByRole('button', { name: 'Analyse' }).click()
  await page.getByText('Mail waits on mail-7 because nobody can').first().waitFor()
  await page.getByText('being written').waitFor()
})

it('shows the whole of it, disagreement and advice included, and markup as words', async () => {
  // The first answer never ends; after its time limit the incident shows that there is none.
  await page.getByText('No analysis', { exact: false }).first().waitFor({ timeout: 120_000 })
  fake.script({ kind: 'json', json: {
    ...PLAIN_ANSWER, summary: 'Nobody can log in on host-1. <img src=x onerror="document.title=\'owned\'"> ![p](https://evil.example/p)', pattern: 'cascade', patternConfidence: 0.6, nextSteps: ['Look at host-1.'],
    severity: { advice: 'low', reason: 'few mails', confidence: 0.5 },
  } })
  await page.getByRole('button', { name: 'Analyse again' }).click()
  await page.locator('#analysis-text').filter({ hasText: 'Nobody can log in on mail-7.' }).waitFor()
  await page.getByText('disagreement').waitFor()
  await page.getByText('advises low (50 %): few mails').waitFor()
  expect(await page.locator('#analysis img, #analysis a, #analysis script').count()).toBe(0)
  expect(await page.title()).not.toBe('owned')
  expect(complaints).toEqual([])
})
