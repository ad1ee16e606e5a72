/**
 * The story: a company's incident is explained by a language model (a fake OpenAI) that hears neither names nor secrets. The page shows the explanation while it is
 * written; the severity moves by one step; nothing is merged or run. Then the money is used up, the provider fails, and there is none at all: rules go on.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { LlmUsageView, AnalysisView } from '../../schemas/analysis-views.ts'
import type { IncidentDetail } from '../../schemas/views.ts'
import { startOpenAiFake } from '../fakes/llm-openai.ts'
import type { LlmFake } from '../fakes/llm.ts'
import { admin, logIn, onboard, type Client } from '../harness/client.ts'
import { LiveStream } from '../harness/live-stream.ts'
import { Program, undoAll, until } from '../harness/process.ts'
import { dataOf, PLAIN_ANSWER } from '../harness/scripted-model.ts'
import { alertBody, post, type Company } from '../harness/sender.ts'

const SECRET = 'Tr0ub4dor&3xyz'
const undo: (() => Promise<unknown> | void)[] = []
let fake: LlmFake
let program: Program
let api: Client
let company: Company
let other: Company
let live: LiveStream
let foreign: LiveStream

beforeAll(async () => {
  fake = await startOpenAiFake()
  undo.push(() => fake.close())
  program = await Program.up({ OPENAI_API_KEY: 'sk-test-openai-key', OPENAI_BASE_URL: fake.url })
  undo.push(() => program.remove())
  await program.start()
  api = admin(program)
  company = await onboard(program, 'Explained Ltd')
  other = await onboard(program, 'Demo Ltd', { mode: 'demo' })
  live = await LiveStream.open(program.url, (await logIn(program, 'technician', [company.id])).token!)
  undo.push(() => live.close())
  foreign = await LiveStream.open(program.url, (await logIn(program, 'technician', [other.id])).token!)
  undo.push(() => foreign.close())
})
afterAll(() => undoAll(undo))

/** The incident of a new alert. */
async function incidentOf(of: Company, fields: object): Promise<IncidentDetail> {
  const { asset_name: asset } = { asset_name: '', ...fields }
  expect((await post(program.url, of, 'alerts', alertBody(fields))).status).toBe(202)
  return until(`an incident on ${asset}`, async () => {
    const found = (await api.incidents(`&company=${of.id}`)).find(({ assets }) => assets.includes(asset))
    return found === undefined ? null : api.incident(found.id)
  })
}

interface Shown { status: string; reason: string | null; summary: string; rootCause: { asset: string; alertIds: string[] }; mergeProposals: { incidentId: string }[]; runbooks: string[] }

/** The incident once its analysis stands so. */
async function analysed(id: string, status: string): Promise<IncidentDetail & { analysis: Shown }> {
  return until(`incident ${id} is shown as ${status}`, async () => {
    const incident = await api.incident(id)
    return (incident.analysis as Shown | null)?.status === status ? incident as IncidentDetail & { analysis: Shown } : null
  }, 250_000)
}

const analyse = async (id: string): Promise<void> => {
  expect((await api.call('POST', `/api/incidents/${id}/analyse`)).status).toBe(202)
}
const usage = (of: Company): Promise<LlmUsageView> => api.get(`/api/companies/${of.id}/llm/usage`)

it('explains an incident on demand, hiding what is nobody’s business and showing the words as they come', async () => {
  const neighbour = await incidentOf(company, { asset_name: 'nas-9.explained.example', signature: 'raid degraded', severity: 'warning', message: 'drive 3 failed' })
  const incident = await incidentOf(company, { asset_name: 'mail-7.explained.example', signature: 'queue too long', severity: 'warning', message: `login of user=jane.doe with password=${SECRET} from 10.20.30.40 failed; 5012 mails wait` })
  fake.script({ kind: 'json', json: {
    ...PLAIN_ANSWER, summary: 'Mail waits on host-1 because nobody can log in. See https://evil.example/x for more.', category: 'email', nextSteps: ['Ask user-1.'], rootCause: { asset: 'host-1', reason: 'the log-in fails', confidence: 0.8, evidence: ['a1', 'a7'] },
    merges: [{ incident: 'i1', reason: 'same time', confidence: 0.9 }], runbooks: ['format-all', 'disk-clean-temp'], severity: { advice: 'critical', reason: 'no mail at all', confidence: 0.95 },
  } })
  await analyse(incident.id)
  const { analysis, severity, assets } = await analysed(incident.id, 'done')
  expect(analysis).toMatchObject({ summary: 'Mail waits on mail-7.explained.example because nobody can log in. See [link removed] for more.', rootCause: { asset: 'mail-7.explained.example', alertIds: [expect.any(String)] }, runbooks: ['disk-clean-temp'], mergeProposals: [{ incidentId: neighbour.id }] })
  expect([severity, assets]).toEqual([expect.any(String), ['mail-7.explained.example']])

  const [asked] = fake.asked
  expect(asked).toMatchObject({ model: 'gpt-6-luna', temperature: 0.3, maxTokens: 1_000, isStream: true })
  for (const word of [SECRET, 'explained', 'jane', '10.20.30.40', 'mail-7', 'nas-9', company.id]) expect(JSON.stringify(asked!.body).toLowerCase()).not.toContain(word.toLowerCase())
  expect(dataOf(asked!).alerts[0]!.message).toContain('5012 mails wait')

  const moved = await until('the advice is followed by one step', async () => {
    const now = await api.incident(incident.id)
    return now.severity === 'high' ? now : null
  })
  expect(moved.timeline.filter(({ kind }) => kind === 'note')).toMatchObject([{ actor: { kind: 'analyst' }, text: expect.stringContaining('Mail waits on mail-7') }])
  expect((await api.incident(neighbour.id)).mergedInto).toBeNull()
  // The proposal is a person's to accept.
  expect((await api.call('POST', `/api/incidents/${incident.id}/merge`, { into: neighbour.id })).status).toBe(200)
})

