import { describe, expect, test } from 'vitest'
import { failingCases } from './cases.ts'
import { composeScript } from './envelope.ts'
import { loadRunbook, mistakeLine, readRunbook, runbookFiles } from './load.ts'
import { shippedFolders } from './shipped.ts'

const MINE = { origin: 'company', companyId: 'c-1' } as const
const FILES = {
  'look.sh': 'aw_fact full 3\naw_ok fine\n',
  'runbook.yaml': `
id: my-book
version: 2
summary: Looks.
description: Looks at it.
category: disk
risk: low
match: { all: [{ label: check, equals: disk }, { severity: { atLeast: high } }], any: [{ words: disk full }, 'asset=~"web-.*"'] }
inputs:
  volume: { description: The volume., from: problem.labels.volume, pattern: '^/[a-z]*$' }
  days: { description: Days., type: integer, default: 7, min: 1, max: 9 }
guard: { maxRunsPerHour: 2, cooldown: 30m, maxTargets: 1, approval: { role: company-admin, timeout: 15m } }
steps:
  - { id: look, summary: Looks., shell: { linux: look.sh }, timeout: 20s, changes: true, onFailure: rollback }
rollback: []
verify: { shell: { linux: look.sh }, expect: 'full < 90', within: 5m, timeout: 20s, problem: must-clear }
`,
}
const edited = (...edits: readonly (readonly [string, string])[]) => ({ ...FILES, 'runbook.yaml': edits.reduce((text, [from, to]) => text.replace(from, () => to), FILES['runbook.yaml']) })
const mistakesOf = (files: Readonly<Record<string, string>>) => readRunbook(files, MINE).mistakes.map(mistakeLine)

describe('a runbook that is read', () => {
  test('has all that its file says, with lengths of time in milliseconds and matchers as text', () => {
    const { runbook, mistakes } = readRunbook(FILES, MINE, 'my-book')
    expect(mistakes).toEqual([])
    expect(runbook).toMatchObject({
      id: 'my-book', version: 2, risk: 'low', systems: ['linux'], origin: 'company', companyId: 'c-1',
      match: { all: ['labels.check="disk"', 'severity>=high'], any: ['words="disk full"', 'asset=~"web-.*"'] },
      inputs: [{ name: 'volume', type: 'string', from: ['problem.labels.volume'], isRequired: true, default: null, maxLength: 200 }, { name: 'days', default: 7, isRequired: false, min: 1, max: 9 }],
      limits: { maxRunsPerHour: 2, cooldownMs: 1_800_000, maxTargets: 1, maxFailures: 2 },
      approval: { role: 'company_admin', timeoutMs: 900_000, fourEyes: false },
      steps: [{ id: 'look', timeoutMs: 20_000, changes: true, onFailure: 'rollback', shell: { linux: { file: 'look.sh', text: FILES['look.sh'] } } }],
      rollback: [],
      verify: { expect: 'full < 90', withinMs: 300_000, problem: 'must_clear' },
    })
    expect(runbook?.digest).toMatch(/^[0-9a-f]{64}$/)
  })

  test('has another digest as soon as one letter of a script is another', () => {
    const digests = [FILES, { ...FILES, 'look.sh': `${FILES['look.sh']} ` }].map((files) => readRunbook(files, MINE).runbook?.digest)
    expect(new Set(digests).size).toBe(2)
  })
})

