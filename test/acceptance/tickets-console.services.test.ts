/**
 * The story: a technician at the console sees which ticket an incident has and how it stands, is shown likely ones, links one, says how it belongs and takes it away again; an MSP Admin sees how the
 * ticket system stands, checks it, and answers which customer is meant. Titles in the ticket system are hostile here, and stay words.
 */
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../schemas/clock.ts'
import type { TicketView } from '../../schemas/tickets.ts'
import type { Page as List } from '../../schemas/views.ts'
import type { PsaFake } from '../fakes/psa/psa-fake.ts'
import { startZendesk } from '../fakes/psa/zendesk.ts'
import { admin, onboard, type Client } from '../harness/client.ts'
import { Program, undoAll, until } from '../harness/process.ts'
import { alertBody, post, type Company } from '../harness/sender.ts'
import { ensureDebian } from '../services/packages.ts'

const HOSTILE = '<img src=x onerror="document.title=\'owned\'"> web-1 disk'

let program: Program
let api: Client
let company: Company
let psa: PsaFake
let browser: Browser
let page: Page
let incident: string
let known: string
/** What the page complained of. */
const complaints: string[] = []
const undo: (() => Promise<unknown> | void)[] = []

beforeAll(async () => {
  psa = await startZendesk({ clock: systemClock })
  undo.push(() => psa.stop())
  program = await Program.up({ AW_MODE: 'production', AW_TICKET_POLL_SECONDS: '3600' })
  undo.push(() => program.remove())
  await program.start()
  api = admin(program)
  company = await onboard(program, 'Acme Industrial', { mode: 'production' })
  expect((await api.call('PUT', `/api/companies/${company.id}/ticket-settings`, { delaySeconds: 0 })).status).toBe(200)
  known = psa.technician.open(HOSTILE)
  const made = await api.call<{ id: string }>('POST', '/api/connections', { connector: 'zendesk', name: 'Desk of all', environment: 'production', baseUrl: psa.baseUrl, auth: psa.auth, fields: psa.fields, secrets: psa.credentials, mapping: psa.mapping })
  expect(made.status, made.text).toBe(201)
  expect((await api.call('POST', `/api/connections/${made.body.id}/check`)).status).toBe(200)
  expect((await api.call('PATCH', `/api/connections/${made.body.id}`, { enabled: true })).status).toBe(200)
  expect((await post(program.url, company, 'alerts', alertBody({ asset_name: 'web-1', signature: 'Disk usage high', severity: 'critical', message: '97 %' }))).status).toBe(202)
  incident = await until('the incident', async () => (await api.incidents(`&company=${company.id}`))[0]?.id)
  browser = await chromium.launch({ executablePath: await ensureDebian('chromium', ['chromium']), args: ['--no-sandbox'] })
  undo.push(() => browser.close())
  page = await browser.newPage({ viewport: { width: 1280, height: 1200 } })
  page.setDefaultTimeout(120_000)
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()) })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(program.url)
  await page.getByLabel('Token').fill(program.adminToken)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('listitem').filter({ hasText: 'web-1' }).first().click()
})
afterAll(() => undoAll(undo))

const tickets = () => page.locator('#tickets')
const listed = async () => (await api.get<List<TicketView>>(`/api/incidents/${incident}/tickets`)).items

it('shows likely tickets with reasons, and links one at a click', async () => {
  const likely = tickets().locator('.suggestions > div').filter({ hasText: 'Its title names web-1.' })
  await until('likely ones are found', async () => {
    // A search that took too long is said and not repeated: a person asks again.
    const answered = page.waitForResponse((response) => response.url().endsWith('/suggestions'))
    await tickets().getByRole('button', { name: 'Look for likely ones' }).click()
    return ((await (await answered).json()) as { problem: string | null }).problem === null
  }, 120_000)
  await likely.getByText(HOSTILE).waitFor()
  await likely.getByRole('button', { name: 'Link this one' }).click()
  const row = tickets().locator('.ticket').filter({ hasText: HOSTILE })
  await row.getByText(`#${known}`).waitFor()
  await row.getByText('synced').waitFor()
  expect(await row.getByRole('link').getAttribute('rel')).toBe('noopener noreferrer')
  await likely.waitFor({ state: 'detached' })
  expect((await listed()).map(({ externalId, linkKind }) => [externalId, linkKind])).toEqual([[known, 'related']])
})

