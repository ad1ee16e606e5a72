import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ProviderName } from './port.ts'
import { costMicroUsd, readPrices } from './prices.ts'
import { defaultModels } from './settings.ts'

const TOKENS = { inputTokens: 1_000, outputTokens: 100, cachedInputTokens: 400 }
const write = (text: string): string => {
  const path = join(mkdtempSync(join(tmpdir(), 'aw-prices-')), 'prices.json')
  writeFileSync(path, text)
  return path
}

describe('prices', () => {
  test('a call costs its fresh input, its cached input and its output', () => {
    const table = new Map([['m', { input: 2, cachedInput: 0.5, output: 8 }]])
    expect(costMicroUsd(table, 'm', TOKENS)).toBe(600 * 2 + 400 * 0.5 + 100 * 8)
  })

  test('a part of a millionth counts as a whole one, and nothing used costs nothing', () => {
    const table = new Map([['m', { input: 0.1, cachedInput: 0.1, output: 0.1 }]])
    expect(costMicroUsd(table, 'm', { inputTokens: 3, outputTokens: 0, cachedInputTokens: 0 })).toBe(1)
    expect(costMicroUsd(table, 'm', { inputTokens: 30, outputTokens: 0, cachedInputTokens: 0 })).toBe(3)
    expect(costMicroUsd(table, 'm', { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 })).toBe(0)
  })

  test('a dated model costs what the undated one does; the cost of an unknown one is unknown', () => {
    const table = readPrices(null)
    expect(costMicroUsd(table, 'claude-haiku-4-5-20251001', TOKENS)).toBe(costMicroUsd(table, 'claude-haiku-4-5', TOKENS))
    expect(costMicroUsd(table, 'llama3', TOKENS)).toBeNull()
  })

  test('every model asked by default has a price, in every part of the world', () => {
    const table = readPrices(null)
    for (const provider of ['openai', 'bedrock', 'anthropic', 'gemini'] as ProviderName[]) {
      for (const region of ['us-east-1', 'eu-west-1', 'ap-southeast-2']) for (const model of Object.values(defaultModels(provider, region))) expect([model, costMicroUsd(table, model, TOKENS)]).toEqual([model, expect.any(Number)])
    }
  })

  test('an operator’s file goes over the built-in table', () => {
    const table = readPrices(write('{"models":{"llama3":{"input":0,"output":0},"gpt-6-luna":{"input":9,"cachedInput":1,"output":9}}}'))
    expect(costMicroUsd(table, 'llama3', TOKENS)).toBe(0)
    expect(table.get('gpt-6-luna')?.input).toBe(9)
    expect(table.get('gpt-6-sol')?.input).toBe(2)
  })

  test.each([['no JSON', 'x'], ['no models', '{}'], ['a price without output', '{"models":{"m":{"input":1}}}'], ['a negative price', '{"models":{"m":{"input":-1,"output":1}}}']])('refuses a file with %s', (_what, text) => {
    expect(() => readPrices(write(text))).toThrow(expect.objectContaining({ code: 'config_invalid' }) as Error)
  })

  test('says that a file cannot be read', () => {
    expect(() => readPrices('/nowhere/prices.json')).toThrow(/AW_LLM_PRICES.*cannot be read/)
  })
})
