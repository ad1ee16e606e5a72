import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const SCRIPT = `
import { registerHooks } from 'node:module'
const loaded = []
registerHooks({ resolve(specifier, context, next) { if (/^(openai|@anthropic-ai|@aws-sdk|@smithy)/.test(specifier)) loaded.push(specifier); return next(specifier, context) } })
await import('./app.ts')
const atStart = loaded.length
await import('./correlator/analyst/model/drivers/openai.ts')
console.log(JSON.stringify({ atStart, later: loaded.length > 0 }))
`

test('a start loads no vendor’s library; the first question to a provider does', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', SCRIPT], { cwd: ROOT })
  expect(JSON.parse(stdout)).toEqual({ atStart: 0, later: true })
})
