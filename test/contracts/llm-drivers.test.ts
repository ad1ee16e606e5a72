/** Every driver of a language-model provider, held to the same behaviours over a fake that speaks the vendor's wire format. */
import { afterEach, describe, expect, test } from 'vitest'
import { anthropicDriver } from '../../correlator/analyst/model/drivers/anthropic.ts'
import { bedrockDriver } from '../../correlator/analyst/model/drivers/bedrock.ts'
import { geminiDriver } from '../../correlator/analyst/model/drivers/gemini.ts'
import { openaiDriver } from '../../correlator/analyst/model/drivers/openai.ts'
import type { Driver, DriverCall } from '../../correlator/analyst/model/driver.ts'
import { systemClock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import { startAnthropicFake } from '../fakes/llm-anthropic.ts'
import { startBedrockFake } from '../fakes/llm-bedrock.ts'
import { startGeminiFake } from '../fakes/llm-gemini.ts'
import { startOpenAiFake } from '../fakes/llm-openai.ts'
import type { LlmFake } from '../fakes/llm.ts'

const SCHEMA = { type: 'object', additionalProperties: false, required: ['pattern', 'confidence'], properties: { pattern: { type: 'string', enum: ['storm', 'none'] }, confidence: { type: 'number' } } }
const ANSWER = { pattern: 'storm', confidence: 0.8 }
const secret = (text: string) => ({ reveal: () => text })
const SECRETS = { openai: 'sk-test-openai-key', anthropic: 'sk-ant-test-key', gemini: 'AIzaTestGeminiKey', bedrock: 'AKIATESTBEDROCK' }

interface Vendor { model: string; fake: (options?: object) => Promise<LlmFake>; driver: (url: string, key?: string) => Driver; wrongKeyStatus: number; unknownModelStatus: number }
const VENDORS: Record<string, Vendor> = {
  openai: { model: 'gpt-6-luna', fake: startOpenAiFake, driver: (baseUrl, key = SECRETS.openai) => openaiDriver({ baseUrl, apiKey: secret(key) }, systemClock), wrongKeyStatus: 401, unknownModelStatus: 404 },
  anthropic: { model: 'claude-haiku-5-5', fake: startAnthropicFake, driver: (baseUrl, key = SECRETS.anthropic) => anthropicDriver({ baseUrl, apiKey: secret(key) }, systemClock), wrongKeyStatus: 401, unknownModelStatus: 404 },
  gemini: { model: 'gemini-3.5-flash-lite', fake: startGeminiFake, driver: (baseUrl, key = SECRETS.gemini) => geminiDriver({ baseUrl, apiKey: secret(key) }, systemClock), wrongKeyStatus: 400, unknownModelStatus: 404 },
  bedrock: {
    model: 'us.amazon.nova-lite-v1:0', fake: startBedrockFake, wrongKeyStatus: 403, unknownModelStatus: 400,
    driver: (endpoint, key = SECRETS.bedrock) => bedrockDriver({ region: 'us-east-1', endpoint, credentials: { accessKeyId: key, secretAccessKey: 'bedrock-secret-access-key' } }, systemClock),
  },
}

const started: LlmFake[] = []
afterEach(async () => {
  for (const fake of started.splice(0)) await fake.close()
})

describe.each(Object.entries(VENDORS))('the driver of %s', (name, vendor) => {
  const open = async (options?: object): Promise<{ fake: LlmFake; driver: Driver }> => {
    const fake = await vendor.fake(options)
    started.push(fake)
    return { fake, driver: vendor.driver(fake.url) }
  }
  const call = (change: Partial<DriverCall> = {}): DriverCall => ({
    model: vendor.model, system: 'You read incidents.', prompt: 'What is this?', schema: SCHEMA, schemaName: 'verdict', temperature: 0.3, maxTokens: 1_000, onText: null, signal: new AbortController().signal, ...change,
  })
  const collecting = (): { deltas: string[]; onText: (delta: string) => void } => {
    const deltas: string[] = []
    return { deltas, onText: (delta) => void deltas.push(delta) }
  }
  const failing = async (asked: Promise<unknown>): Promise<AppError> => {
    const thrown = await asked.then(() => new Error('it answered'), (error: unknown) => error)
    if (!(thrown instanceof AppError)) throw thrown
    return thrown
  }

  test('gives a structured answer with the tokens the provider counted, its cache included', async () => {
    const { fake, driver } = await open()
    fake.script({ kind: 'json', json: ANSWER })
    const answer = await driver.call(call())
    expect(JSON.parse(answer.text)).toEqual(ANSWER)
    expect(answer).toMatchObject({ isCut: false, tokens: { inputTokens: 120, outputTokens: 30, cachedInputTokens: 20 } })
    expect(fake.asked).toMatchObject([{ model: vendor.model, system: 'You read incidents.', prompt: 'What is this?', schema: SCHEMA, maxTokens: 1_000, isStream: false }])
  })

  test('streams a structured answer piece by piece', async () => {
    const { fake, driver } = await open()
    fake.script({ kind: 'json', json: ANSWER })
    const { deltas, onText } = collecting()
    const answer = await driver.call(call({ onText }))
    expect(fake.asked[0]?.isStream).toBe(true)
    expect(deltas.length).toBeGreaterThan(2)
    expect(deltas.join('')).toBe(answer.text)
    expect(JSON.parse(answer.text)).toEqual(ANSWER)
    expect(answer.tokens).toEqual({ inputTokens: 120, outputTokens: 30, cachedInputTokens: 20 })
  })

  test('gives free text, at once and as a stream', async () => {
    const { fake, driver } = await open()
    const words = 'Der Router in Köln ist aus: „kein Strom“ 🔌.'
    fake.script({ kind: 'text', text: words }, { kind: 'text', text: words })
    expect((await driver.call(call({ schema: null }))).text).toBe(words)
    const { deltas, onText } = collecting()
    expect((await driver.call(call({ schema: null, onText }))).text).toBe(words)
    expect(deltas.join('')).toBe(words)
    expect(fake.asked.map(({ schema }) => schema)).toEqual([null, null])
  })

  test('says that an answer was cut at its limit, at once and as a stream', async () => {
    const { fake, driver } = await open()
    fake.script({ kind: 'cut', text: '{"pattern":"st' }, { kind: 'cut', text: '{"pattern":"st' })
    expect(await driver.call(call())).toMatchObject({ isCut: true, text: '{"pattern":"st' })
    expect(await driver.call(call({ onText: () => undefined }))).toMatchObject({ isCut: true, text: '{"pattern":"st' })
  })

  test('tells a refusal from an answer, with the tokens it cost', async () => {
    const { fake, driver } = await open()
    fake.script({ kind: 'refusal' }, { kind: 'refusal' })
    for (const onText of [null, () => undefined]) {
      const error = await failing(driver.call(call({ onText })))
      expect(error.code).toBe('llm_refused')
      expect(error.details.tokens).toMatchObject({ inputTokens: 120 })
    }
  })

  test('names refused credentials, and repeats neither key nor what the provider said', async () => {
    const { fake } = await open()
    const key = name === 'bedrock' ? 'AKIAWRONGWRONG' : 'sk-wrong-key-0123456789'
    const error = await failing(vendor.driver(fake.url, key).call(call()))
    expect(error).toMatchObject({ code: 'llm_unauthorized', details: { status: vendor.wrongKeyStatus } })
    expect(`${error.message} ${JSON.stringify(error.details)} ${String(error.cause)}`).not.toContain(key.slice(3, 12))
    expect(error.cause).toBeUndefined()
  })

  test('says which model a provider does not have', async () => {
    const { driver } = await open()
    const error = await failing(driver.call(call({ model: 'no-such-model' })))
    expect(error).toMatchObject({ code: 'llm_bad_request', details: { status: vendor.unknownModelStatus } })
    expect(error.message).toContain('no-such-model')
  })

  test('takes every key out of what a provider says of a bad request', async () => {
    const { fake, driver } = await open()
    const own = SECRETS[name as keyof typeof SECRETS]
    fake.script({ kind: 'error', status: 400, message: `bad field near ${own} and sk-proj-abcdefghijklmnop and AKIAABCDEFGHIJKLMNOP\u0000 end` })
    const error = await failing(driver.call(call()))
    expect(error.code).toBe('llm_bad_request')
    expect(error.message).toContain('bad field near [redacted] and [redacted] and [redacted] end')
  })

  test('gives the wait a limit asks for', async () => {
    const { fake, driver } = await open()
    fake.script({ kind: 'error', status: 429, message: 'Too many requests', headers: { 'retry-after': '7' } })
    expect(await failing(driver.call(call()))).toMatchObject({ code: 'llm_rate_limited', details: { status: 429, retryAfterSeconds: 7 } })
  })

  test.each([500, 503])('counts a %i as a failure of the provider', async (status) => {
    const { fake, driver } = await open()
    fake.script({ kind: 'error', status })
    expect(await failing(driver.call(call()))).toMatchObject({ code: 'llm_unavailable', details: { status } })
    expect(fake.asked).toHaveLength(1)
  })

  test('ends the request when its time is over, before an answer and within one', async () => {
    const { fake, driver } = await open()
    fake.script({ kind: 'silence' }, { kind: 'stream', then: 'stall', text: 'It is a ' })
    for (const isStream of [false, true]) {
      const ending = new AbortController()
      const abandoned = fake.nextAbandoned()
      const asked = isStream ? null : fake.nextAsked()
      const began = Promise.withResolvers<unknown>()
      const answer = driver.call(call({ signal: ending.signal, schema: null, onText: isStream ? () => began.resolve(null) : null })).then(() => 'answered', () => 'ended')
      await (asked ?? began.promise)
      ending.abort()
      expect(await answer).toBe('ended')
      await abandoned
    }
    expect(fake.abandoned).toBe(2)
  })

  test.each(['break', 'end', 'error'] as const)('does not take a stream for an answer that %ss too soon', async (then) => {
    const { fake, driver } = await open()
    fake.script({ kind: 'stream', then, text: 'It is a st' })
    const error = await failing(driver.call(call({ schema: null, onText: () => undefined })))
    expect(['llm_unavailable', 'llm_rate_limited']).toContain(error.code)
  })

  test('stops reading an answer that has no end', async () => {
    const { fake, driver } = await open()
    fake.script({ kind: 'huge' })
    const error = await failing(driver.call(call()))
    expect(error.code).toBe('llm_invalid_output')
    expect(error.message).toContain('too large')
  })

  test('does not take a log-in page for an answer', async () => {
    const { fake, driver } = await open()
    fake.script({ kind: 'html' })
    expect((await failing(driver.call(call()))).code).toBe('llm_unavailable')
  })

  test('follows no redirection, which would carry the key away', async () => {
    const { fake, driver } = await open()
    const elsewhere = await vendor.fake()
    started.push(elsewhere)
    fake.script({ kind: 'redirect', to: new URL(elsewhere.url).origin })
    await failing(driver.call(call()))
    expect(elsewhere.asked).toHaveLength(0)
  })

  test('says that nobody listens', async () => {
    const { fake, driver } = await open()
    await fake.close()
    started.length = 0
    const error = await failing(driver.call(call()))
    expect(error.code).toBe('llm_unavailable')
    expect(error.message).toContain('ECONNREFUSED')
  })
})

describe('what providers and models do not take', () => {
  const call = (model: string, change: Partial<DriverCall> = {}): DriverCall => ({ model, system: 's', prompt: 'p', schema: SCHEMA, schemaName: 'verdict', temperature: 0.3, maxTokens: 500, onText: null, signal: new AbortController().signal, ...change })
  const body = (fake: LlmFake, at: number): Record<string, unknown> => fake.asked.at(at)?.body ?? {}

  test('a server of one’s own without schemas is asked for JSON in words, and remembered', async () => {
    const fake = await startOpenAiFake({ key: null, models: ['llama'], refuses: ['json_schema', 'max_completion_tokens', 'stream_options'] })
    started.push(fake)
    const driver = openaiDriver({ baseUrl: fake.url, apiKey: null }, systemClock)
    fake.script({ kind: 'json', json: ANSWER }, { kind: 'json', json: ANSWER }, { kind: 'json', json: ANSWER })
    expect(JSON.parse((await driver.call(call('llama'))).text)).toEqual(ANSWER)
    expect(fake.asked).toHaveLength(2)
    expect(body(fake, -1)).toMatchObject({ response_format: { type: 'json_object' }, max_tokens: 500, temperature: 0.3 })
    expect(fake.asked.at(-1)?.system).toContain('"pattern"')
    await driver.call(call('llama'))
    expect(fake.asked).toHaveLength(3)
    const streamed = await driver.call(call('llama', { onText: () => undefined }))
    expect(fake.asked).toHaveLength(5)
    expect(streamed.tokens.inputTokens).toBeGreaterThan(0)
  })

  test('a server that knows no response format at all still answers', async () => {
    const fake = await startOpenAiFake({ key: null, models: ['tiny'], refuses: ['response_format', 'temperature', 'max_tokens'] })
    started.push(fake)
    fake.script({ kind: 'json', json: ANSWER })
    expect(JSON.parse((await openaiDriver({ baseUrl: fake.url, apiKey: null }, systemClock).call(call('tiny'))).text)).toEqual(ANSWER)
    const sent = body(fake, -1)
    expect(sent).not.toHaveProperty('response_format')
    expect(sent).not.toHaveProperty('temperature')
    expect(sent).toHaveProperty('max_completion_tokens', 500)
  })

  test('an option that is refused again and again ends the call', async () => {
    const fake = await startOpenAiFake()
    started.push(fake)
    fake.script(...Array.from({ length: 9 }, () => ({ kind: 'error', status: 400, message: 'temperature response_format reasoning max_tokens' }) as const))
    await expect(openaiDriver({ baseUrl: fake.url, apiKey: secret(SECRETS.openai) }, systemClock).call(call('gpt-6-luna'))).rejects.toMatchObject({ code: 'llm_bad_request' })
    expect(fake.asked.length).toBeLessThanOrEqual(7)
  })

  test('OpenAI’s thinking models are told not to think, and a schema that is not closed is not called strict', async () => {
    const fake = await startOpenAiFake()
    started.push(fake)
    await openaiDriver({ baseUrl: fake.url, apiKey: secret(SECRETS.openai) }, systemClock).call(call('gpt-6-luna', { schema: { type: 'object', properties: { a: { type: 'string' } } } }))
    expect(body(fake, 0)).toMatchObject({ reasoning_effort: 'none', response_format: { json_schema: { strict: false } } })
  })

  test('a schema that OpenAI’s strict mode does not take is sent as one that is not strict', async () => {
    const fake = await startOpenAiFake()
    started.push(fake)
    await openaiDriver({ baseUrl: fake.url, apiKey: secret(SECRETS.openai) }, systemClock).call(call('gpt-6-luna', { schema: { type: 'object', additionalProperties: false, required: ['a'], properties: { a: { type: 'string', minLength: 2 } } } }))
    expect(fake.asked.map(({ body: sent }) => (sent as { response_format: { json_schema: { strict: boolean } } }).response_format.json_schema.strict)).toEqual([true, false])
  })

  test('an account without credit counts as refused credentials', async () => {
    const fake = await startOpenAiFake()
    started.push(fake)
    fake.script({ kind: 'error', status: 429, code: 'insufficient_quota', message: 'You exceeded your current quota, please check your plan and billing details.' })
    await expect(openaiDriver({ baseUrl: fake.url, apiKey: secret(SECRETS.openai) }, systemClock).call(call('gpt-6-luna'))).rejects.toMatchObject({ code: 'llm_unauthorized' })
    const other = await startAnthropicFake()
    started.push(other)
    other.script({ kind: 'error', status: 400, message: 'Your credit balance is too low to access the Anthropic API.' })
    await expect(anthropicDriver({ baseUrl: other.url, apiKey: secret(SECRETS.anthropic) }, systemClock).call(call('claude-haiku-5-5'))).rejects.toMatchObject({ code: 'llm_unauthorized' })
  })

  test('a content filter that refuses the request is a refusal', async () => {
    const fake = await startOpenAiFake()
    started.push(fake)
    fake.script({ kind: 'error', status: 400, code: 'content_filter', message: 'The response was filtered due to the prompt triggering content management policy.' })
    await expect(openaiDriver({ baseUrl: fake.url, apiKey: secret(SECRETS.openai) }, systemClock).call(call('gpt-6-luna'))).rejects.toMatchObject({ code: 'llm_refused' })
  })

  test('Anthropic is made to use the tool, without a temperature where none is taken', async () => {
    const fake = await startAnthropicFake({ models: ['claude-haiku-5-5', 'claude-haiku-4-5'], refuses: [] })
    started.push(fake)
    const driver = anthropicDriver({ baseUrl: fake.url, apiKey: secret(SECRETS.anthropic) }, systemClock)
    await driver.call(call('claude-haiku-5-5'))
    expect(body(fake, 0)).toMatchObject({ tool_choice: { type: 'tool', name: 'verdict' }, thinking: { type: 'disabled' } })
    expect(body(fake, 0)).not.toHaveProperty('temperature')
    await driver.call(call('claude-haiku-4-5'))
    expect(body(fake, 1)).toMatchObject({ temperature: 0.3 })
    expect(body(fake, 1)).not.toHaveProperty('thinking')
  })

  test('a model of Anthropic that always thinks is asked for its output format', async () => {
    const fake = await startAnthropicFake({ models: ['claude-opus-5-5'], refuses: ['temperature', 'tool_choice', 'thinking'] })
    started.push(fake)
    fake.script({ kind: 'json', json: ANSWER })
    expect(JSON.parse((await anthropicDriver({ baseUrl: fake.url, apiKey: secret(SECRETS.anthropic) }, systemClock).call(call('claude-opus-5-5'))).text)).toEqual(ANSWER)
    expect(body(fake, -1)).toMatchObject({ output_config: { format: { type: 'json_schema', schema: SCHEMA } } })
    expect(body(fake, -1)).not.toHaveProperty('tools')
  })

  test('a model of Bedrock that cannot be made to use a tool is told the schema in words', async () => {
    const fake = await startBedrockFake({ models: ['meta.llama'], refuses: ['toolChoice'] })
    started.push(fake)
    fake.script({ kind: 'text', text: `Here it is:\n${JSON.stringify(ANSWER)}` })
    const driver = bedrockDriver({ region: 'us-east-1', endpoint: fake.url, credentials: { accessKeyId: SECRETS.bedrock, secretAccessKey: 'x' } }, systemClock)
    expect((await driver.call(call('meta.llama'))).text).toContain('"storm"')
    expect(body(fake, -1)).not.toHaveProperty('toolConfig')
    expect(fake.asked.at(-1)?.system).toContain('"pattern"')
  })

  test('a version of Gemini without JSON schemas is told the schema in words', async () => {
    const fake = await startGeminiFake({ refuses: ['responseJsonSchema'] })
    started.push(fake)
    fake.script({ kind: 'json', json: ANSWER })
    expect(JSON.parse((await geminiDriver({ baseUrl: fake.url, apiKey: secret(SECRETS.gemini) }, systemClock).call(call('gemini-3.5-flash-lite'))).text)).toEqual(ANSWER)
    expect(body(fake, -1)).toMatchObject({ generationConfig: { responseMimeType: 'application/json' } })
    expect(fake.asked.at(-1)?.system).toContain('"pattern"')
  })

  test('Gemini’s models are told to think as little as they can, or left to it where they refuse', async () => {
    const fake = await startGeminiFake({ models: ['gemini-3.5-flash-lite', 'gemini-2.5-flash'] })
    const other = await startGeminiFake({ refuses: ['thinkingConfig'] })
    started.push(fake, other)
    const driver = geminiDriver({ baseUrl: fake.url, apiKey: secret(SECRETS.gemini) }, systemClock)
    await driver.call(call('gemini-3.5-flash-lite'))
    await driver.call(call('gemini-2.5-flash'))
    expect([body(fake, 0), body(fake, 1)]).toMatchObject([{ generationConfig: { thinkingConfig: { thinkingLevel: 'minimal' } } }, { generationConfig: { thinkingConfig: { thinkingBudget: 0 } } }])
    await geminiDriver({ baseUrl: other.url, apiKey: secret(SECRETS.gemini) }, systemClock).call(call('gemini-3.8-flash'))
    expect(body(other, -1).generationConfig).not.toHaveProperty('thinkingConfig')
  })

  test('Gemini’s own way to name a wait is understood', async () => {
    const fake = await startGeminiFake()
    started.push(fake)
    fake.script({ kind: 'error', status: 429, message: 'Resource has been exhausted' })
    await expect(geminiDriver({ baseUrl: fake.url, apiKey: secret(SECRETS.gemini) }, systemClock).call(call('gemini-3.5-flash-lite'))).rejects.toMatchObject({ code: 'llm_rate_limited', details: { retryAfterSeconds: 35 } })
  })

  test('limits in headers come with the answer', async () => {
    const fake = await startOpenAiFake()
    started.push(fake)
    fake.script({ kind: 'json', json: ANSWER, headers: { 'x-ratelimit-remaining-requests': '3', 'x-ratelimit-reset-requests': '1m0.5s', 'x-ratelimit-remaining-tokens': '900', 'x-ratelimit-reset-tokens': '250ms' } })
    expect((await openaiDriver({ baseUrl: fake.url, apiKey: secret(SECRETS.openai) }, systemClock).call(call('gpt-6-luna'))).limits).toEqual([{ kind: 'requests', left: 3, resetMs: 60_500 }, { kind: 'tokens', left: 900, resetMs: 250 }])
  })
})
