/** Every script that ships, and every function it may call, before shellcheck. */
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { analyse } from '../../remediator/library/analysers.ts'
import { findingLine } from '../../remediator/library/check.ts'
import { composeScript } from '../../remediator/library/envelope.ts'
import { runbookFiles } from '../../remediator/library/load.ts'
import { shippedFolders } from '../../remediator/library/shipped.ts'

const FUNCTIONS = join(import.meta.dirname, '../../remediator/library/shell')
const folders = await shippedFolders()
const problems = async (files: Readonly<Record<string, string>>) => {
  const { findings, missing } = await analyse(files)
  // pwsh cannot be had everywhere; the syntax of PowerShell is tested with a grammar of its own.
  expect(missing.filter((line) => !line.startsWith('pwsh'))).toEqual([])
  return findings.map(findingLine)
}

describe('shellcheck', () => {
  test.each(folders.map((folder) => [basename(folder), folder] as const))('finds nothing in the scripts of %s, nor in what is sent of them', async (_, folder) => {
    const files = await runbookFiles(folder)
    const sent = Object.fromEntries(Object.entries(files).filter(([file]) => file.endsWith('.sh')).map(([file, text]) => [`sent-${file}`, composeScript('linux', text, { value: 'x' }, 't-1')]))
    // Of what is sent, functions that a trap alone calls count as out of reach (SC2317), and what only a function that is not sent would read as unused (SC2034).
    expect((await problems({ ...files, ...sent })).filter((line) => !/^sent-.* SC(?:2317|2034):/.test(line))).toEqual([])
  })

  test('finds nothing in the functions', async () => {
    const names = (await readdir(FUNCTIONS)).filter((name) => name.endsWith('.sh'))
    expect(await problems(Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(FUNCTIONS, name), 'utf8')] as const))))).toEqual([])
  })

  test('does find what is wrong', async () => {
    expect(await problems({ 'bad.sh': 'rm $1\n', 'worse.sh': 'if true; then\n' })).toEqual(expect.arrayContaining([expect.stringMatching(/^bad.sh: line 1 SC2086/), expect.stringMatching(/^worse.sh: line \d SC10/)]))
  })
})
