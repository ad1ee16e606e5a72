import { describe, expect, test } from 'vitest'
import { durationMs } from './durations.ts'
import { expectation, parseExpectation } from './expectation.ts'
import { readResult } from './result.ts'

const LINE = '{"aw":1,"outcome":"ok","code":null,"message":"fine","changed":["a"],"changedCount":3,"facts":{"usedPercent":12,"state":"running"}}'
const holds = (text: string, facts: Record<string, string | number | boolean>) => {
  const comparisons = parseExpectation(text)
  return typeof comparisons === 'string' ? comparisons : expectation(comparisons, facts)
}

describe('the result of a script', () => {
  test('is its last line', () => {
    expect(readResult(`noise\n${LINE}\n\n`, 0)).toEqual({ outcome: 'ok', result: { outcome: 'ok', code: null, message: 'fine', changed: ['a'], changedCount: 3, facts: { usedPercent: 12, state: 'running' } } })
  })

  test.each([['no output', ''], ['no result at the end', `${LINE}\nmore`], ['a line that is cut', LINE.slice(0, -5)], ['JSON of somebody else', '{"outcome":"ok","message":"x","changed":[]}'], ['an outcome there is not', LINE.replace('"ok"', '"great"')], ['a message that is none', LINE.replace('"fine"', '3')]])('is none of %s', (_, stdout) => {
    expect(readResult(stdout, 0)).toEqual({ outcome: 'no_result', result: null })
  })

  test('says ok only with exit code 0, or where nobody knows the code', () => {
    expect(readResult(LINE, 137)).toMatchObject({ outcome: 'failed', result: { outcome: 'failed', code: 'exit_code', changed: ['a'] } })
    expect(readResult(LINE, null)).toMatchObject({ outcome: 'ok' })
    expect(readResult(LINE.replace('"ok"', '"refused"'), 3)).toMatchObject({ outcome: 'refused' })
    expect(readResult(LINE.replace('"ok"', '"repeated"'), 4)).toMatchObject({ outcome: 'repeated' })
  })

  test('takes no more than it may, and nothing of another kind', () => {
    const many = { aw: 1, outcome: 'ok', code: '', message: 'x', changed: [...Array(80).keys()].map(String), changedCount: -1, facts: { ...Object.fromEntries([...Array(80).keys()].map((n) => [`f${n}`, n])), 'bad name': 1, nested: { a: 1 }, list: [1] } }
    const { result } = readResult(JSON.stringify(many), 0)
    expect(result).toMatchObject({ code: null, changedCount: 50 })
    expect(result?.changed).toHaveLength(50)
    expect(Object.keys(result?.facts ?? {})).toHaveLength(50)
    expect(result?.facts).not.toHaveProperty('nested')
  })
})

describe('an expectation', () => {
  test.each<[string, Record<string, string | number | boolean>, boolean]>([
    ['usedPercent < 90', { usedPercent: 89 }, true], ['usedPercent < 90', { usedPercent: 90 }, false], ['usedPercent <= 90', { usedPercent: 90 }, true], ['n > -1.5', { n: 0 }, true], ['n >= 3', { n: 2 }, false],
    ['state = running', { state: 'running' }, true], ['state = "not running"', { state: 'not running' }, true], ['state != running', { state: 'running' }, false], ['healthy = true', { healthy: true }, true], ['healthy = true', { healthy: 'false' }, false],
    ['version = 15.1', { version: '15.1' }, true], ['a = 1 and b = 2', { a: 1, b: 2 }, true], ['a = 1 and b = 2', { a: 1, b: 3 }, false], ['a < 5', { a: 'many' }, false], ['a != 1', {}, false],
  ])('%j of %j is %s', (text, facts, expected) => {
    expect(holds(text, facts)).toMatchObject({ holds: expected })
  })

  test('says what does not hold, and of what', () => {
    expect(holds('usedPercent < 90 and healthy = true', { usedPercent: 95 })).toEqual({ holds: false, failing: ['usedPercent < 90, but it is 95', 'healthy = true, but the script does not tell it'] })
  })

  test.each([['full', /"full" is no comparison/], ['a < b', /compares with something that is no number/], ['a < 1 or b < 2', /is no comparison/], ['a == 1', /is no comparison/], [Array(11).fill('a < 1').join(' and '), /11 comparisons/], ['', /is no comparison/]])('%j cannot be read', (text, why) => {
    expect(parseExpectation(text)).toMatch(why)
  })
})

test('lengths of time', () => {
  expect(['500ms', '20s', '30m', '2h', '7d', '20', '1.5h', '-1s', 's', '1w'].map(durationMs)).toEqual([500, 20_000, 1_800_000, 7_200_000, 604_800_000, null, null, null, null, null])
})
