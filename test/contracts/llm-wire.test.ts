/**
 * Drivers and fakes against the vendors' own descriptions: whatever a driver sends, and whatever a fake answers, must fit them. The descriptions lie outside
 * the project and are never copied into it.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anthropicDriver } from '../../correlator/analyst/model/drivers/anthropic.ts'
import { bedrockDriver } from '../../correlator/analyst/model/drivers/bedrock.ts'
import { geminiDriver } from '../../correlator/analyst/model/drivers/gemini.ts'
import { openaiDriver } from '../../correlator/analyst/model/drivers/openai.ts'
import type { Driver } from '../../correlator/analyst/model/driver.ts'
import { systemClock } from '../../schemas/clock.ts'
import { startAnthropicFake } from '../fakes/llm-anthropic.ts'
import { startBedrockFake } from '../fakes/llm-bedrock.ts'
import { startGeminiFake } from '../fakes/llm-gemini.ts'
import { startOpenAiFake } from '../fakes/llm-openai.ts'
import type { Asked, LlmFake, Reply } from '../fakes/llm.ts'

const SPECS = join(import.meta.dirname, '../../../shared/specs')
const SCHEMA = { type: 'object', additionalProperties: false, required: ['pattern'], properties: { pattern: { type: 'string', enum: ['storm', 'none'] } } }
const secret = (text: string) => ({ reveal: () => text })

interface Vendor { spec: string; request: string; answer: string; error: string; model: string; start: () => Promise<LlmFake>; driver: (url: string) => Driver; headers: Record<string, string>; at: (asked: Asked) => string }
const VENDORS: Record<string, Vendor> = {
  openai: {
    spec: 'openai/openapi.json', request: 'CreateChatCompletionRequest', answer: 'CreateChatCompletionResponse', error: 'ErrorResponse', model: 'gpt-6-luna', start: () => startOpenAiFake(),
    driver: (baseUrl) => openaiDriver({ baseUrl, apiKey: secret('sk-test-openai-key') }, systemClock), headers: { authorization: 'Bearer sk-test-openai-key' }, at: () => '/chat/completions',
  },
  anthropic: {
    spec: 'anthropic/openapi.json', request: 'CreateMessageParams', answer: 'MessageResponse', error: 'Error', model: 'claude-haiku-5-5', start: () => startAnthropicFake({ refuses: [] }),
    driver: (baseUrl) => anthropicDriver({ baseUrl, apiKey: secret('sk-ant-test-key') }, systemClock), headers: { 'x-api-key': 'sk-ant-test-key', 'anthropic-version': '2023-06-01' }, at: ({ path }) => path,
  },
  gemini: {
    spec: 'google-gemini/openapi.json', request: 'GenerateContentRequest', answer: 'GenerateContentResponse', error: 'ErrorEnvelope', model: 'gemini-3.5-flash-lite', start: () => startGeminiFake(),
    driver: (baseUrl) => geminiDriver({ baseUrl, apiKey: secret('AIzaTestGeminiKey') }, systemClock), headers: { 'x-goog-api-key': 'AIzaTestGeminiKey' }, at: ({ path }) => path,
  },
  bedrock: {
    spec: 'aws/bedrock-runtime.openapi.json', request: 'ConverseRequest', answer: 'ConverseResponse', error: 'ThrottlingException', model: 'us.amazon.nova-lite-v1:0', start: () => startBedrockFake(),
    driver: (endpoint) => bedrockDriver({ region: 'us-east-1', endpoint, credentials: { accessKeyId: 'AKIATESTBEDROCK', secretAccessKey: 'x' } }, systemClock), at: ({ path }) => path,
    headers: { authorization: `AWS4-HMAC-SHA256 Credential=AKIATESTBEDROCK/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}` },
  },
}

describe.each(Object.entries(VENDORS))('the wire format of %s', (_name, vendor) => {
  const path = join(SPECS, vendor.spec)
  if (!existsSync(path)) {
    test.skip(`../shared/specs is not there (${path}); only our own fakes judge the drivers`, () => undefined)
    return
  }

  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, logger: false })
  ajv.addSchema(JSON.parse(readFileSync(path, 'utf8')) as object, 'spec')
  const faults = (name: string, value: unknown): unknown => {
    const validate = ajv.compile({ $ref: `spec#/components/schemas/${name}` })
    return validate(value) ? [] : validate.errors
  }
  /** Names the description has for the members of an object. */
  const known = (name: string): readonly string[] => Object.keys((ajv.getSchema(`spec#/components/schemas/${name}`)?.schema as { properties?: object }).properties ?? {})

  let fake: LlmFake
  beforeAll(async () => {
    fake = await vendor.start()
  })
  afterAll(() => fake.close())

  test('is what the driver sends, structured and free, whole and as a stream', async () => {
    for (const schema of [SCHEMA, null]) {
      for (const onText of [null, () => undefined]) {
        await vendor.driver(fake.url).call({ model: vendor.model, system: 'You read incidents.', prompt: 'What is this?', schema, schemaName: 'verdict', temperature: 0.3, maxTokens: 1_000, onText, signal: new AbortController().signal })
        const { body } = fake.asked.at(-1)!
        expect(faults(vendor.request, body)).toEqual([])
        expect(Object.keys(body).filter((key) => !known(vendor.request).includes(key))).toEqual([])
      }
    }
  })

  test('is what the fake answers', async () => {
    await vendor.driver(fake.url).call({ model: vendor.model, system: 's', prompt: 'p', schema: SCHEMA, schemaName: 'verdict', temperature: 0.3, maxTokens: 1_000, onText: null, signal: new AbortController().signal })
    const asked = fake.asked.at(-1)!
    const ask = async (reply: Reply): Promise<unknown> => {
      fake.script(reply)
      const answer = await fetch(`${fake.url}${vendor.at(asked)}`, { method: 'POST', headers: { ...vendor.headers, 'content-type': 'application/json' }, body: JSON.stringify(asked.body) })
      return answer.json()
    }
    for (const reply of [{ kind: 'json', json: { pattern: 'storm' } }, { kind: 'text', text: 'words' }, { kind: 'cut', text: '{"pa' }, { kind: 'refusal' }] as const) expect(faults(vendor.answer, await ask(reply))).toEqual([])
    expect(faults(vendor.error, await ask({ kind: 'error', status: 429, message: 'slower' }))).toEqual([])
  })
})
