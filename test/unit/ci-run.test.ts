import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const script = readFileSync(join(import.meta.dirname, '../../.ci/run'), 'utf8')
/** What the script can do, without the steps it then takes. */
const means = script.slice(0, script.indexOf('\nif [ "${1-}" = packages ]'))

/** Runs the script with other steps. */
function ci(steps: string): { status: number | null; stdout: string } {
  const dir = mkdtempSync(join(tmpdir(), 'ci-run-'))
  try {
    mkdirSync(join(dir, '.ci'))
    writeFileSync(join(dir, '.ci/run'), `${means}\n${steps}\nfinish\n`)
    const { status, stdout, stderr } = spawnSync('bash', ['.ci/run'], { cwd: dir, encoding: 'utf8' })
    expect(stderr).toBe('')
    return { status, stdout }
  } finally {
    rmSync(dir, { recursive: true })
  }
}

it('the end of the output says of every step that failed which tests did and how its log ended, before the summary', () => {
  const { status, stdout } = ci(`
step 'lint' 1 plain echo clean
step 'tests' 1 tests bash -c 'echo " FAIL  |unit| a.test.ts > adds"; echo "still running after 180 s: b.test.ts: waits (170 s)"; for i in $(seq 300); do echo "noise $i."; done; echo "      Tests  1 failed | 6 passed (7)"; exit 1'
step 'smoke' 1 plain bash -c 'echo "smoke: FAILED"; exit 3'
for i in $(seq 300); do echo "a later step $i"; done`)
  expect(status).toBe(1)
  const end = stdout.slice(stdout.lastIndexOf('a later step'))
  const places = ['tests: what failed', ' FAIL  |unit| a.test.ts > adds', 'still running after 180 s: b.test.ts', 'noise 300.', 'smoke: what failed', 'smoke: FAILED', '======== summary', '6 passed, 1 failed', '7 passed, 2 failed, 0 skipped']
  expect(places.filter((text) => !end.includes(text))).toEqual([])
  expect(places.map((text) => end.indexOf(text))).toEqual(places.map((text) => end.indexOf(text)).sort((a, b) => a - b))
  expect(end).not.toContain('noise 200.')
  expect(end).not.toContain('lint: what failed')
})

it('a run without a failure ends with its summary alone', () => {
  const { status, stdout } = ci(`step 'lint' 1 plain echo clean\nstep 'tests' 1 tests echo '      Tests  6 passed (6)'`)
  expect([status, stdout.trimEnd().split('\n').at(-1)]).toEqual([0, '7 passed, 0 failed, 0 skipped'])
  expect(stdout).not.toContain('what failed')
})
