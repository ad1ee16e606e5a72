/** The two scripts a command becomes on Google Cloud, run for real as the OS Config agent runs them: validate, enforce where that said 101, validate again, and all of it anew an hour later. */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test, type TestContext } from 'vitest'
import { execScripts, readOutput, type ExecScripts } from '../../remediator/executors/gcp/scripts.ts'
import { throwawayRoot, type ThrowawayRoot } from '../harness/throwaway-root.ts'

const NUMBER = '4567890123456789012'
const LATER = 4_102_444_800

/** A machine whose metadata server says which instance it is. */
async function machine(context: TestContext, number = NUMBER): Promise<ThrowawayRoot> {
  const server = `use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 80, Listen => 5, ReuseAddr => 1) or die; open(F, ">", "/run/metadata"); close F; while (my $c = $s->accept) { my $flavoured = 0; while (<$c>) { $flavoured = 1 if /^Metadata-Flavor: Google/; last if /^\\r?$/ } print $c $flavoured ? "HTTP/1.0 200 OK\\r\\nMetadata-Flavor: Google\\r\\n\\r\\n${number}" : "HTTP/1.0 403 Forbidden\\r\\n\\r\\n"; close $c }`
  const root = await throwawayRoot(context, { files: { '/etc/hosts': '127.0.0.1 localhost metadata.google.internal\n', '/srv/metadata.pl': server } })
  await root.start('exec perl /srv/metadata.pl')
  await root.sh('n=0; while [ ! -e /run/metadata ]; do n=$((n + 1)); [ "$n" -lt 200 ]; sleep 0.05; done')
  return root
}
const made = (script: string, changes: Partial<{ timeoutMs: number; beginsBefore: number }> = {}): ExecScripts => execScripts({ system: 'linux', script, timeoutMs: changes.timeoutMs ?? 60_000 }, { id: 'aw-0123456789', instanceNumber: NUMBER, beginsBefore: changes.beginsBefore ?? LATER })
async function output(root: ThrowawayRoot, { outputFilePath }: ExecScripts): Promise<ReturnType<typeof readOutput>> {
  const text = await root.sh(`base64 -w0 '${outputFilePath}'`)
  return readOutput(Buffer.from(text, 'base64'))
}

test('runs once, leaves exit code and output, and finds nothing to do from then on', async (context) => {
  const root = await machine(context)
  const scripts = made('#!/bin/sh\necho "here: $(id -u)"\necho oops >&2\necho once >>/srv/runs\nexit 3\n')
  expect((await root.run(scripts.validate)).exitCode).toBe(101)
  expect((await root.run(scripts.enforce)).exitCode).toBe(100)
  expect(await output(root, scripts)).toEqual({ exitCode: 3, hasTimedOut: false, stdout: 'here: 0\n', stderr: 'oops\n', isTruncated: false })
  expect((await root.run(scripts.validate)).exitCode).toBe(100)
  expect((await root.run(scripts.enforce)).exitCode).toBe(100)
  expect(await root.sh('cat /srv/runs; ls /run/alert-whisperer-gcp/aw-0123456789; stat -c %a /run/alert-whisperer-gcp')).toBe('once\nresult\n700\n')
})

test('does nothing on another machine, though the label may say so', async (context) => {
  const root = await machine(context, '1111111111111111111')
  const scripts = made('touch /srv/ran\n')
  expect((await root.run(scripts.validate)).exitCode).toBe(100)
  expect((await root.run(scripts.enforce)).exitCode).toBe(100)
  expect(await root.sh('ls /srv')).toBe('metadata.pl\n')
})

test('does nothing where nobody says which machine it is', async (context) => {
  const root = await throwawayRoot(context, {})
  expect((await root.run(made('touch /srv/ran\n').enforce)).exitCode).toBe(100)
  expect(await root.sh('ls /srv')).toBe('')
})

test('does not begin after its latest time', async (context) => {
  const root = await machine(context)
  const scripts = made('touch /srv/ran\n', { beginsBefore: 1_700_000_000 })
  expect((await root.run(scripts.validate)).exitCode).toBe(100)
  expect((await root.run(scripts.enforce)).exitCode).toBe(100)
  expect(await root.sh('ls /srv')).toBe('metadata.pl\n')
})

test('is ended at its time limit, and what it printed so far is kept', async (context) => {
  const root = await machine(context)
  const scripts = made('echo begun\nsleep 300\n', { timeoutMs: 1_000 })
  expect((await root.run(scripts.enforce)).exitCode).toBe(100)
  expect(await output(root, scripts)).toMatchObject({ hasTimedOut: true, stdout: 'begun\n' })
})

test('arrives byte for byte, whatever is in it', async (context) => {
  const root = await machine(context)
  const hostile = "# AW_END\nAW_END\n# $(touch /srv/evil) `touch /srv/evil` 'quotes' \"more\"\t\u0001 žluťoučký 🦊\r\ncat \"$0\"\n#no newline at the end"
  const scripts = made(`sed 1,1d "$0" | base64 -w0; exit 0\n${hostile}`)
  expect((await root.run(scripts.enforce)).exitCode).toBe(100)
  const told = await output(root, scripts)
  expect(Buffer.from(told?.stdout ?? '', 'base64').toString('utf8')).toBe(hostile)
  expect(await root.sh('ls /srv')).toBe('metadata.pl\n')
})

test('keeps the end of a long output, within what the agent reads', async (context) => {
  const root = await machine(context)
  const scripts = made('i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i + 1)); done; seq 1 9000 >&2; echo last\n')
  expect((await root.run(scripts.enforce)).exitCode).toBe(100)
  const told = await output(root, scripts)
  expect(told).toMatchObject({ exitCode: 0, isTruncated: true })
  expect(told?.stdout.endsWith('line 19999\nlast\n')).toBe(true)
  expect(told?.stderr.endsWith('9000\n')).toBe(true)
  expect(Number(await root.sh(`wc -c <'${scripts.outputFilePath}'`))).toBeLessThan(100 * 1_024)
})

test('both scripts are clean for shellcheck', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'aw-gcp-'))
  try {
    const scripts = made('echo hello\n')
    for (const name of ['validate', 'enforce'] as const) {
      await writeFile(join(folder, `${name}.sh`), `#!/bin/sh\n${scripts[name]}`)
      await promisify(execFile)('shellcheck', ['-s', 'sh', join(folder, `${name}.sh`)])
      expect((await readFile(join(folder, `${name}.sh`), 'utf8')).length).toBeLessThan(32_768)
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})
