/** Inputs that would be code, handed to a script for real: each arrives byte for byte, and the canary that only code could make is never made. */
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { bindInputs } from '../../remediator/library/binding.ts'
import { draftOf } from '../../remediator/library/draft.ts'
import { composeScript, type InputValues } from '../../remediator/library/envelope.ts'
import { readResult } from '../../remediator/library/result.ts'
import { hostileInputs } from '../hostile-inputs/corpus.ts'
import { throwawayRoot, type ThrowawayRoot } from '../harness/throwaway-root.ts'

const CANARY = '/tmp/canary'
const INPUTS = hostileInputs(CANARY)
/** A script that does with its input what scripts do: prints, compares, names a file by it, tells it as fact, change and message. */
const USES = `
printf '%s' "$AW_INPUT_VALUE" | base64 | tr -d '\\n' >/tmp/told
printf '\\n' >>/tmp/told
case $AW_INPUT_VALUE in x) : ;; esac
[ "$AW_INPUT_VALUE" = x ] || ls -d -- "/srv/$AW_INPUT_VALUE" >/dev/null 2>&1
expr "x$AW_INPUT_VALUE" : x >/dev/null
env | grep -c '^AW_INPUT_' >/dev/null
sh -c 'printf "%s" "$1" >/dev/null' sh "$AW_INPUT_VALUE"
aw_fact told "$AW_INPUT_VALUE"
aw_changed "$AW_INPUT_VALUE"
aw_ok "$AW_INPUT_VALUE"
`

describe('hostile inputs', () => {
  test('arrive byte for byte and are never run', async (context) => {
    const root = await throwawayRoot(context)
    const wrong: string[] = []
    for (const { name, value } of INPUTS) {
      const ran = await root.script(USES, { value })
      const told = Buffer.from((await root.read('/tmp/told')).trim(), 'base64').toString('utf8')
      if (told !== value) wrong.push(`${name}: another value arrived`)
      if (ran.outcome !== 'ok' || ran.exitCode !== 0 || ran.result?.changedCount !== 1) wrong.push(`${name}: ${JSON.stringify(ran).slice(0, 500)}`)
      if ((await root.sh(`ls ${CANARY} 2>/dev/null || echo none`)).trim() !== 'none') wrong.push(`${name}: became code`)
    }
    expect(wrong).toEqual([])
    expect(INPUTS.length).toBeGreaterThan(45)
  })

  test('are seen by this test when they do become code', async (context) => {
    const root = await throwawayRoot(context)
    await root.run(`#!/bin/sh\nx='${INPUTS.find(({ name }) => name === 'a single quote')?.value ?? ''}'\n`)
    expect((await root.sh(`ls ${CANARY}`)).trim()).toBe(CANARY)
  })

  test('do not pass where an input says what it may hold', () => {
    const input = { name: 'volume', type: 'string', description: '', from: [], default: null, isRequired: true, pattern: '^/[A-Za-z0-9._/-]{0,200}$', min: null, max: null, values: [], maxLength: 200 } as const
    const passed = INPUTS.filter(({ value }) => bindInputs([input], { problem: null, target: null, given: { volume: value } }).kind === 'bound')
    expect(passed).toEqual([])
  })
})

