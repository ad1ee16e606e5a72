/**
 * The story: the disk of the data directory runs full while tools keep posting. Nothing is answered 202 on hope: each sender is told to come again,
 * the program stays up and says why, and when there is room again everything goes on, with exactly what was answered 202.
 */
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { admin, onboard, settledBalance, type Client } from '../harness/client.ts'
import { Program, until } from '../harness/process.ts'
import { freePort } from '../services/ports.ts'
import { alertBody, post, signed, type Company } from '../harness/sender.ts'
import { find } from '../services/packages.ts'

const DISK_MIB = 384

let program: Program
let company: Company
let api: Client
let disk: string
/** What the company has delivered so far. */
let acceptedBefore = 0
/** Undoes what was begun, last first. */
const undo: (() => unknown)[] = []

beforeAll(async () => {
  disk = mkdtempSync(join(tmpdir(), 'aw-disk-'))
  undo.push(() => rmSync(disk, { recursive: true, force: true }))
  asRoot('mount', '-t', 'tmpfs', '-o', `size=${DISK_MIB}m,mode=0777`, 'tmpfs', disk)
  undo.push(() => asRoot('umount', '--lazy', disk))
  program = new Program({ args: ['up'], port: await freePort(), dataDir: join(disk, 'data') })
  undo.push(() => program.remove())
  await program.start()
  company = await onboard(program, 'Full Ltd')
  api = admin(program)
})
afterAll(async () => {
  for (const step of undo.reverse()) await step()
})

/** A small disk of our own can only be had as root, or by sudo without password. */
function asRoot(command: string, ...args: readonly string[]): void {
  const path = find(command) ?? command
  const line = process.getuid?.() === 0 ? [path, ...args] : ['sudo', '-n', path, ...args]
  execFileSync(line[0] ?? path, line.slice(1))
}

/** Leaves no byte free, and answers how to give them back. */
function fillDisk(): () => void {
  const path = join(disk, 'filler')
  const file = openSync(path, 'w')
  const block = Buffer.alloc(65_536)
  try {
    for (;;) writeSync(file, block)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOSPC') throw thrown
  } finally {
    closeSync(file)
  }
  return () => rmSync(path)
}

interface Answered { id: string; status: number; retryAfter: string | null; code: string | undefined }

/** One delivery of a storm; every tenth is as large as it may be. */
async function deliver(id: string, index: number): Promise<Answered> {
  const body = JSON.stringify(alertBody({ asset_name: `host-${index % 10}`, signature: `check-${index % 7}`, message: 'x'.repeat(index % 10 === 0 ? 1_000_000 : 500) }))
  const answer = await fetch(`${program.url}/api/webhooks/alerts`, { method: 'POST', headers: signed(company, body, id), body })
  return { id, status: answer.status, retryAfter: answer.headers.get('retry-after'), code: ((await answer.json()) as { code?: string }).code }
}

/** Forty deliveries from four senders. */
async function storm(name: string): Promise<Answered[]> {
  const senders = [0, 1, 2, 3].map(async (sender) => {
    const answers: Answered[] = []
    for (let index = sender; index < 40; index += 4) answers.push(await deliver(`${name}-${index}`, index))
    return answers
  })
  return (await Promise.all(senders)).flat()
}

it('answers 503 and never 202 while the disk is full, stays up, and goes on when there is room', async () => {
  const before = await storm('before')
  expect(before.map(({ status }) => status)).toEqual(before.map(() => 202))
  await settledBalance(program, company.id, before.length)

  const makeRoom = fillDisk()
  // A look at the disk is a moment old.
  const seen = new Map<number, number>()
  const probe = async (): Promise<number> => {
    const { status } = await post(program.url, company, 'alerts', alertBody({ asset_name: 'probe' }))
    seen.set(status, (seen.get(status) ?? 0) + 1)
    return status
  }
  await until('the log refuses', async () => (await probe()) === 503)
  const refused = await storm('storm')
  for (const answer of refused) expect(answer).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^[1-9]\d*$/), code: 'log_unavailable' })
  expect((await fetch(`${program.url}/api/health/live`)).status).toBe(200)
  const ready = await fetch(`${program.url}/api/health/ready`)
  const told = await ready.text()
  expect([ready.status, told]).toEqual([503, expect.stringContaining('takes no records')])
  expect(told).not.toContain(disk)
  expect((await api.incidents(`&company=${company.id}`)).length).toBeGreaterThan(0)
  expect(program.output).toContain('free some space')
  // The sender learns nothing about our disks.
  expect(JSON.stringify(refused)).not.toContain(disk)

  makeRoom()
  await until('the log takes deliveries again', async () => (await probe()) === 202)
  // The senders come again under the same ids: none of them counts as known, because none was taken.
  const again = await storm('storm')
  expect(again.map(({ status }) => status)).toEqual(again.map(() => 202))
  const accepted = before.length + again.length + (seen.get(202) ?? 0)
  acceptedBefore = accepted
  expect(await settledBalance(program, company.id, accepted)).toMatchObject({ accepted, difference: 0, inFlight: 0, missing: 0, surplus: 0, rejected: 0 })
  // What was refused is told with the next tick that the log takes.
  await until('every refusal is counted', async () => (await settledBalance(program, company.id, accepted)).refused['503'] === refused.length + (seen.get(503) ?? 0))
})

it('keeps what it answered 202 for when it is killed on a full disk', async () => {
  const kept = await storm('kept')
  expect(kept.every(({ status }) => status === 202)).toBe(true)
  // What the disk that was full before has taken counts too, or the balance would look settled before these are in it.
  const { accepted } = await settledBalance(program, company.id, acceptedBefore + kept.length)
  const makeRoom = fillDisk()
  await program.kill()
  makeRoom()
  await program.start()
  expect(await settledBalance(program, company.id, accepted)).toMatchObject({ accepted, difference: 0, inFlight: 0 })
  expect((await deliver('kept-0', 0)).status).toBe(200)
})
