import { describe, expect, test } from 'vitest'
import { bindInputs } from './binding.ts'
import { matcherText, matchOf, parseMatcher, type MatchSubject } from './matcher.ts'
import type { RunbookInput } from '../../schemas/runbooks.ts'

const SUBJECT: MatchSubject = { asset: 'web-1', signature: 'DiskFull', source: 'datadog', integrationId: 'i', severity: 'high', status: 'firing', title: 'No space left', message: 'on device /dev/sda1', labels: { check: 'disk', 'aw:category': 'forged' }, category: 'Storage', count: 3 }
const holds = (text: string, subject: Partial<MatchSubject> = {}) => parseMatcher(text)({ ...SUBJECT, ...subject })

describe('a matcher', () => {
  test.each<[string, Partial<MatchSubject>, boolean]>([
    ['severity>=high', {}, true], ['severity >= critical', {}, false], ['severity>=info', { severity: 'unknown' }, false], ['count>=3', {}, true], ['count>=4', {}, false],
    ['category=storage', {}, true], ['category=network', {}, false], ['category=~"stor.*"', {}, true], ['category=forged', { category: null }, false], ['category!=storage', { category: null }, true],
    ['text=~".*no space.*sda1"', {}, true], ['words="space device"', {}, true], ['words=spac', {}, false], ['words="diskfull"', {}, true], ['words="no memory"', {}, false], ['labels.check=DISK', {}, true], ['asset=~"web-.*"', {}, true],
  ])('%s of %j is %s', (text, subject, expected) => {
    expect(holds(text, subject)).toBe(expected)
  })

  test.each([['severity>=awful', /no severity/], ['count>=0', /no count/], ['words=""', /words needs/], ['colour=red', /no field/], ['asset=~"("', /no valid RE2/], ['nothing', /no matcher/]])('%s cannot be read', (text, why) => {
    expect(() => parseMatcher(text)).toThrow(why)
  })

  test.each([
    [{ severity: { atLeast: 'high' } }, 'severity>=high'], [{ count: { atLeast: 2 } }, 'count>=2'], [{ words: 'disk full' }, 'words="disk full"'], [{ label: 'check', equals: 'disk' }, 'labels.check="disk"'], [{ field: 'asset', not: 'a"b\\' }, 'asset!="a\\"b\\\\"'],
    [{ label: 'check', oneOf: ['a.b', 'c|d'] }, 'labels.check=~"(?:a\\.b|c\\|d)"'], [{ field: 'text', matches: '.*x"y.*' }, 'text=~".*x\\"y.*"'],
  ])('%j is written as %s, which can be read', (form, text) => {
    expect(matcherText(form)).toBe(text)
    expect(parseMatcher(text)).toBeTypeOf('function')
  })

  test('that lists values takes each of them literally', () => {
    const text = matcherText({ label: 'check', oneOf: ['a.b', 'c|d'] })
    expect(['a.b', 'c|d', 'axb', 'c'].map((check) => holds(text, { labels: { check } }))).toEqual([true, true, false, false])
  })
})

describe('a match', () => {
  test('needs all of all and one of any, and says what is missing', () => {
    const match = matchOf({ all: ['severity>=high', 'labels.check=disk'], any: ['asset=x', 'asset=web-1'] })
    expect(match(SUBJECT)).toEqual([])
    expect(match({ ...SUBJECT, severity: 'low', asset: 'y' })).toEqual(['severity>=high', 'any of: asset=x; asset=web-1'])
  })

  test('without criteria fits nothing', () => {
    expect(matchOf({ all: [], any: [] })(SUBJECT)).toHaveLength(1)
  })
})

describe('inputs', () => {
  const input = (change: Partial<RunbookInput>): RunbookInput => ({ name: 'a', type: 'string', description: '', from: [], default: null, isRequired: true, pattern: '^[a-z]+$', min: null, max: null, values: [], maxLength: 5, ...change })
  const bind = (one: RunbookInput, given: Record<string, unknown> = {}, labels: Record<string, string> = {}) => bindInputs([one], { problem: { asset: 'web', signature: null, labels }, target: { asset: 'srv', tags: { role: 'db' } }, given })

  test.each<[string, Partial<RunbookInput>, Record<string, unknown>, Record<string, string>, unknown]>([
    ['a person before the alert', { from: ['problem.labels.x'] }, { a: 'me' }, { x: 'it' }, 'me'],
    ['the first source that is there', { from: ['problem.labels.y', 'problem.labels.x', 'target.asset'] }, {}, { x: 'it', y: '' }, 'it'],
    ['the asset of the target', { from: ['problem.signature', 'target.asset'] }, {}, {}, 'srv'],
    ['a tag of the target', { from: ['target.tags.role'] }, {}, {}, 'db'],
    ['the default last', { from: ['problem.labels.x'], default: 'std', isRequired: false }, {}, {}, 'std'],
    ['a number out of a label', { type: 'integer', pattern: null, from: ['problem.labels.x'], min: 1, max: 9 }, {}, { x: '7' }, 7],
    ['a switch out of a label', { type: 'boolean', pattern: null, from: ['problem.labels.x'] }, {}, { x: 'true' }, true],
    ['nothing where it may be absent', { isRequired: false }, {}, {}, undefined],
  ])('come from %s', (_, change, given, labels, value) => {
    expect(bind(input(change), given, labels)).toEqual({ kind: 'bound', values: value === undefined ? {} : { a: value } })
  })

  test.each<[string, Partial<RunbookInput>, Record<string, unknown>, Record<string, string>, string, RegExp]>([
    ['is missing', { from: ['problem.labels.x'] }, {}, {}, 'input_missing', /there is no problem.labels.x/],
    ['does not fit its pattern, though there is a default', { from: ['problem.labels.x'], default: 'std', isRequired: false }, {}, { x: 'A;B' }, 'input_invalid', /does not fit/],
    ['has a new line after what fits', {}, { a: 'abc\n' }, {}, 'input_invalid', /does not fit/],
    ['is too long', {}, { a: 'abcdef' }, {}, 'input_invalid', /6 characters; 5 at most/],
    ['holds NUL', { pattern: null, values: [] }, { a: 'a\0' }, {}, 'input_invalid', /no script can be handed/],
    ['is of another type', {}, { a: 5 }, {}, 'input_invalid', /no string/],
    ['is a list', { type: 'integer', pattern: null }, { a: [5] }, {}, 'input_invalid', /no integer/],
    ['is a fraction', { type: 'integer', pattern: null }, { a: 1.5 }, {}, 'input_invalid', /no integer/],
    ['is above its most', { type: 'integer', pattern: null, min: 1, max: 9 }, { a: 10 }, {}, 'input_invalid', /above 9/],
    ['is no value that is listed', { pattern: null, values: ['x', 'y'] }, { a: 'z' }, {}, 'input_invalid', /none of x, y/],
    ['is not known', {}, { a: 'x', b: 'y' }, {}, 'input_invalid', /no such input/],
    ['comes from what every object has', { from: ['problem.labels.constructor'] }, {}, {}, 'input_missing', /there is no/],
  ])('are refused when one %s', (_, change, given, labels, code, why) => {
    const bound = bind(input(change), given, labels)
    expect(bound).toMatchObject({ kind: 'refused', code })
    expect(bound.kind === 'refused' && bound.mistakes.map((one) => one.why).join()).toMatch(why)
  })
})
