import { expect, it } from 'vitest'
import { failing, holds, parseCondition, type Subject } from './conditions.ts'

const subject: Subject = {
  asset: 'Web-1', signature: 'disk full', source: 'zabbix', integrationId: 'int', severity: 'high', status: 'firing', title: 'Disk full', message: 'line one\nline two',
  labels: { site: 'Leeds', 'kubernetes.io/name': 'x' },
}
const test = (...condition: string[]): boolean => holds(parseCondition(condition), subject)

it('compares without regard to case, and patterns from end to end', () => {
  expect(test('asset=web-1', 'labels.site="leeds"', 'site!=York')).toBe(true)
  expect(test('asset=~"web-.*"', 'message=~.*two')).toBe(true)
  expect(test('asset=~web')).toBe(false)
  expect(test('asset!~web')).toBe(true)
  expect(test('asset=~"web-\\d+"')).toBe(true)
})

it('takes an absent field as the empty text, and an empty condition as true', () => {
  expect(test('labels.rack=')).toBe(true)
  expect(test('labels.rack!=""')).toBe(false)
  expect(test('labels.kubernetes.io/name=x')).toBe(true)
  expect(test()).toBe(true)
})

it('names the clause that failed', () => {
  expect(failing(parseCondition(['source=zabbix', 'severity=low']), subject)).toEqual(['severity=low'])
})

it('says how to mend a matcher that is none', () => {
  expect(() => parseCondition(['asset'])).toThrow('write <field><operator><value>')
  expect(() => parseCondition(['constructor=x'])).toThrow('"constructor" is no field; use asset, signature')
  expect(() => parseCondition(['asset=~"("'])).toThrow('no valid RE2 pattern')
})

it('answers a pattern that would take others for ever', () => {
  expect(holds(parseCondition(['message=~"(a+)+$"']), { ...subject, message: `${'a'.repeat(4_000)}!` })).toBe(false)
})
