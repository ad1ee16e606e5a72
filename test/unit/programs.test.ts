/** What keeps programs under test apart: nobody is given another's port, and nobody takes another's answers for its own program's. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { Program } from '../harness/process.ts'
import { claim, freePort } from '../services/ports.ts'

it('a port is given once while its process lives, also to processes side by side', async () => {
  const ours = await Promise.all(Array.from({ length: 50 }, () => freePort()))
  expect(new Set(ours).size).toBe(50)
  const ask = `const { claim } = await import(${JSON.stringify(join(import.meta.dirname, '../services/ports.ts'))}); console.log(JSON.stringify(await Promise.all(${JSON.stringify(ours)}.map(claim))))`
  const other = spawn(process.execPath, ['--input-type=module', '-e', ask], { stdio: ['ignore', 'pipe', 'inherit'] })
  expect(JSON.parse(await text(other.stdout))).toEqual(ours.map(() => false))
})

it('a port is given again when the process that had it is gone', async () => {
  const ask = `const { freePort } = await import(${JSON.stringify(join(import.meta.dirname, '../services/ports.ts'))}); console.log(await freePort())`
  const other = spawn(process.execPath, ['--input-type=module', '-e', ask], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = await Promise.all([text(other.stdout), once(other, 'exit')])
  expect(await claim(Number(port))).toBe(true)
})

it('a program whose port another answers has not started', { timeout: 300_000 }, async () => {
  const program = await Program.up()
  const other = createServer((_request, response) => response.end('{}')).listen(program.port, '127.0.0.1')
  try {
    await expect(program.start()).rejects.toThrow('before it was ready')
    expect(program.output).toContain(String(program.port))
  } finally {
    await program.remove()
    other.close()
  }
})
