import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const vitest = join(root, 'node_modules/vitest/vitest.mjs')

/** A run of its own whose clock leaps three minutes a second and is looked at ten times in it. */
const CONFIG = `
import { SlowFiles } from ${JSON.stringify(join(root, 'test/harness/slow-files.ts'))}
const reporter = new SlowFiles(() => performance.now() * 180)
reporter.onTestRunStart = () => { setInterval(() => reporter.look(), 100).unref() }
export default { test: { reporters: ['default', reporter], testTimeout: 6_000, hookTimeout: 6_000 } }
`
const STUCK = `
import { describe, it } from 'vitest'
it('ends at once', () => undefined)
describe('a story', () => { it('never ends', () => new Promise(() => undefined)) })
`
const STUCK_HOOK = `
import { beforeAll, it } from 'vitest'
beforeAll(() => new Promise(() => undefined))
it('never begins', () => undefined)
`

it('a run that hangs names the file and the test or hook in which it does, before it ends', () => {
  const dir = mkdtempSync(join(tmpdir(), 'slow-files-'))
  try {
    symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'))
    for (const [name, text] of [['vitest.config.mjs', CONFIG], ['stuck.test.mjs', STUCK], ['hook.test.mjs', STUCK_HOOK]] as const) writeFileSync(join(dir, name), text)
    const { stdout } = spawnSync(process.execPath, [vitest, 'run'], { cwd: dir, encoding: 'utf8', env: { PATH: process.env.PATH ?? '', NO_COLOR: '1' } })
    const said = stdout.split('\n').filter((line) => line.startsWith('still running after '))
    expect(said).toContainEqual(expect.stringMatching(/^still running after \d+ s: stuck\.test\.mjs: a story > never ends \(\d+ s\)$/))
    expect(said).toContainEqual(expect.stringMatching(/^still running after \d+ s: hook\.test\.mjs: beforeAll \(\d+ s\)$/))
    expect(said.join('\n')).not.toContain('ends at once')
  } finally {
    rmSync(dir, { recursive: true })
  }
})
