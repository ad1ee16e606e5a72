import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')

it('a command finds compiled what an earlier one loaded', () => {
  const run = () => spawnSync(process.execPath, ['main.ts', 'sources'], { cwd: root, encoding: 'utf8', env: { PATH: process.env.PATH ?? '', NODE_DEBUG_NATIVE: 'COMPILE_CACHE' } })
  expect(run().status).toBe(0)
  const again = run()
  expect(again.status).toBe(0)
  expect((again.stdout + again.stderr).split('\n').filter((line) => /cache\/alert-whisperer\/compiled\/.*cli\/sources\.ts.*success/.test(line))).not.toEqual([])
})
