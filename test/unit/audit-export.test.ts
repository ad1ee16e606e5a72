/** An export of the audit log on the command line: as large as it comes, checked by what stands in it, and never half a file that looks whole. */
import { createServer, type ServerResponse } from 'node:http'
import { mkdtempSync, readFileSync, rmSync, existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportAudit, verifyAudit } from '../../cli/audit.ts'
import { ApiClient } from '../../cli/client.ts'
import { readConfig } from '../../config.ts'
import { CHAIN_START, chainedText, linkHash, type ChainedLine } from '../../schemas/audit-chain.ts'

const folder = mkdtempSync(join(tmpdir(), 'aw-audit-'))
let answer: (path: string, response: ServerResponse) => void = () => undefined
const server = createServer((request, response) => answer(request.url ?? '', response))
let api: ApiClient

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  api = new ApiClient(readConfig({ AW_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, AW_ADMIN_TOKEN: 'x'.repeat(40) }))
})
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true })
})

/** A chain of these entries, as it is exported. */
function chainOf(...subjects: string[]): string {
  let previous = CHAIN_START
  return subjects.map((subject, index) => {
    const entry = JSON.stringify({ subject })
    const line: ChainedLine = { seq: index + 1, previous, hash: linkHash(previous, entry), entry }
    previous = line.hash
    return `${chainedText(line)}\n`
  }).join('')
}
const never = (): Promise<never> => Promise.reject(new Error('no program is asked'))

describe('an export of the audit log', () => {
  it('holds whatever letters people wrote in it, those that some take for the end of a line too', async () => {
    const file = join(folder, 'letters.jsonl')
    await writeFile(file, chainOf('plain', 'a\u2028b\u2029c\u0085d', 'e\r\nf', 'last'))
    expect(await verifyAudit(never as never, { file })).toMatchObject({ ok: true, lines: 4, gaps: 0 })
    await writeFile(file, chainOf('plain', 'a\u2028b').replace('a\u2028', 'x\u2028'))
    expect(await verifyAudit(never as never, { file })).toMatchObject({ ok: false, broken: { seq: 2 } })
  })

  it('is written as it comes, and takes as long as it takes', async () => {
    const file = join(folder, 'stream.jsonl')
    const [first = '', second = ''] = chainOf('one', 'two').split(/(?<=\n)/)
    answer = (_path, response) => {
      response.write(first)
      // The rest is not sent before the first line is in the file.
      const timer = setInterval(() => {
        if (!existsSync(`${file}.part`) || readFileSync(`${file}.part`, 'utf8') !== first) return
        clearInterval(timer)
        response.end(second)
      }, 5)
    }
    // A limit of time would end it at once.
    const { timeout } = AbortSignal
    AbortSignal.timeout = () => AbortSignal.abort(new Error('it took too long'))
    try {
      await exportAudit(api, {}, file)
      answer = (_path, response) => void response.end(JSON.stringify({ ok: true, lines: 2, gaps: 0, head: null, broken: null }))
      expect(await verifyAudit(() => api, {})).toMatchObject({ ok: true })
    } finally {
      AbortSignal.timeout = timeout
    }
    expect(await verifyAudit(never as never, { file })).toMatchObject({ ok: true, lines: 2 })
  })

  it('leaves no file behind that is only a part of it', async () => {
    const file = join(folder, 'part.jsonl')
    answer = (_path, response) => void response.write(chainOf('one'), () => response.destroy())
    await expect(exportAudit(api, {}, file)).rejects.toMatchObject({ code: 'engine_unavailable', message: expect.stringMatching(/broke off/) })
    expect([existsSync(file), existsSync(`${file}.part`)]).toEqual([false, false])
    await writeFile(file, 'the one of last month')
    await expect(exportAudit(api, {}, file)).rejects.toMatchObject({ code: 'engine_unavailable' })
    expect(readFileSync(file, 'utf8')).toBe('the one of last month')
  })
})
