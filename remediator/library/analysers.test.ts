import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { analyse } from './analysers.ts'

const FILES = { 'a.sh': 'aw_ok x', 'b.ps1': 'Get-Date', 'runbook.yaml': '' }
const PATH = process.env['PATH']
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'analysers-'))
  process.env['PATH'] = folder
})
afterEach(() => {
  process.env['PATH'] = PATH
  rmSync(folder, { recursive: true })
})
/** A program that says this and ends so, in place of an analyser. */
const program = (name: string, says: string, status: number) => {
  writeFileSync(join(folder, name), `#!/bin/sh\necho '${says}'\nexit ${status}\n`)
  chmodSync(join(folder, name), 0o755)
}

describe('analysers', () => {
  test('that are not installed are named, with what was not analysed', async () => {
    expect(await analyse(FILES)).toEqual({ findings: [], missing: [expect.stringMatching(/^shellcheck is not installed/), expect.stringMatching(/^pwsh is not installed/)] })
  })

  test('are not missed where there is nothing for them', async () => {
    expect(await analyse({ 'runbook.yaml': '' })).toEqual({ findings: [], missing: [] })
  })

  test('that find something are told with file, line and rule', async () => {
    program('shellcheck', '[{"file":"a.sh","line":3,"code":2086,"message":"Quote it."}]', 1)
    program('pwsh', '[{"ScriptName":"b.ps1","Line":2,"RuleName":"PSAvoidUsingCmdletAliases","Message":"Spell it out."}]', 0)
    expect((await analyse(FILES)).findings).toEqual([
      { level: 'mistake', file: 'a.sh', path: 'line 3', message: 'SC2086: Quote it.' },
      { level: 'mistake', file: 'b.ps1', path: 'line 2', message: 'PSAvoidUsingCmdletAliases: Spell it out.' },
    ])
  })

  test('that find nothing say so', async () => {
    program('shellcheck', '[]', 0)
    program('pwsh', '[]', 0)
    expect(await analyse(FILES)).toEqual({ findings: [], missing: [] })
  })

  test('of PowerShell without its module are named', async () => {
    program('shellcheck', '[]', 0)
    program('pwsh', '', 9)
    expect((await analyse(FILES)).missing).toEqual([expect.stringMatching(/has no PSScriptAnalyzer/)])
  })

  test('that break are no clean bill', async () => {
    program('shellcheck', 'Segmentation fault', 139)
    program('pwsh', '[]', 0)
    await expect(analyse(FILES)).rejects.toThrow(/shellcheck ended with 139 and told nothing that can be read/)
  })
})
