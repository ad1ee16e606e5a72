/** The component an operator stores in Datto RMM, run for real as its agent runs it: variables in the environment, both streams kept. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test, type TestContext } from 'vitest'
import { COMPONENTS, readEnd } from '../../remediator/executors/datto-rmm/component.ts'
import { composeScript } from '../../remediator/library/envelope.ts'
import { throwawayRoot, type RootRun } from '../harness/throwaway-root.ts'

async function ran(context: TestContext, script: string, changes: Readonly<Record<string, string>> = {}): Promise<RootRun & { readonly left: string }> {
  const root = await throwawayRoot(context)
  const variables = { awScript: Buffer.from(script).toString('base64'), awSeconds: '60', awBefore: '4102444800', ...changes }
  const run = await root.run(`${Object.entries(variables).map(([name, value]) => `export ${name}='${value}'`).join('\n')}\n${COMPONENTS.linux}`)
  return { ...run, left: await root.sh('ls /tmp; ls /srv') }
}

test('runs what it is handed, passes on what it prints, tells its exit code, and leaves nothing behind', async (context) => {
  const { stdout, stderr, exitCode, left } = await ran(context, 'echo "out žluť"\necho oops >&2\n[ -z "${awScript:-}" ] && exit 3\n')
  expect({ stdout, exitCode, left }).toEqual({ stdout: 'out žluť\n', exitCode: 3, left: '' })
  expect(readEnd(stderr)).toEqual({ exitCode: 3, isRefused: false, stderr: 'oops\n' })
})

test('carries a composed script, whose result is read from its output', async (context) => {
  const { outcome, result, stderr } = await ran(context, composeScript('linux', 'aw_fact seen "$AW_INPUT_NAME"\naw_ok done', { name: "it's $(touch /srv/evil)" }, 'run-1-step-1'))
  expect({ outcome, facts: result?.facts }).toEqual({ outcome: 'ok', facts: { seen: "it's $(touch /srv/evil)" } })
  expect(readEnd(stderr).exitCode).toBe(0)
})

test('ends a script at its time limit', async (context) => {
  const { stdout, stderr } = await ran(context, 'echo begun\nsleep 300\n', { awSeconds: '1' })
  expect(stdout).toBe('begun\n')
  expect(readEnd(stderr).exitCode).toBe(124)
})

test('does not begin too late, nor with variables that are not as they should be', async (context) => {
  for (const changes of [{ awBefore: '1700000000' }, { awBefore: '' }, { awSeconds: '1; touch /srv/evil' }, { awSeconds: '' }]) {
    const { stderr, left } = await ran(context, 'touch /srv/ran\n', changes)
    expect(readEnd(stderr).isRefused).toBe(true)
    expect(left).toBe('')
  }
})

test('is clean for shellcheck', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'aw-datto-'))
  try {
    await writeFile(join(folder, 'component.sh'), COMPONENTS.linux)
    await promisify(execFile)('shellcheck', ['-s', 'sh', '-e', 'SC2154', join(folder, 'component.sh')])
  } finally {
    await rm(folder, { recursive: true })
  }
})