describe('mistakes', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    ['an unknown key', edited(['category: disk', 'category: disk\ncolour: red']), /runbook.yaml: has the unknown key "colour"/],
    ['an unknown key in a step', edited(['changes: true', 'changes: true, retries: 3']), /steps\[0\] has the unknown key "retries"/],
    ['no rollback list', edited(['rollback: []\n', '']), /lacks "rollback"/],
    ['no verify', edited([/^verify:.*$/m.exec(FILES['runbook.yaml'])?.[0] ?? '', '']), /lacks "verify"/],
    ['a report that changes something', edited([/^verify:.*$/m.exec(FILES['runbook.yaml'])?.[0] ?? '', 'verify: report']), /verify is "report", but a step changes something/],
    ['a script that is not there', edited(['linux: look.sh }, timeout: 20s, changes', 'linux: gone.sh }, timeout: 20s, changes']), /steps\[0\].shell.linux names gone.sh, which is not there/],
    ['a script nobody uses', { ...FILES, 'other.sh': 'aw_ok x' }, /other.sh: is used by no step/],
    ['a script outside of the folder', edited(['linux: look.sh }, timeout: 20s, changes', 'linux: ../look.sh }, timeout: 20s, changes']), /steps\[0\].shell.linux "..\/look.sh" must match pattern/],
    ['half a system', edited(['linux: look.sh }, timeout: 20s, changes', 'linux: look.sh, windows: look.ps1 }, timeout: 20s, changes']), /verify.shell has no script for windows/],
    ['a string without a pattern', edited([", pattern: '^/[a-z]*$'", '']), /inputs.volume is a string without pattern or values/],
    ['a pattern that is none', edited(["'^/[a-z]*$'", "'^(?=x)$'"]), /inputs.volume.pattern is no RE2 pattern/],
    ['a default that does not fit', edited(['default: 7', 'default: 70']), /inputs.days.default does not fit its own input: it is above 9/],
    ['a source that is none', edited(['from: problem.labels.volume', 'from: alert.volume']), /inputs.volume.from "alert.volume" is no source/],
    ['a matcher that is none', edited(["'asset=~\"web-.*\"'", "'colour=red'"]), /match.any\[1\] "colour" is no field/],
    ['a severity that is none', edited(['atLeast: high', 'atLeast: awful']), /match.all\[1\].severity.atLeast must be one of/],
    ['an expectation that is none', edited(["'full < 90'", "'full is low'"]), /verify.expect "full is low" is no comparison/],
    ['a length of time that is none', edited(['cooldown: 30m', 'cooldown: soon']), /guard.cooldown "soon" must match pattern/],
    ['a step of two hours', edited(['timeout: 20s, changes', 'timeout: 2h, changes']), /steps\[0\].timeout is 2h; 60m at most/],
    ['two keys of one name', edited(['risk: low', 'risk: low\nrisk: high']), /line \d+ is no YAML: Map keys must be unique/],
    ['no definition', { 'look.sh': '' }, /runbook.yaml: is missing/],
    ['a file too large', { ...FILES, 'look.sh': 'x'.repeat(70_000) }, /look.sh: has 70000 bytes; 65536 at most/],
  ])('%s is told with its place', (_, files, told) => {
    expect(mistakesOf(files).join('\n')).toMatch(told)
  })

  test('are told all at once', () => {
    expect(mistakesOf(edited(['default: 7', 'default: 70'], ["'full < 90'", "'full'"], ['from: problem.labels.volume', 'from: x']))).toHaveLength(3)
  })

  test('tell an id that is not the name of the folder', () => {
    expect(readRunbook(FILES, MINE, 'your-book').mistakes[0]?.message).toMatch(/the folder is called "your-book"/)
  })

  test('of aliases that grow without end are told, not followed', () => {
    const bomb = 'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n'
    expect(mistakesOf({ 'runbook.yaml': bomb }).join('\n')).toMatch(/cannot be read/)
  })
})

describe('every runbook that ships with the program', async () => {
  const folders = await shippedFolders()
  test('there are thirty and more', () => expect(folders.length).toBeGreaterThanOrEqual(30))
  test.each(folders.map((folder) => [folder.split('/').at(-1), folder] as const))('%s is read without a mistake, and its cases come out as they say', async (_, folder) => {
    const { runbook, mistakes } = await loadRunbook(folder)
    expect(mistakes.map(mistakeLine)).toEqual([])
    // Google Cloud takes the shortest commands; half of that is left for inputs.
    for (const step of [...runbook!.steps, ...runbook!.rollback]) for (const system of runbook!.systems) expect(Buffer.byteLength(composeScript(system, step.shell?.[system]?.text ?? '', {}, 't'))).toBeLessThan(16_000)
    expect(failingCases(runbook!, await runbookFiles(folder)).map(mistakeLine)).toEqual([])
  })
})
