import { describe, expect, test } from 'vitest'
import { draftOf } from './draft.ts'

const ONE = { companyId: 'c-1', summary: 'Looks.', system: 'linux', script: 'uptime', timeoutMs: 60_000 } as const

describe('a one-off script', () => {
  test('is a runbook of high risk that matches nothing and asks an MSP Admin other than who wrote it', () => {
    const { runbook, files } = draftOf(ONE, 'draft-1')
    expect(runbook).toMatchObject({ id: 'draft-1', origin: 'draft', companyId: 'c-1', risk: 'high', systems: ['linux'], match: { all: [], any: [] }, approval: { role: 'msp_admin', fourEyes: true }, verify: null, steps: [{ id: 'script', changes: true, onFailure: 'stop', timeoutMs: 60_000 }] })
    expect(runbook.steps[0]?.shell?.linux?.text).toContain('\nuptime\n')
    expect(files).toEqual({ 'script.sh': 'uptime' })
  })

  test('has another digest with every other letter of it', () => {
    expect(new Set(['uptime', 'uptime ; x', 'Uptime'].map((script) => draftOf({ ...ONE, script }, 'draft-1').runbook.digest)).size).toBe(3)
  })

  test('tells its approver what the rules say of it', () => {
    expect(draftOf({ ...ONE, script: 'x=1\neval "$x"' }, 'd').runbook.description).toMatch(/line 2 eval: /)
    expect(draftOf(ONE, 'd').runbook.description).not.toMatch(/rules/)
  })

  test.each([
    ['a script that is empty', { script: ' \n' }, /is empty/], ['one too long', { script: 'x'.repeat(70_000) }, /70000 bytes/], ['a time limit that is none', { timeoutMs: 10 }, /between a second and an hour/],
    ['what AWS would put something in the place of', { script: 'echo {{ssm:secret}}' }, /line 1 ssm-parameter/], ['what reads otherwise than it runs', { script: 'echo \u202etxt' }, /line 1 not-ascii/],
    ['a trap that would hide its result', { script: "trap 'x' EXIT" }, /own-exit-trap/], ['an exit that would hide its result on Windows', { system: 'windows' as const, script: 'exit 0' }, /line 1 exit/],
  ])('%s is refused', (_, change, why) => {
    expect(() => draftOf({ ...ONE, ...change }, 'd')).toThrow(why)
  })
})
