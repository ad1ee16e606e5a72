/**
 * An operator who has just entered keys asks whether they work: one provider answers, the key of another is wrong, a third is told by its address alone and has no such
 * model. Each is told on the command line and by the API with what it cost or how to mend it; in mode demo nobody is asked.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { doctor } from '../../cli/doctor.ts'
import { modelsOf } from '../../cli/models.ts'
import { openModel } from '../../correlator/analyst/model/open.ts'
import { readConfig } from '../../config.ts'
import { systemClock } from '../../schemas/clock.ts'
import { startAnthropicFake } from '../fakes/llm-anthropic.ts'
import { startGeminiFake } from '../fakes/llm-gemini.ts'
import { startOpenAiFake } from '../fakes/llm-openai.ts'
import type { LlmFake } from '../fakes/llm.ts'
import { ADMIN_TOKEN, openApiHarness, type ApiHarness } from '../harness/api.ts'
import { Program } from '../harness/process.ts'

const WRONG = 'AIza-a-key-nobody-gave-0123'
interface Tested { off: string | null; items: { provider: string; model: string; ok: boolean; code: string | null; message: string | null; costMicroUsd: number | null }[] }
let openai: LlmFake
let anthropic: LlmFake
let gemini: LlmFake
let keys: Record<string, string>

beforeAll(async () => {
  openai = await startOpenAiFake({ key: null, models: ['llama3'] })
  anthropic = await startAnthropicFake()
  gemini = await startGeminiFake()
  keys = {
    OPENAI_BASE_URL: openai.url, AW_LLM_OPENAI_CHEAP_MODEL: 'llama3', AW_LLM_OPENAI_STRONG_MODEL: 'llama9', ANTHROPIC_API_KEY: 'sk-ant-test-key', ANTHROPIC_BASE_URL: anthropic.url,
    GEMINI_API_KEY: WRONG, GOOGLE_GEMINI_BASE_URL: gemini.url,
  }
})
afterAll(async () => {
  for (const fake of [openai, anthropic, gemini]) await fake.close()
})

describe('a running program with keys', () => {
  let program: Program
  beforeAll(async () => {
    program = await Program.up({ ...keys, AW_ADMIN_TOKEN: 'admin-token-of-the-test' })
    await program.start()
  })
  afterAll(() => program.remove())

  test('tells of each model who answers, what it cost, and how to mend the others', async () => {
    const { off, items } = await program.api<Tested>('POST', '/api/llm/test')
    expect(off).toBeNull()
    expect(items.map(({ provider, model, ok, code }) => [provider, model, ok, code])).toEqual([
      ['openai', 'llama3', true, null], ['openai', 'llama9', false, 'llm_bad_request'], ['anthropic', 'claude-haiku-5-5', true, null], ['anthropic', 'claude-sonnet-5-5', true, null],
      ['gemini', 'gemini-3.5-flash-lite', false, 'llm_unauthorized'], ['gemini', 'gemini-3.8-flash', false, 'llm_unauthorized'],
    ])
    expect(items.map(({ costMicroUsd }) => costMicroUsd)).toEqual([null, null, 26, 504, null, null])
    expect(items[1]?.message).toContain('llama9')
    expect(items[4]?.message).toContain('GEMINI_API_KEY')
  })

  test('tries one provider alone, and refuses one that is not configured', async () => {
    expect((await program.api<Tested>('POST', '/api/llm/test', { provider: 'anthropic' })).items.map(({ provider }) => provider)).toEqual(['anthropic', 'anthropic'])
    await expect(program.api('POST', '/api/llm/test', { provider: 'bedrock' })).rejects.toThrow(/answered 400.*openai, anthropic, gemini are configured/)
    await expect(program.api('POST', '/api/llm/test', { privder: 'gemini' })).rejects.toThrow('answered 400')
  })

  test('shows the same in aw doctor', async () => {
    const { findings, text } = await doctor({ AW_URL: program.url, AW_ADMIN_TOKEN: 'admin-token-of-the-test' })
    const models = findings.filter(({ what }) => what.startsWith('model '))
    expect(models.map(({ what, state }) => [what, state])).toEqual([
      ['model openai cheap', 'ok'], ['model openai strong', 'failed'], ['model anthropic cheap', 'ok'], ['model anthropic strong', 'ok'], ['model gemini cheap', 'failed'], ['model gemini strong', 'failed'],
    ])
    expect(models[0]?.detail).toMatch(/^llama3 answers in \d+ ms; 150 tokens, price unknown$/)
    expect(models[2]?.detail).toContain('$0.000026')
    expect(text).toContain('check GEMINI_API_KEY')
  })

  test('writes no key anywhere', async () => {
    expect(program.output).toContain('credentials are refused')
    expect(program.output).not.toContain('a-key-nobody-gave')
    const { items } = await program.api<{ items: { action: string }[] }>('GET', '/api/audit')
    expect(items.some(({ action }) => action === 'llm.tested')).toBe(true)
    expect(JSON.stringify(items)).not.toContain('a-key-nobody-gave')
  })
})

describe('in mode demo', () => {
  let api: ApiHarness
  beforeAll(async () => {
    const config = readConfig({ ...keys, AW_MODE: 'demo' })
    const { trials } = openModel(config.llm, { clock: systemClock, log: { warn: () => undefined, info: () => undefined }, off: 'AW_MODE is demo: no language model is asked' })
    api = await openApiHarness(systemClock, { modelTests: trials })
  })
  afterAll(() => api.close())

  test('nobody is asked, and that is no failure', async () => {
    const before = [openai, anthropic, gemini].map(({ asked }) => asked.length)
    const { status, text } = await api.call(ADMIN_TOKEN, 'POST', '/api/llm/test', {})
    expect([status, JSON.parse(text)]).toEqual([200, { off: 'AW_MODE is demo: no language model is asked', items: [] }])
    expect(modelsOf(JSON.parse(text))).toEqual([{ what: 'language models', state: 'ok', detail: expect.stringContaining('rules decide') }])
    expect([openai, anthropic, gemini].map(({ asked }) => asked.length)).toEqual(before)
  })
})
