import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkFolders, checkText } from '../../cli/runbook-check.ts'

const ROOT = join(import.meta.dirname, '../..')
const GOOD = join(ROOT, 'remediator/runbooks/disk-clean-temp')
let folder: string
let bad: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'runbook-check-'))
  bad = join(folder, 'disk-clean-temp')
  cpSync(GOOD, bad, { recursive: true })
  writeFileSync(join(bad, 'clean.sh'), 'eval "$AW_INPUT_VOLUME"\nrm -rf "$AW_INPUT_NOTHING"\n')
  mkdirSync(join(folder, 'empty'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** `aw runbook check` as a person calls it, where no analyser is installed. */
const aw = (...args: string[]) => new Promise<{ status: number; stdout: string; stderr: string }>((resolve) => {
  execFile(process.execPath, [join(ROOT, 'main.ts'), 'runbook', 'check', ...args], { env: { PATH: '/nowhere' } }, (error, stdout, stderr) => resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }))
})

describe('aw runbook check', () => {
  test('passes a good folder with exit code 0, and says which analysers were not there', async () => {
    const { status, stdout } = await aw(GOOD)
    expect(status).toBe(0)
    expect(stdout).toMatch(/disk-clean-temp: passes\n[^]*not done: shellcheck is not installed[^]*not done: pwsh is not installed[^]*1 of 1 pass/)
  })

  test('tells everything wrong with a bad one, with exit code 1, as text and as JSON', async () => {
    const { status, stdout } = await aw(GOOD, bad)
    expect(status).toBe(1)
    expect(stdout).toMatch(/does not pass\n[^]*clean.sh: line 1 eval: [^]*clean.sh: line 2 rm-recursive: [^]*reads AW_INPUT_NOTHING, but the runbook has no such input[^]*1 of 2 pass/)
    const json = JSON.parse((await aw('--json', bad)).stdout) as { ok: boolean; findings: { level: string; file: string }[] }[]
    expect(json).toMatchObject([{ folder: bad, ok: false }])
    expect(json[0]?.findings).toContainEqual({ level: 'mistake', file: 'clean.sh', path: 'line 1', message: expect.stringMatching(/^eval: /) as string })
  })

  test('ends with exit code 2 for what is no runbook', async () => {
    expect(await aw(join(folder, 'empty'))).toMatchObject({ status: 2, stderr: expect.stringContaining('holds no runbook.yaml') as string })
    expect(await aw(join(folder, 'none'))).toMatchObject({ status: 2, stderr: expect.stringContaining('is no folder') as string })
  })

  test('counts what passes', async () => {
    expect(checkText(await checkFolders([GOOD]))).toMatch(/1 of 1 pass$/)
  })
})
