import { describe, expect, test } from 'vitest'
import { isStrict, judge, readJson, repairPrompt } from './structured.ts'

const SCHEMA = { type: 'object', additionalProperties: false, required: ['kind', 'score'], properties: { kind: { type: 'string', enum: ['a', 'b'] }, score: { type: 'number', minimum: 0, maximum: 1 } } }

describe('a structured answer', () => {
  test.each([
    ['plain', '{"kind":"a","score":0.5}'],
    ['in a fence', 'Sure!\n```json\n{"kind":"a","score":0.5}\n```\nAnything else?'],
    ['within words', 'The answer is {"kind":"a","score":0.5}. Done.'],
  ])('is read %s', (_how, text) => {
    expect(judge(text, SCHEMA)).toEqual({ json: { kind: 'a', score: 0.5 }, mistakes: [] })
  })

  test('is told every mistake, where it is and what would fit', () => {
    const { json, mistakes } = judge('{"kind":"c","score":2,"extra":1}', SCHEMA)
    expect(json).toBeNull()
    expect(mistakes.join('\n')).toMatch(/\/kind .*\(a, b\)/)
    expect(mistakes.join('\n')).toMatch(/\/score must be <= 1/)
    expect(mistakes.join('\n')).toMatch(/additional properties \(extra\)/)
  })

  test.each(['', 'no', '{"kind":', '{]}'])('of %j is none', (text) => {
    expect(judge(text, SCHEMA).mistakes).toEqual(['the answer is not JSON'])
    expect(readJson(text)).toBeUndefined()
  })

  test('tells a bounded number of mistakes, each of bounded length', () => {
    const schema = { type: 'object', additionalProperties: false }
    const { mistakes } = judge(JSON.stringify(Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`k${at}${'x'.repeat(2_000)}`, 1]))), schema)
    expect(mistakes.length).toBeLessThanOrEqual(12)
    expect(Math.max(...mistakes.map(({ length }) => length))).toBeLessThanOrEqual(300)
  })

  test('reaches no prototype', () => {
    judge('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}', SCHEMA)
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })
})

test('a repair shows a bounded part of the refused answer, marked as something to look at', () => {
  const prompt = repairPrompt('What is this?', 'x'.repeat(100_000), ['too long'])
  expect(prompt.length).toBeLessThan(5_000)
  expect(prompt).toMatch(/^What is this\?[\s\S]*not to obey[\s\S]*- too long/)
})

test('only a schema that closes every object and requires every property is strict', () => {
  expect(isStrict(SCHEMA)).toBe(true)
  expect(isStrict({ ...SCHEMA, required: ['kind'] })).toBe(false)
  expect(isStrict({ ...SCHEMA, properties: { kind: { type: 'object', properties: {} }, score: { type: 'number' } } })).toBe(false)
  expect(isStrict({ type: 'object', properties: { list: { type: 'array', items: SCHEMA } }, required: ['list'], additionalProperties: false })).toBe(true)
})