it('says what the knowledge base knows, as words and links', async () => {
  await tickets().getByRole('button', { name: 'Look for articles' }).click()
  await tickets().locator('.articles').getByText(/^No article about .*disk/).waitFor()
  // Words that an article has lead to it.
  await page.route('**/knowledge', (route) => route.continue({ url: `${route.request().url()}?q=${encodeURIComponent(psa.world.article?.title ?? '')}` }))
  await tickets().getByRole('button', { name: 'Look for articles' }).click()
  const link = tickets().locator('.articles').getByRole('link', { name: psa.world.article?.title ?? '' })
  await link.waitFor()
  expect([await link.getAttribute('rel'), await link.getAttribute('href')]).toEqual(['noopener noreferrer', expect.stringMatching(/^https:\/\//)])
  await page.unroute('**/knowledge')
})

it('says how it belongs, and takes it away', async () => {
  const row = tickets().locator('.ticket').filter({ hasText: HOSTILE })
  await row.getByLabel('How ticket belongs').selectOption('caused_by')
  await row.locator('.tag').filter({ hasText: 'caused it' }).waitFor()
  expect((await listed()).map(({ linkKind }) => linkKind)).toEqual(['caused_by'])
  await row.getByRole('button', { name: 'Unlink' }).click()
  await row.waitFor({ state: 'detached' })
  expect(await listed()).toEqual([])
})

it('links one by the address of its page, keeps what was typed while the page is drawn anew, and says what is wrong', async () => {
  const input = tickets().getByLabel('Ticket to link')
  await input.fill('98765')
  // News of the incident draws the page anew around it.
  expect((await api.call('POST', `/api/incidents/${incident}/notes`, { text: 'looking' })).status).toBe(200)
  await page.locator('.timeline').getByText('looking').waitFor()
  expect(await input.inputValue()).toBe('98765')
  await tickets().getByRole('button', { name: 'Link', exact: true }).click()
  await tickets().getByRole('alert').filter({ hasText: 'has no ticket 98765' }).waitFor()
  await input.fill(`${new URL(psa.baseUrl).origin}/agent/tickets/${known}`)
  await tickets().getByRole('button', { name: 'Link', exact: true }).click()
  await tickets().locator('.ticket').filter({ hasText: HOSTILE }).waitFor()
  await until('the input is empty again', async () => (await tickets().getByLabel('Ticket to link').inputValue()) === '')
})

it('shows how the ticket system stands, and what a check of it found', async () => {
  await page.getByLabel('Company', { exact: true }).selectOption({ label: 'Acme Industrial' })
  await page.getByText('Repairs, clouds and ticket systems of this company').click()
  const row = page.locator('#connections .connection').filter({ hasText: 'Desk of all' })
  await row.getByText('in use', { exact: true }).waitFor()
  await row.getByText(/of 200 left in 1 min/).waitFor()
  await row.getByRole('button', { name: 'Check' }).click()
  await row.locator('.findings').getByText('agents: ').waitFor()
  expect(await row.locator('.findings .critical').count()).toBe(0)
})

it('asks which customer is meant, and makes the ticket that waited for the answer', async () => {
  const question = page.locator('#connections .question').filter({ hasText: 'Acme Industrial' })
  await until('the question is there', async () => {
    if ((await question.count()) > 0) return true
    // Nothing tells the page of new questions: a person looks again.
    await page.locator('#connections').getByRole('button', { name: 'Check' }).first().click()
    await page.locator('#connections .findings').first().waitFor()
    return null
  }, 120_000)
  await question.getByLabel('Which one is Acme Industrial').selectOption({ label: `Acme Corp (${psa.world.company.id})` })
  await question.getByRole('button', { name: 'Answer' }).click()
  await question.waitFor({ state: 'detached' })
  const own = await until('the ticket is made', async () => (await listed()).find(({ origin, externalId }) => origin === 'own' && externalId !== null), 240_000)
  expect(psa.tickets().find(({ id }) => id === own.externalId)).toMatchObject({ companyId: psa.world.company.id })
  await page.getByRole('listitem').filter({ hasText: 'web-1' }).first().click()
  await tickets().locator('.ticket').filter({ hasText: `#${own.externalId ?? ''}` }).waitFor()
})

it('leads from the ticket to its incident, in a page that is open and in a new one', async () => {
  const own = (await listed()).find(({ origin }) => origin === 'own')
  const address = `${program.url}/#/incidents/${incident}`
  const { text } = psa.tickets().find(({ id }) => id === own?.externalId)!
  expect(text).toContain(`/#/incidents/${incident}`)
  const { title } = await api.incident(incident)
  await page.goto(program.url)
  await page.getByRole('listitem').filter({ hasText: 'web-1' }).first().waitFor()
  expect(await page.locator('#detail h2').filter({ hasText: title }).count()).toBe(0)
  await page.goto(address)
  await page.locator('#detail h2').filter({ hasText: title }).waitFor()
  await page.reload()
  await page.locator('#detail h2').filter({ hasText: title }).waitFor()
  await tickets().locator('.ticket').filter({ hasText: `#${own?.externalId ?? ''}` }).waitFor()
})

it('had nothing to complain of but the answers it was told', async () => {
  expect(await page.title()).not.toBe('owned')
  expect(await page.locator('#detail img, #company-body img').count()).toBe(0)
  // The browser itself notes each refusal; the one link that was refused was meant to be.
  expect(complaints.filter((line) => !line.includes('404'))).toEqual([])
})
