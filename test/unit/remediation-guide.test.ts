import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { REMEDIATION_NUMBERS } from '../../schemas/remediation-settings.ts'
import { REASON_CODES } from '../../schemas/runs.ts'

const ROOT = join(import.meta.dirname, '../..')
const page = readFileSync(join(ROOT, 'docs/remediation.md'), 'utf8')
const codesOf = (text: string): string[] => [...text.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, code]) => code!)
const [rules = '', elsewhere = ''] = page.slice(page.indexOf('## The guard'), page.indexOf('## Settings')).split('Told elsewhere:')

describe('docs/remediation.md', () => {
  it('has every reason code of the list once, and no other', () => {
    expect([...codesOf(rules), ...codesOf(elsewhere)].sort()).toEqual([...REASON_CODES].sort())
  })

  it('names as the guard’s those that the guard gives, each tried by a test of it', () => {
    const sources = ['case.ts', 'judge.ts', ...['stop', 'runbook', 'targets', 'times', 'incident', 'questions', 'history', 'limits', 'consent'].map((rule) => `rules/${rule}.ts`)].map((file) => readFileSync(join(ROOT, 'remediator/guard', file), 'utf8')).join('\n')
    const tests = readFileSync(join(ROOT, 'remediator/guard/judge.test.ts'), 'utf8')
    for (const code of codesOf(rules)) {
      expect(sources, `${code} is given nowhere in the guard`).toContain(`'${code}'`)
      expect(tests, `${code} is tried by no test of the guard`).toContain(`'${code}'`)
    }
    for (const code of codesOf(elsewhere)) expect(sources, `${code} is the guard's after all`).not.toContain(`'${code}'`)
  })

  it('has every number with its default', () => {
    for (const [name, { default: unset }] of Object.entries(REMEDIATION_NUMBERS)) expect(page).toContain(`| \`${name}\` | ${unset} |`)
  })
})