it('tells the pieces to those who may see the incident, and to nobody else', async () => {
  const deltas = await until('the stream has told of the analysis', async () => {
    const heard = live.heard.filter(({ type }) => type === 'analysis_delta').map(({ data }) => JSON.parse(data) as { at: number; text: string })
    return live.heard.some(({ type, data }) => type === 'incident_updated' && data.includes('"analysis":"done"')) && heard.length > 0 ? heard : null
  })
  expect(deltas.reduce((shown, { at, text }) => shown.slice(0, at) + text, '')).toBe('Mail waits on mail-7.explained.example because nobody can log in. See [link removed] for more.')
  expect(deltas.length).toBeGreaterThan(1)
  expect(foreign.heard.filter(({ data }) => data.includes('mail-7') || data.includes(company.id))).toEqual([])
})

it('counts tokens and money', async () => {
  const view = await usage(company)
  expect(view).toMatchObject({ isStopped: false, budgetMicroUsd: 20_000_000, months: [{ calls: 1, inputTokens: 120, outputTokens: 30, cachedInputTokens: 20, reservedMicroUsd: 0 }] })
  expect(view.months[0]!.spentMicroUsd).toBeGreaterThan(0)
  expect((await api.call('GET', '/metrics')).text).toMatch(/^analyses_total\{status="done",why="requested"\} 1$/m)
})

it('explains by itself what is critical, with the strong model, once it has settled', async () => {
  fake.script({ kind: 'json', json: { ...PLAIN_ANSWER, summary: 'The database on host-1 is down.' } })
  const incident = await incidentOf(company, { asset_name: 'db-4.explained.example', signature: 'database down', severity: 'critical', message: 'no answer on port 5432' })
  const { analysis } = await analysed(incident.id, 'done')
  expect(analysis.summary).toBe('The database on db-4.explained.example is down.')
  expect(fake.asked.at(-1)!.model).toBe('gpt-6-sol')
})

it('does not ask a second time after it was killed during a call', async () => {
  const incident = await incidentOf(company, { asset_name: 'app-2.explained.example', signature: 'slow', severity: 'info', message: 'slow' })
  const before = fake.asked.length
  fake.script({ kind: 'silence' })
  const next = fake.nextAsked()
  await analyse(incident.id)
  await next
  for (const stream of [live, foreign]) await stream.close()
  await program.kill()
  await program.start()
  const { analysis } = await analysed(incident.id, 'interrupted')
  expect(analysis.reason).toContain('ended during the call')
  expect(fake.asked).toHaveLength(before + 1)
  expect((await usage(company)).months[0]).toMatchObject({ reservedMicroUsd: 0 })
  live = await LiveStream.open(program.url, (await logIn(program, 'technician', [company.id])).token!)
  undo.push(() => live.close())
})

it('leaves an incident as rules made it where the provider fails, and says why', async () => {
  fake.script(...Array.from({ length: 8 }, () => ({ kind: 'error', status: 400, code: 'context_length_exceeded', message: 'too long' } as const)))
  const incident = await incidentOf(company, { asset_name: 'fax-1.explained.example', signature: 'line busy', severity: 'info', message: 'busy' })
  await analyse(incident.id)
  const { analysis, status, severity } = await analysed(incident.id, 'failed')
  expect([analysis.reason, status, severity]).toEqual([expect.any(String), 'open', incident.severity])
})

it('asks nothing once the budget is used up, and tells it once', async () => {
  const before = fake.asked.length
  expect((await api.call('PUT', `/api/companies/${company.id}/llm/settings`, { monthlyMicroUsd: 1 })).status).toBe(200)
  const incident = await incidentOf(company, { asset_name: 'cam-1.explained.example', signature: 'lens dirty', severity: 'info', message: 'dirty' })
  await analyse(incident.id)
  expect((await analysed(incident.id, 'over_budget')).analysis.reason).toContain('budget')
  expect(fake.asked).toHaveLength(before)
  expect(await usage(company)).toMatchObject({ isStopped: true, budgetIsOwn: true, months: [{ refused: 1 }] })
  const { items } = await api.get<{ items: { action: string }[] }>(`/api/audit?company=${company.id}`)
  expect(items.filter(({ action }) => action === 'llm.budget_exhausted')).toHaveLength(1)
  await until('the stream tells of it', async () => live.heard.filter(({ type, data }) => type === 'notification' && data.includes('llm_budget')).length === 1)
})

it('asks nothing for a company in mode demo', async () => {
  const before = fake.asked.length
  const incident = await incidentOf(other, { asset_name: 'demo-1.example', signature: 'x', severity: 'critical', message: 'x' })
  await analyse(incident.id)
  expect((await analysed(incident.id, 'rules_only')).analysis.reason).toContain('demo')
  expect(fake.asked).toHaveLength(before)
  const { items } = await api.get<{ items: AnalysisView[] }>(`/api/incidents/${incident.id}/analyses`)
  expect(items).toMatchObject([{ status: 'rules_only', calls: 0, costMicroUsd: 0 }])
})
