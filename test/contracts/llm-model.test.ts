/** The model behind its port, over four fakes at once: order, fail-over, limits, circuits, time, repair, money. Time is the test's own. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openModel, type OpenedModel } from '../../correlator/analyst/model/open.ts'
import type { ModelRequest, ProviderName } from '../../correlator/analyst/model/port.ts'
import type { ModelSettings } from '../../correlator/analyst/model/settings.ts'
import { TestClock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import { startAnthropicFake } from '../fakes/llm-anthropic.ts'
import { startBedrockFake } from '../fakes/llm-bedrock.ts'
import { startGeminiFake } from '../fakes/llm-gemini.ts'
import { startOpenAiFake } from '../fakes/llm-openai.ts'
import type { LlmFake } from '../fakes/llm.ts'

const KEYS = { openai: 'sk-test-openai-key', anthropic: 'sk-ant-test-key', gemini: 'AIzaTestGeminiKey' }
const secret = (text: string) => ({ reveal: () => text })
const SCHEMA = { type: 'object', additionalProperties: false, required: ['pattern'], properties: { pattern: { type: 'string', enum: ['storm', 'none'] } } }
const FITS = { kind: 'json', json: { pattern: 'storm' } } as const
const DOES_NOT = { kind: 'json', json: { pattern: 'tornado' } } as const
const ASK: ModelRequest = { tier: 'cheap', system: 'You read incidents.', prompt: 'What is this?', schema: SCHEMA, schemaName: 'verdict' }

let fakes: Record<ProviderName, LlmFake>
let clock: TestClock
let logged: { fields: Readonly<Record<string, unknown>>; message: string }[]

beforeEach(async () => {
  fakes = { openai: await startOpenAiFake(), bedrock: await startBedrockFake(), anthropic: await startAnthropicFake(), gemini: await startGeminiFake() }
  clock = new TestClock()
  logged = []
})
afterEach(async () => {
  for (const fake of Object.values(fakes)) await fake.close()
})

// Bedrock takes its credentials and address from the environment, as its library does.
const AWS = { AWS_ACCESS_KEY_ID: 'AKIATESTBEDROCK', AWS_SECRET_ACCESS_KEY: 'bedrock-secret-access-key', AWS_EC2_METADATA_DISABLED: 'true' }
const before: Record<string, string | undefined> = {}
beforeAll(() => {
  for (const [name, value] of Object.entries(AWS)) {
    before[name] = process.env[name]
    process.env[name] = value
  }
})
afterAll(() => {
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) Reflect.deleteProperty(process.env, name)
    else process.env[name] = value
  }
  delete process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME
})

function open(order: readonly ProviderName[] = ['openai', 'bedrock', 'anthropic', 'gemini'], change: Partial<ModelSettings> = {}, limits = { requestsPerMinute: 100, tokensPerMinute: 1_000_000 }, cheap: Partial<Record<ProviderName, string>> = {}): OpenedModel {
  process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME = fakes.bedrock.url
  const settings: ModelSettings = {
    order,
    providers: {
      openai: { models: { cheap: cheap.openai ?? 'gpt-6-luna', strong: 'gpt-6-sol' }, ...limits }, bedrock: { models: { cheap: cheap.bedrock ?? 'us.amazon.nova-lite-v1:0', strong: 'us.amazon.nova-pro-v1:0' }, ...limits },
      anthropic: { models: { cheap: 'claude-haiku-5-5', strong: 'claude-sonnet-5-5' }, ...limits }, gemini: { models: { cheap: 'gemini-3.5-flash-lite', strong: 'gemini-3.8-flash' }, ...limits },
    },
    openai: { baseUrl: fakes.openai.url, apiKey: secret(KEYS.openai) }, anthropic: { baseUrl: fakes.anthropic.url, apiKey: secret(KEYS.anthropic) }, gemini: { baseUrl: fakes.gemini.url, apiKey: secret(KEYS.gemini) },
    bedrock: { region: 'us-east-1' }, breaker: { failures: 3, restMs: 30_000 }, pricesPath: null, ...change,
  }
  const log = (fields: Readonly<Record<string, unknown>>, message: string): void => void logged.push({ fields, message })
  return openModel(settings, { clock, log: { warn: log, info: log } })
}

const asked = (): Record<string, number> => Object.fromEntries(Object.entries(fakes).map(([name, fake]) => [name, fake.asked.length]))
const failing = async (answer: Promise<unknown>): Promise<AppError> => {
  const thrown = await answer.then(() => new Error('it answered'), (error: unknown) => error)
  if (!(thrown instanceof AppError)) throw thrown
  return thrown
}
const conditions = ({ model }: OpenedModel): Record<string, string> => Object.fromEntries(model.state().map(({ provider, condition }) => [provider, condition]))

describe('who is asked', () => {
  test('the first in order, with the model of the tier and the defaults of a classification', async () => {
    const { model } = open()
    fakes.openai.script(FITS, FITS)
    const answer = await model.ask(ASK)
    expect(answer).toEqual({
      text: '{"pattern":"storm"}', json: { pattern: 'storm' }, provider: 'openai', model: 'gpt-6-luna', repaired: false, latencyMs: 0, inputTokens: 120, outputTokens: 30, cachedInputTokens: 20, costMicroUsd: 26,
    })
    await model.ask({ ...ASK, tier: 'strong', temperature: 0, maxTokens: 2_000 })
    expect(fakes.openai.asked).toMatchObject([{ model: 'gpt-6-luna', temperature: 0.3, maxTokens: 1_000 }, { model: 'gpt-6-sol', temperature: 0, maxTokens: 2_000 }])
    expect(asked()).toEqual({ openai: 2, bedrock: 0, anthropic: 0, gemini: 0 })
  })

  test('the next one when a provider fails, down to the last, and with what each did in the error when none is left', async () => {
    const opened = open()
    for (const fake of [fakes.openai, fakes.bedrock, fakes.anthropic]) fake.script({ kind: 'error', status: 500 }, { kind: 'error', status: 503 })
    fakes.gemini.script(FITS, { kind: 'error', status: 500 })
    expect(await opened.model.ask(ASK)).toMatchObject({ provider: 'gemini', json: { pattern: 'storm' } })
    expect(await failing(opened.model.ask(ASK))).toMatchObject({ code: 'llm_unavailable', details: { providers: ['openai', 'bedrock', 'anthropic', 'gemini'].map((provider) => ({ provider, code: 'llm_unavailable' })) } })
    expect(asked()).toEqual({ openai: 2, bedrock: 2, anthropic: 2, gemini: 2 })
  })

  test('another order, when one is configured', async () => {
    const { model } = open(['gemini', 'anthropic'])
    fakes.gemini.script({ kind: 'error', status: 404, message: 'models/x is not found' })
    expect((await model.ask(ASK)).provider).toBe('anthropic')
    expect(asked()).toEqual({ openai: 0, bedrock: 0, anthropic: 1, gemini: 1 })
  })

  test('nobody where nobody has credentials, or the mode is demo', async () => {
    const none = open([])
    expect(await failing(none.model.ask(ASK))).toMatchObject({ code: 'llm_off' })
    expect(none.model.state()).toEqual([])
    const demo = openModel({ order: ['openai'] } as unknown as ModelSettings, { clock, log: { warn: () => undefined, info: () => undefined }, off: 'AW_MODE is demo' })
    expect(await failing(demo.model.ask(ASK))).toMatchObject({ code: 'llm_off', message: 'AW_MODE is demo' })
    expect(await demo.trials.run(null)).toEqual([])
    expect(asked()).toEqual({ openai: 0, bedrock: 0, anthropic: 0, gemini: 0 })
  })

  test('nobody else after a refusal, which another provider might not make', async () => {
    const { model } = open()
    fakes.openai.script({ kind: 'refusal' })
    const error = await failing(model.ask(ASK))
    expect(error.code).toBe('llm_refused')
    expect(error.details.usage).toMatchObject({ inputTokens: 120, costMicroUsd: 26 })
    expect(asked()).toMatchObject({ openai: 1, bedrock: 0 })
  })
})

describe('refused credentials', () => {
  test('are named once, skipped, and tried again after a quarter of an hour', async () => {
    const opened = open(['openai', 'gemini'], { openai: { baseUrl: fakes.openai.url, apiKey: secret('sk-wrong-key-0123456789') } })
    for (let turn = 0; turn < 4; turn++) expect((await opened.model.ask(ASK)).provider).toBe('gemini')
    expect(asked()).toMatchObject({ openai: 1, gemini: 4 })
    expect(logged).toHaveLength(1)
    expect(logged[0]?.message).toContain('credentials are refused')
    expect(conditions(opened)).toEqual({ openai: 'unauthorized', gemini: 'ready' })
    clock.tick(900_000)
    await opened.model.ask(ASK)
    expect(asked()).toMatchObject({ openai: 2 })
    expect(logged).toHaveLength(1)
  })

  test('appear in no error, log or state, even when the provider repeats them', async () => {
    const wrong = 'sk-wrong-key-0123456789'
    const opened = open(['openai'], { openai: { baseUrl: fakes.openai.url, apiKey: secret(wrong) } })
    const error = await failing(opened.model.ask(ASK))
    expect(error.code).toBe('llm_unauthorized')
    const all = `${error.message}${JSON.stringify(error.details)}${error.stack ?? ''}${String(error.cause)}${JSON.stringify(logged)}${JSON.stringify(opened.model.state())}`
    expect(all).not.toContain('wrong-key')
    expect(all).toContain('OPENAI_API_KEY')
  })
})

describe('time', () => {
  test('a provider that says nothing is left after the time of a call, its connection closed, and the next one asked', async () => {
    const opened = open(['openai', 'anthropic'])
    fakes.openai.script({ kind: 'silence' })
    const abandoned = fakes.openai.nextAbandoned()
    const heard = fakes.openai.nextAsked()
    const answer = opened.model.ask(ASK)
    await heard
    clock.tick(2_999)
    expect(fakes.openai.abandoned).toBe(0)
    clock.tick(1)
    expect(await answer).toMatchObject({ provider: 'anthropic', latencyMs: 3_000 })
    await abandoned
    expect(opened.model.state()[0]).toMatchObject({ failures: 1, lastError: { code: 'llm_timeout' } })
  })

  test('a single provider that is late is told as late', async () => {
    const { model } = open(['gemini'])
    fakes.gemini.script({ kind: 'silence' })
    const heard = fakes.gemini.nextAsked()
    const answer = failing(model.ask({ ...ASK, timeoutMs: 500 }))
    await heard
    clock.tick(500)
    expect((await answer).code).toBe('llm_timeout')
  })

  test('whoever gives up gets their own reason, and the provider no blame', async () => {
    const opened = open(['openai', 'anthropic'])
    fakes.openai.script({ kind: 'silence' })
    const ending = new AbortController()
    const heard = fakes.openai.nextAsked()
    const abandoned = fakes.openai.nextAbandoned()
    const answer = opened.model.ask({ ...ASK, signal: ending.signal })
    await heard
    ending.abort(new Error('the page was closed'))
    await expect(answer).rejects.toThrow('the page was closed')
    await abandoned
    expect(opened.model.state()[0]).toMatchObject({ condition: 'ready', failures: 0 })
    expect(asked()).toMatchObject({ anthropic: 0 })
  })
})

describe('limits', () => {
  test('a 429 pauses its provider for as long as it says, and no longer', async () => {
    const opened = open(['openai', 'anthropic'])
    fakes.openai.script({ kind: 'error', status: 429, headers: { 'retry-after': '20' } })
    expect((await opened.model.ask(ASK)).provider).toBe('anthropic')
    clock.tick(19_999)
    expect((await opened.model.ask(ASK)).provider).toBe('anthropic')
    expect(conditions(opened)).toEqual({ openai: 'limited', anthropic: 'ready' })
    clock.tick(1)
    expect((await opened.model.ask(ASK)).provider).toBe('openai')
    expect(asked()).toMatchObject({ openai: 2, anthropic: 2 })
  })

  test('our own requests a minute pass a question on, then hold it back for as long as a call may take, then refuse it with a wait', async () => {
    const { model } = open(['openai', 'anthropic'], {}, { requestsPerMinute: 1, tokensPerMinute: 1_000_000 })
    expect([(await model.ask(ASK)).provider, (await model.ask(ASK)).provider]).toEqual(['openai', 'anthropic'])
    const error = await failing(model.ask(ASK))
    expect(error).toMatchObject({ code: 'llm_rate_limited', details: { retryAfterSeconds: expect.any(Number) } })
    clock.tick(58_000)
    const heard = fakes.openai.nextAsked()
    const answer = model.ask(ASK)
    await Promise.resolve()
    expect(asked()).toMatchObject({ openai: 1 })
    clock.tick(2_000)
    await heard
    expect((await answer).provider).toBe('openai')
  })

  test('many questions that wait for the same room do not all go when it comes, and none waits for longer than a call may take', async () => {
    const { model } = open(['openai'], {}, { requestsPerMinute: 60, tokensPerMinute: 10_000_000 })
    for (let turn = 0; turn < 60; turn++) await model.ask(ASK)
    const waiting = [1, 2, 3, 4, 5].map(() => model.ask(ASK).then(() => 'ok', (error: unknown) => (error as AppError).code))
    for (const expected of [61, 62, 63]) {
      const heard = fakes.openai.nextAsked()
      clock.tick(1_000)
      await heard
      expect(fakes.openai.asked).toHaveLength(expected)
    }
    expect(await Promise.all(waiting)).toEqual(['ok', 'ok', 'ok', 'llm_rate_limited', 'llm_rate_limited'])
  })

  test('tokens a minute count too, by what the provider counted', async () => {
    const { model } = open(['openai', 'anthropic'], {}, { requestsPerMinute: 100, tokensPerMinute: 1_300 })
    expect([(await model.ask(ASK)).provider, (await model.ask(ASK)).provider, (await model.ask(ASK)).provider]).toEqual(['openai', 'openai', 'anthropic'])
  })

  test('what a provider says is left in its headers is believed', async () => {
    const { model } = open(['openai', 'anthropic'])
    fakes.openai.script({ ...FITS, headers: { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '10s' } })
    expect([(await model.ask(ASK)).provider, (await model.ask(ASK)).provider]).toEqual(['openai', 'anthropic'])
    clock.tick(10_000)
    expect((await model.ask(ASK)).provider).toBe('openai')
  })
})

describe('a circuit', () => {
  test('opens after failures in a row, is probed by one call when its rest is over, and closes when that succeeds', async () => {
    const opened = open(['openai', 'anthropic'])
    fakes.openai.script(...Array.from({ length: 4 }, () => ({ kind: 'error', status: 500 }) as const))
    for (let turn = 0; turn < 6; turn++) await opened.model.ask(ASK)
    expect(asked()).toMatchObject({ openai: 3, anthropic: 6 })
    expect(conditions(opened)).toMatchObject({ openai: 'resting' })
    clock.tick(30_000)
    await opened.model.ask(ASK)
    clock.tick(59_999)
    await opened.model.ask(ASK)
    expect(asked()).toMatchObject({ openai: 4 })
    clock.tick(1)
    expect((await opened.model.ask(ASK)).provider).toBe('openai')
    expect(conditions(opened)).toMatchObject({ openai: 'ready' })
    expect(logged.map(({ message }) => message)).toEqual([expect.stringContaining('rests'), expect.stringContaining('rests'), expect.stringContaining('works again')])
  })

  test('is probed by one of many questions at once', async () => {
    const { model } = open(['openai', 'anthropic'])
    fakes.openai.script({ kind: 'error', status: 500 }, { kind: 'error', status: 500 }, { kind: 'error', status: 500 }, { kind: 'silence' })
    for (let turn = 0; turn < 3; turn++) await model.ask(ASK)
    clock.tick(30_000)
    const heard = fakes.openai.nextAsked()
    const probe = model.ask(ASK)
    await heard
    for (let turn = 0; turn < 3; turn++) expect((await model.ask(ASK)).provider).toBe('anthropic')
    expect(asked()).toMatchObject({ openai: 4 })
    clock.tick(3_000)
    expect((await probe).provider).toBe('anthropic')
  })

  test.each([['openai', 'no-such-model'], ['bedrock', 'no.such.model']] as const)('of %s opens for a model it does not have', async (name, model) => {
    const { model: port } = open([name, 'anthropic'], {}, undefined, { [name]: model })
    for (let turn = 0; turn < 5; turn++) expect((await port.ask(ASK)).provider).toBe('anthropic')
    expect(asked()[name]).toBe(3)
  })

  test('stays closed for what is the question’s own fault', async () => {
    const opened = open(['openai', 'anthropic'])
    fakes.openai.script(...Array.from({ length: 5 }, () => ({ kind: 'error', status: 400, message: 'This model’s maximum context length is 10 tokens.' }) as const))
    for (let turn = 0; turn < 5; turn++) expect((await opened.model.ask(ASK)).provider).toBe('anthropic')
    expect(conditions(opened)).toMatchObject({ openai: 'ready' })
  })
})

describe.each(['openai', 'bedrock', 'anthropic', 'gemini'] as const)('an answer of %s that does not fit', (name) => {
  test('is mended once, told what is wrong, and both calls are paid for', async () => {
    const { model } = open([name])
    fakes[name].script(DOES_NOT, FITS)
    const answer = await model.ask(ASK)
    expect(answer).toMatchObject({ repaired: true, json: { pattern: 'storm' }, inputTokens: 240, outputTokens: 60 })
    expect(fakes[name].asked[1]?.prompt).toMatch(/What is this\?[\s\S]*tornado[\s\S]*\/pattern must be equal to one of the allowed values \(storm, none\)/)
  })

  test('is given up after that, with what it cost', async () => {
    const opened = open([name, 'openai'])
    fakes[name].script(DOES_NOT, { kind: 'text', text: 'I would rather talk.' })
    const error = await failing(opened.model.ask(ASK))
    expect(error).toMatchObject({ code: 'llm_invalid_output', details: { usage: { inputTokens: 240, outputTokens: 60 } } })
    expect(fakes[name].asked).toHaveLength(2)
    expect(conditions(opened)[name]).toBe('ready')
  })

  test('because it was cut is asked to be shorter', async () => {
    const { model } = open([name])
    fakes[name].script({ kind: 'cut', text: '{"pattern":"sto' }, FITS)
    expect((await model.ask(ASK)).repaired).toBe(true)
    expect(fakes[name].asked[1]?.prompt).toContain('be much shorter')
  })
})

describe('a stream', () => {
  test('brings the answer in pieces, and says when it begins anew', async () => {
    const { model } = open(['openai', 'anthropic'])
    fakes.openai.script({ kind: 'stream', then: 'break', text: 'It is a st' })
    fakes.anthropic.script({ kind: 'text', text: 'It is a storm.' })
    let shown = ''
    const restarts: string[] = []
    const answer = await model.ask({ ...ASK, schema: null, onText: (delta) => (shown += delta), onRestart: () => { restarts.push(shown); shown = '' } })
    expect(answer).toMatchObject({ provider: 'anthropic', text: 'It is a storm.', json: null })
    expect(shown).toBe('It is a storm.')
    expect(restarts).toEqual(['It is a st'])
  })

  test('says so before a repair too, and brings nothing once the call is over', async () => {
    const { model } = open(['gemini'])
    fakes.gemini.script(DOES_NOT, FITS)
    let shown = ''
    await model.ask({ ...ASK, onText: (delta) => (shown += delta), onRestart: () => (shown = '') })
    expect(shown).toBe('{"pattern":"storm"}')
  })
})

describe('money', () => {
  test('is unknown where the price is, and tokens are counted all the same', async () => {
    await fakes.openai.close()
    fakes.openai = await startOpenAiFake({ key: null, models: ['llama3'] })
    const { model } = open(['openai'], { providers: { openai: { models: { cheap: 'llama3', strong: 'llama3' }, requestsPerMinute: 9, tokensPerMinute: 99_999 } } as ModelSettings['providers'], openai: { baseUrl: fakes.openai.url, apiKey: null } })
    expect(await model.ask({ ...ASK, schema: null })).toMatchObject({ model: 'llama3', costMicroUsd: null, inputTokens: 120, outputTokens: 30 })
  })
})

describe('a trial', () => {
  test('asks every model of every configured provider, whatever their circuits say, and closes those that work', async () => {
    const opened = open(['openai', 'bedrock', 'anthropic', 'gemini'], { gemini: { baseUrl: fakes.gemini.url, apiKey: secret('AIzaWrongWrong') } })
    fakes.openai.script(...Array.from({ length: 3 }, () => ({ kind: 'error', status: 500 }) as const))
    for (let turn = 0; turn < 3; turn++) await opened.model.ask(ASK)
    expect(conditions(opened)).toMatchObject({ openai: 'resting' })
    const trials = await opened.trials.run(null)
    expect(trials.map(({ provider, model, tiers, ok, code }) => [provider, model, tiers.join(), ok, code])).toEqual([
      ['openai', 'gpt-6-luna', 'cheap', true, null], ['openai', 'gpt-6-sol', 'strong', true, null],
      ['bedrock', 'us.amazon.nova-lite-v1:0', 'cheap', true, null], ['bedrock', 'us.amazon.nova-pro-v1:0', 'strong', true, null],
      ['anthropic', 'claude-haiku-5-5', 'cheap', true, null], ['anthropic', 'claude-sonnet-5-5', 'strong', true, null],
      ['gemini', 'gemini-3.5-flash-lite', 'cheap', false, 'llm_unauthorized'], ['gemini', 'gemini-3.8-flash', 'strong', false, 'llm_unauthorized'],
    ])
    expect(trials[0]).toMatchObject({ inputTokens: 120, outputTokens: 30, costMicroUsd: 26, message: null })
    expect(trials.at(-1)?.message).toContain('GEMINI_API_KEY')
    expect(conditions(opened)).toMatchObject({ openai: 'ready', gemini: 'unauthorized' })
  })

  test('asks one provider alone when it is named', async () => {
    const { trials } = open()
    expect((await trials.run('anthropic')).map(({ model }) => model)).toEqual(['claude-haiku-5-5', 'claude-sonnet-5-5'])
    expect(asked()).toEqual({ openai: 0, bedrock: 0, anthropic: 2, gemini: 0 })
  })
})
