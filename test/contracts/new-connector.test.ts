import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newConnector } from '../../connectors/new-connector.ts'

const PROJECT = join(import.meta.dirname, '../..')
const COPIED = ['connectors', 'schemas', 'test/fakes', 'test/harness', 'test/contracts/connector', 'test/contracts/connector.contract.ts', 'package.json', 'tsconfig.json', 'vitest.config.ts']

describe('npm run new:connector', () => {
  let root: string
  let written: readonly string[]

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'new-connector-'))
    for (const path of COPIED) cpSync(join(PROJECT, path), join(root, path), { recursive: true })
    symlinkSync(join(PROJECT, 'node_modules'), join(root, 'node_modules'))
    written = newConnector(root, 'happy-desk', 'Happy "Desk" \'s')
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  const run = (...args: readonly string[]) => spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })

  it('makes a folder with its fake, golden calls and tests, and registers it', () => {
    for (const path of written) expect(existsSync(join(root, path)), path).toBe(true)
    expect(written).toEqual(expect.arrayContaining(['connectors/happy-desk/index.ts', 'connectors/happy-desk/config.ts', 'connectors/happy-desk/testdata/create.json', 'test/fakes/psa/happy-desk.ts', 'test/contracts/connector/happy-desk.test.ts']))
    for (const path of written.filter((one) => one.includes('happy-desk'))) expect(readFileSync(join(root, path), 'utf8'), path).not.toMatch(/zendesk/i)
    expect(readFileSync(join(root, 'connectors/registry.ts'), 'utf8')).toMatch(/CONNECTORS.*happyDesk/)
  })

  it('passes the contract, its own tests and the compiler from the first minute', { timeout: 600_000 }, () => {
    const tests = run('node_modules/vitest/vitest.mjs', 'run', '--project', 'contract', '--project', 'unit', 'test/contracts/connector/happy-desk.test.ts', 'test/contracts/connector/registry.test.ts', 'connectors/happy-desk')
    expect(tests.stdout + tests.stderr).toMatch(/Test Files.*3 passed/)
    expect(tests.status).toBe(0)
    writeFileSync(join(root, 'tsconfig.json'), JSON.stringify({ ...JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as object, include: ['connectors/happy-desk', 'test/fakes/psa/happy-desk.ts'] }))
    expect(run('node_modules/typescript/bin/tsc', '--noEmit')).toMatchObject({ stdout: '', status: 0 })
  })

  it('refuses an id that is none or is taken, and writes nothing', () => {
    for (const id of ['', 'Happy', 'a_b', '../x', 'a--b', 'happy-desk', 'zendesk', 'vault']) expect(() => newConnector(root, id, 'X'), id).toThrow(/id/)
  })
})