describe('the functions of scripts', () => {
  test('tell a failure where a script ends before it told a result, whatever ended it', async (context) => {
    const root = await throwawayRoot(context)
    expect(await root.script('false')).toMatchObject({ outcome: 'failed', exitCode: 1, result: { code: 'script_ended' } })
    expect(await root.script('echo "$NOT_SET"')).toMatchObject({ outcome: 'failed', result: { code: 'script_ended' } })
    expect(await root.script('aw_changed one; kill -TERM $$; sleep 5; aw_ok x')).toMatchObject({ outcome: 'failed', result: { code: 'script_ended', changed: ['one'], message: expect.stringContaining('from outside') as string } })
    expect(await root.script('if true; then')).toMatchObject({ outcome: 'no_result' })
  })

  test('count from pipes and subshells, and end the script from there', async (context) => {
    const root = await throwawayRoot(context)
    expect(await root.script('printf "a\\nb\\n" | while read -r x; do aw_changed "$x"; done; (aw_fact n 3); aw_ok x')).toMatchObject({ outcome: 'ok', result: { changed: ['a', 'b'], changedCount: 2, facts: { n: 3 } } })
    expect(await root.script('echo a | while read -r x; do aw_refuse odd "$x is odd"; done; touch /tmp/after; aw_ok x')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code: 'odd', message: 'a is odd' } })
    expect(await root.sh('ls /tmp')).not.toContain('after')
  })

  test('make a refusal after a change a failure', async (context) => {
    const root = await throwawayRoot(context)
    expect(await root.script('aw_changed one; aw_refuse late "too late"')).toMatchObject({ outcome: 'failed', exitCode: 1, result: { code: 'late' } })
  })

  test('keep the result short, whatever a script tells', async (context) => {
    const root = await throwawayRoot(context)
    const { stdout, result } = await root.script('n=0; while [ "$n" -lt 120 ]; do n=$((n + 1)); aw_changed "$n $(printf "%0300d" 0)"; aw_fact "f$n" "$(printf "%0300d" 0)"; done; aw_ok "$(printf "%01000d" 0)"')
    expect(Buffer.byteLength(stdout)).toBeLessThan(4_096)
    expect(result).toMatchObject({ changedCount: 120 })
    expect(result?.changed.length).toBeGreaterThan(3)
  })

  test('tell figures as figures and everything else as text', async (context) => {
    const root = await throwawayRoot(context)
    const { result } = await root.script(`aw_fact a 12; aw_fact b -1.5; aw_fact c true; aw_fact d 007; aw_fact e '1
2'; aw_fact f 1e5; aw_fact g ''; aw_fact a 13; aw_fact 'bad name' 1; aw_ok 'tab	and "quote" and \\ and é'`)
    expect(result).toMatchObject({ facts: { a: 13, b: -1.5, c: true, d: '007', e: '1 2', f: '1e5', g: '' }, message: 'tab and "quote" and \\ and é' })
    expect(result?.facts).not.toHaveProperty('bad name')
  })

  test('run a command once, even when it is started many times at the same time', async (context) => {
    const root = await throwawayRoot(context)
    const command = composeScript('linux', 'echo x >>/srv/ran; aw_ok x', {}, randomUUID())
    const outcomes = (await Promise.all(Array.from({ length: 8 }, () => root.run(command)))).map(({ outcome }) => outcome).sort()
    expect(outcomes).toEqual(['ok', ...Array.from({ length: 7 }, () => 'repeated')])
    expect(await root.read('/srv/ran')).toBe('x\n')
  })

  test('forget commands after seven days, and only those', async (context) => {
    const root = await throwawayRoot(context, { setup: 'mkdir -p /run/alert-whisperer/old /run/alert-whisperer/young; touch /run/alert-whisperer/old/facts; touch -d "8 days ago" /run/alert-whisperer/old; touch -d "6 days ago" /run/alert-whisperer/young' })
    await root.script('aw_ok x')
    expect((await root.sh('ls /run/alert-whisperer')).split('\n')).toContain('young')
    expect((await root.sh('ls /run/alert-whisperer')).split('\n')).not.toContain('old')
  })

  test('refuse where nothing can be kept under /run', async (context) => {
    const root = await throwawayRoot(context, { setup: 'mount -t tmpfs -o ro tmpfs /run' })
    expect(await root.script('touch /tmp/ran; aw_ok x')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code: 'no_run_directory' } })
    expect(await root.sh('ls /tmp')).toBe('')
  })

  test('remove a file only from where it really lies', async (context) => {
    const root = await throwawayRoot(context, { files: { '/etc/precious': 'x', '/tmp/deep/file': 'x' }, setup: 'ln -s /etc /tmp/link; ln -s /etc/precious /tmp/precious; mkdir /tmp/folder; touch "/tmp/-rf" "/tmp/ sp ace"' })
    const { result } = await root.script('for f in /tmp/link/precious /tmp/precious /tmp/../etc/precious /tmp/folder /tmp/none /etc/precious /tmp/deep/file /tmp/-rf "/tmp/ sp ace"; do if aw_remove /tmp "$f"; then aw_changed "$f"; fi; done; aw_ok x')
    expect(result?.changed).toEqual(['/tmp/deep/file', '/tmp/-rf', '/tmp/ sp ace'])
    expect(await root.read('/etc/precious')).toBe('x')
  })

  test('do the same in bash, which is the shell of other systems', async (context) => {
    const root = await throwawayRoot(context)
    const inBash = async (script: string, inputs: InputValues = {}) => {
      await writeFile(root.hostPath('/srv/script.sh'), composeScript('linux', script, inputs, randomUUID()))
      const told = await root.sh('set +e; bash /srv/script.sh; echo "$?" >/srv/status')
      return { told, ...readResult(told, Number(await root.read('/srv/status'))) }
    }
    const { value } = INPUTS.find(({ name }) => name === 'new lines at its end') ?? { value: '' }
    expect(await inBash('printf %s "$AW_INPUT_VALUE" | base64; echo a | while read -r x; do aw_changed "$x"; aw_fact n 3; done; aw_ok x', { value })).toMatchObject({ told: expect.stringContaining(Buffer.from(value).toString('base64')) as string, outcome: 'ok', result: { changed: ['a'], facts: { n: 3 } } })
    expect(await inBash('echo a | while read -r x; do aw_refuse odd "$x"; done; touch /tmp/after; aw_ok x')).toMatchObject({ outcome: 'refused', result: { code: 'odd' } })
    expect(await inBash('echo "$NOT_SET"')).toMatchObject({ outcome: 'failed', result: { code: 'script_ended' } })
    expect(await root.sh('ls /tmp')).toBe('')
  })

  test('do nothing of half a script', async (context) => {
    const root = await throwawayRoot(context)
    const command = composeScript('linux', 'touch /tmp/ran\naw_ok x', {}, 't-half')
    expect((await root.run(command.slice(0, command.indexOf('aw_ok x')))).outcome).toBe('no_result')
    expect(await root.sh('ls /tmp')).toBe('')
  })
})

describe('a one-off script', () => {
  const run = (root: ThrowawayRoot, script: string) => root.script(draftOf({ companyId: 'c-1', summary: 'x', system: 'linux', script, timeoutMs: 60_000 }, 'draft-1').runbook.steps[0]?.shell?.linux?.text ?? '')

  test('tells how it ended, whatever way it ends', async (context) => {
    const root = await throwawayRoot(context)
    expect(await run(root, 'echo hello')).toMatchObject({ outcome: 'ok', stdout: expect.stringContaining('hello') as string, result: { changedCount: 1 } })
    expect(await run(root, 'echo hello; exit 0')).toMatchObject({ outcome: 'ok' })
    expect(await run(root, 'exit 7')).toMatchObject({ outcome: 'failed', exitCode: 1, result: { code: 'exit_code', message: 'The script ended with exit code 7.' } })
    expect(await run(root, 'aw_refuse odd "not here"')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code: 'odd' } })
    expect(await run(root, 'if true; then')).toMatchObject({ outcome: 'no_result' })
  })
})
