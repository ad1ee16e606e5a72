import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockDataDir } from './data-dir.ts'

describe('the lock of a data directory', () => {
  let dir: string
  beforeEach(() => {
    dir = join(mkdtempSync(join(tmpdir(), 'lock-')), 'data')
  })
  afterEach(() => rmSync(join(dir, '..'), { recursive: true }))

  const holder = (): { ready: Promise<void>; kill: () => Promise<void>; pid: number | undefined } => {
    const code = `import(${JSON.stringify(join(import.meta.dirname, 'data-dir.ts'))}).then(({ lockDataDir }) => { lockDataDir(${JSON.stringify(dir)}); console.log('held'); setInterval(() => {}, 1000) })`
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    return { ready: new Promise((resolve) => child.stdout.once('data', () => resolve())), pid: child.pid, kill: () => { child.kill('SIGKILL'); return ended } }
  }

  it('makes the directory for its owner alone and lets nobody else in until it is released', () => {
    const lock = lockDataDir(dir)
    expect(statSync(dir).mode & 0o777).toBe(0o700)
    expect(() => lockDataDir(dir)).toThrow(expect.objectContaining({ code: 'data_dir_locked' }))
    lockDataDir(dir, 'another').release()
    lock.release()
    lock.release()
    lockDataDir(dir).release()
  })

  it('names the process that holds it, and is free the moment that process is killed', async () => {
    const other = holder()
    await other.ready
    expect(() => lockDataDir(dir)).toThrow(`process ${other.pid} already works in ${dir}`)
    await other.kill()
    lockDataDir(dir).release()
  })
})
