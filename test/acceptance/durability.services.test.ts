/**
 * The story: `202` means durable. The kernel is our witness: for every delivery, the log's pages that hold it are written, the file is synced, and
 * the page that makes the commit visible is written through to the disk, all after the request was read and before its 202 is written.
 */
import { constants, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { onboard } from '../harness/client.ts'
import { Program } from '../harness/process.ts'
import { alertBody, signed, type Company } from '../harness/sender.ts'
import { callsIn, fileOf, traced, type SystemCall } from '../harness/strace.ts'

const READS = ['read', 'recvfrom', 'recvmsg', 'readv']
const WRITES = ['write', 'writev', 'sendto', 'sendmsg', 'pwrite64', 'pwritev', 'pwritev2']
const SYNCS = ['fdatasync', 'fsync', 'msync']
const ONE_BY_ONE = 12
const AT_ONCE = 24

let program: Program
let company: Company

beforeAll(async () => {
  program = await Program.fromNothing()
  await program.start()
  company = await onboard(program, 'Durable Ltd')
})
afterAll(() => program.remove())

async function deliver(mark: string, deliveryId?: string): Promise<void> {
  const body = JSON.stringify(alertBody({ asset_name: `${mark}.`, signature: mark }))
  const answer = await fetch(`${program.url}/api/webhooks/alerts?mark=${mark}.`, { method: 'POST', headers: signed(company, body, deliveryId), body })
  expect(answer.status).toBe(202)
  await answer.text()
}

/** Whether the descriptor was opened so that each write of it is on the disk when it returns. */
function isWrittenThrough(descriptor: number): boolean {
  const flags = /flags:\s+(\d+)/.exec(readFileSync(`/proc/${program.pid}/fdinfo/${descriptor}`, 'utf8'))?.[1] ?? '0'
  return (Number.parseInt(flags, 8) & constants.O_DSYNC) === constants.O_DSYNC
}

interface Chain { asked: SystemCall; written: SystemCall; synced: SystemCall; visible: SystemCall; answered: SystemCall }

/** What the kernel saw of one delivery; throws where a link is missing or out of order. */
function chainOf(calls: readonly SystemCall[], mark: string): Chain {
  const log = join(program.dataDir, 'log', 'data.mdb')
  const first = (what: string, condition: (call: SystemCall) => boolean): SystemCall => {
    const found = calls.find(condition)
    if (found === undefined) throw new Error(`${mark}: the trace has no ${what}`)
    return found
  }
  const asked = first('reading of the request', ({ name, text }) => READS.includes(name) && text.includes(`/api/webhooks/alerts?mark=${mark}. `))
  const socket = fileOf(asked)?.descriptor
  const answered = first('202 after it', (call) => WRITES.includes(call.name) && call.began > asked.ended && fileOf(call)?.descriptor === socket && call.text.includes('HTTP/1.1 202 '))
  const toLog = (call: SystemCall): boolean => fileOf(call)?.path === log
  const inTime = (call: SystemCall, after: SystemCall): boolean => call.began > after.ended && call.ended < answered.began && call.result >= 0
  const written = first('write of its bytes to the log before the 202', (call) => WRITES.includes(call.name) && toLog(call) && call.text.includes(`${mark}.`) && inTime(call, asked))
  const synced = first('successful sync of the log between that write and the 202', (call) => SYNCS.includes(call.name) && toLog(call) && call.result === 0 && inTime(call, written))
  const visible = first('write-through of the commit between the sync and the 202', (call) => WRITES.includes(call.name) && toLog(call) && isWrittenThrough(fileOf(call)?.descriptor ?? -1) && inTime(call, synced))
  return { asked, written, synced, visible, answered }
}

it('writes and syncs every delivery before its 202, one by one and many at once', async () => {
  const alone = Array.from({ length: ONE_BY_ONE }, (_, index) => `alone-${index}`)
  const together = Array.from({ length: AT_ONCE }, (_, index) => `together-${index}`)
  const calls = await traced(program.pid ?? 0, [...READS, ...WRITES, ...SYNCS], async () => {
    // Half of them name their delivery, which takes the longer way over the memory of deliveries.
    for (const [index, mark] of alone.entries()) await deliver(mark, index % 2 === 0 ? mark : undefined)
    await Promise.all(together.map((mark, index) => deliver(mark, index % 2 === 0 ? mark : undefined)))
    // An answer is here before the tracer has seen its write return; the thread that answers this has returned from every write before it.
    await fetch(`${program.url}/api/health/live`).then((answer) => answer.text())
  })
  const chains = [...alone, ...together].map((mark) => chainOf(calls, mark))
  const syncs = new Set(chains.map(({ synced }) => synced.began))
  // One by one each has a sync of its own; together they may share, where the disk is slow enough for the next to come meanwhile.
  expect(new Set(chains.slice(0, ONE_BY_ONE).map(({ synced }) => synced.began)).size).toBe(ONE_BY_ONE)
  console.log(`durability: ${chains.length} deliveries, each written, synced and committed before its 202, in ${syncs.size} syncs of the log (${calls.filter(({ name }) => SYNCS.includes(name)).length} syncs in all)`)
})

it('would notice an answer that comes before its sync', () => {
  const log = join(program.dataDir, 'log', 'data.mdb')
  const trace = [
    '10 read(7<socket:[1]>, "POST /api/webhooks/alerts?mark=early-1. HTTP/1.1", 65536) = 48',
    `11 pwrite64(9<${log}>, "early-1.", 4096, 0) = 4096`,
    `11 fdatasync(9<${log}> <unfinished ...>`,
    '10 write(7<socket:[1]>, "HTTP/1.1 202 Accepted", 21) = 21',
    '11 <... fdatasync resumed>) = 0',
  ].join('\n')
  expect(() => chainOf(callsIn(trace), 'early-1')).toThrow('early-1: the trace has no successful sync of the log between that write and the 202')
})
