import { expect, test } from 'vitest'
import { settingsMistakes } from './settings-rules.ts'
import { DEFAULT_SETTINGS, type CompanySettings, type Role } from './settings.ts'

const judge = (changed: Partial<CompanySettings>, role: Role = 'company_admin', stored = DEFAULT_SETTINGS) => settingsMistakes({ ...stored, ...changed }, changed, role)

test('the defaults are legal for everybody', () => {
  for (const role of ['msp_admin', 'company_admin'] as const) expect(judge(DEFAULT_SETTINGS, role)).toEqual([])
})

test.each<[keyof CompanySettings, number[], number[]]>([
  ['windowMs', [300_000, 900_000], [299_999, 900_001, 300_000.5, Number.NaN]], ['requestsPerMinute', [1, 1_000], [0, 1_001, 1.5]], ['burst', [0, 5_000], [-1, 5_001]], ['joinThreshold', [0, 0.55, 1], [-0.1, 1.1]],
])('%s has the limits of the interface', (name, legal, illegal) => {
  for (const value of legal) expect(judge({ [name]: value })).toEqual([])
  for (const value of illegal) expect(judge({ [name]: value })).toHaveLength(1)
})

test('an MSP Admin goes higher, and what they set stays legal while others change something else', () => {
  const raised = { ...DEFAULT_SETTINGS, requestsPerMinute: 100_000 }
  expect(judge({ requestsPerMinute: 100_000 }, 'msp_admin')).toEqual([])
  expect(judge({ requestsPerMinute: 100_001 }, 'msp_admin')).toHaveLength(1)
  expect(judge({ windowMs: 300_000 }, 'company_admin', raised)).toEqual([])
})

test('relations between settings are judged on the whole outcome', () => {
  expect(judge({ windowMs: 900_000 }, 'company_admin', { ...DEFAULT_SETTINGS, maxLifeMs: 600_000 })).toEqual(['maxLifeMs must not be less than windowMs'])
  expect(judge({ sla: { high: { responseMinutes: 30, resolveMinutes: 20 } } })).toHaveLength(1)
})
