import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hostileInputs } from '../../test/hostile-inputs/corpus.ts'
import { SYSTEMS } from '../../schemas/runbooks.ts'
import { composeScript, variableOf } from './envelope.ts'
import { libraryFor, libraryFunctions } from './shell-library.ts'

const SMALL = hostileInputs('/tmp/canary').filter(({ value }) => value.length < 32_000)
/** The lines of a command that carry inputs, and all of it without what is between their quotes. */
function apart(command: string) {
  const values: string[] = []
  const rest = command.replace(/^(aw_input \w+ |Set-AwInput '\w+' )'([^'\n]*)'$/gm, (_, head: string, value: string) => {
    values.push(value)
    return `${head}''`
  })
  return { values, rest }
}

describe.each(SYSTEMS)('a command for %s', (system) => {
  test.each(SMALL.map(({ name, value }) => [name, value] as const))('holds nothing of a value with %s but letters of base64, which say the same', (_, value) => {
    const { values, rest } = apart(composeScript(system, 'echo x', { value }, 't-1'))
    expect(values).toHaveLength(1)
    expect(values[0]).toMatch(/^[A-Za-z0-9+/]*={0,2}$/)
    expect(Buffer.from(values[0]!, 'base64').toString('utf8')).toBe(value)
    expect(rest).toBe(apart(composeScript(system, 'echo x', { value: 'harmless' }, 't-1')).rest)
  })

  test('is the same text but for base64, whatever the values are', () => {
    const harmless = apart(composeScript(system, 'echo x', { a: 'x', b: 'y' }, 't-1')).rest
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.string({ unit: 'binary', maxLength: 300 }), (a, b) => {
      fc.pre(!`${a}${b}`.includes('\0') && a.isWellFormed() && b.isWellFormed())
      const { values, rest } = apart(composeScript(system, 'echo x', { a, b }, 't-1'))
      expect(values.map((value) => Buffer.from(value, 'base64').toString('utf8'))).toEqual([a, b])
      expect(rest).toBe(harmless)
    }))
  })

  test.each([
    ['a NUL character', { a: 'x\0y' }, 't', /input a holds a NUL/],
    ['half a character', { a: '\ud800' }, 't', /half a character/],
    ['a value that no environment holds', { a: 'x'.repeat(200_000) }, 't', /input a has 200000 bytes/],
    ['more values than a program can be started with', Object.fromEntries([...Array(30).keys()].map((n) => [`a${n}`, 'x'.repeat(30_000)])), 't', /more than 262144 bytes together/],
    ['a name that is code', { 'a; touch x': 'y' }, 't', /is no name of an input/],
    ['a token that is code', {}, "t'; touch x; '", /the token of a command has/],
    ['a token that is a path', {}, '../../etc', /the token of a command has/],
    ['no token', {}, '', /the token of a command has/],
  ])('is not made of %s', (_, inputs, token, why) => {
    expect(() => composeScript(system, 'echo x', inputs, token)).toThrow(why)
  })

  test('hands numbers and switches over as text', () => {
    expect(apart(composeScript(system, '', { a: 7, b: true, c: 1.5 }, 't')).values.map((value) => Buffer.from(value, 'base64').toString())).toEqual(['7', 'true', '1.5'])
  })
})

test('inputs become variables in capitals', () => {
  expect(['volume', 'maxAgeDays', 'a1B'].map(variableOf)).toEqual(['AW_INPUT_VOLUME', 'AW_INPUT_MAX_AGE_DAYS', 'AW_INPUT_A1_B'])
})

describe('the functions that go with a script', () => {
  test('are those it calls, and those they call', () => {
    const text = libraryFor('linux', 'aw_need ls')
    expect(text).toMatch(/^aw_need\(\) \{/m)
    expect(text).toMatch(/^aw_refuse\(\) \{/m)
    expect(text).toMatch(/^aw_exit\(\) \{/m)
    expect(text).not.toMatch(/^aw_remove\(\) \{/m)
    expect(libraryFor('windows', 'add-awchange -Text x')).toMatch(/^function Add-AwChange \{/m)
    expect(libraryFor('windows', 'Get-Date')).not.toMatch(/Add-AwChange/)
  })

  test('are all there for a script that calls all, without comments', () => {
    for (const system of SYSTEMS) {
      const names = libraryFunctions(system)
      const text = libraryFor(system, names.join('\n'))
      expect(names.filter((name) => !text.includes(name))).toEqual([])
      expect(text.split('\n').filter((line) => line.trim().startsWith('#'))).toEqual([])
    }
  })

  test('leave room for a script: the least is small', () => {
    expect(Buffer.byteLength(composeScript('linux', 'aw_ok x', {}, 't'))).toBeLessThan(6_000)
    expect(Buffer.byteLength(composeScript('windows', 'Complete-AwRun -Message x', {}, 't'))).toBeLessThan(6_500)
  })
})

test('a line end of Windows in a script is none on Linux', () => {
  expect(composeScript('linux', 'a\r\nb\r\n', {}, 't')).not.toContain('\r')
})
