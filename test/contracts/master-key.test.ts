/** Another master key: everything sealed anywhere is sealed anew, whenever the program is killed, and whatever is written meanwhile. */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openMasterKeyDesk } from '../../app/desks/master-key.ts'
import { cloudAccountRules } from '../../remediator/cloud/rules.ts'
import type { Caller } from '../../schemas/access.ts'
import { systemClock, type Clock } from '../../schemas/clock.ts'
import { nextMasterKey, readSecrets } from '../../app/parts/secrets.ts'
import { openDatabase, type Database } from '../../storage/postgres/database.ts'
import { openCopiedDatabase } from '../harness/database-template.ts'
import { jwtSecret } from '../../storage/queries/installation.ts'
import { loadCredentials } from '../../storage/queries/credentials.ts'
import type { SqlDatabase } from '../../storage/queries/sql.ts'
import { openStores } from '../../storage/queries/stores.ts'
import { cloudAccountStore } from '../../storage/remediation/cloud-account-store.ts'
import { reseal, SEALED_COLUMNS } from '../../storage/reseal.ts'
import { KeyRing, openSecretBox, type MasterKey } from '../../storage/secret-box.ts'
import { connectionStore } from '../../storage/tickets/connection-store.ts'
import { signInStore } from '../../storage/tickets/sign-in-store.ts'
import { tokenStore } from '../../storage/tickets/token-store.ts'

/** Columns of bytes that hold hashes. */
const HASHES = ['approval_links.token_hash', 'audit_chain.hash', 'audit_head.hash', 'integration_keys.key_hash', 'oauth_states.state_hash']
const ADA: Caller = { kind: 'user', id: 'ada', name: 'Ada', ip: null, scope: { role: 'msp_admin', userId: 'ada', companyIds: 'all' } }
const STATE = 'a-state-that-a-browser-brings-back'
const SILENT = { info() {}, warn() {}, error() {} }
/** Without the pause in which what is under way arrives. */
const AT_ONCE: Clock = { now: () => systemClock.now(), sleep: async () => undefined }
const RULES = { mistakes: () => [], adminOnly: () => [], rebinds: () => [], secretsFor: () => ['token'], completed: ({ fields }: { fields: Record<string, string> }) => ({ fields, mapping: { status: {}, priority: {}, place: {} } }) }

let dataDir: string
let db: Database

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'master-key-'))
  db = await openCopiedDatabase({ dataDir, clock: systemClock })
})
beforeEach(async () => {
  for (const name of ['master-key', 'master-key.next']) rmSync(join(dataDir, name), { force: true })
  for (const { table } of SEALED_COLUMNS) await db.query(`delete from ${table}`)
})
afterAll(async () => {
  await db.close()
  rmSync(dataDir, { recursive: true })
})

const secrets = () => readSecrets({ adminToken: null, masterKey: null, masterKeyPrevious: null, dataDir })
const parts = (masterKey: MasterKey) => {
  const box = openSecretBox(masterKey)
  return {
    box, stores: openStores(db, { clock: systemClock, masterKey }), clouds: cloudAccountStore(db, { clock: systemClock, box, rules: cloudAccountRules }), connections: connectionStore(db, { clock: systemClock, box, rules: RULES }),
    tokens: tokenStore(db, { clock: systemClock, box }), signIns: signInStore(db, { clock: systemClock, box }),
  }
}

/** Something in every sealed column; answers how to read all of it again. */
async function world(masterKey: MasterKey): Promise<(masterKey: MasterKey) => Promise<unknown>> {
  const { stores, clouds, connections, tokens, signIns, box } = parts(masterKey)
  const { company } = await stores.companies.create(ADA, `Acme ${randomUUID()}`, {})
  await stores.integrations.create(ADA, company.id, { name: 'pagerduty', source: 'pagerduty', vendorSecret: 'vendor-secret' })
  const cloud = await clouds.create(ADA, company.id, { cloud: 'azure', name: 'blue', environment: 'sandbox', enabled: false, fields: { subscriptionId: '11111111-2222-3333-4444-555555555555', tenantId: 'acme.test', clientId: '11111111-2222-3333-4444-555555555555' }, secret: 'x8Q~cloud-secret' })
  await stores.channels.create(ADA, null, { kind: 'slack', name: 'ops', address: 'https://hooks.slack.com/services/T/B/x', enabled: true })
  const { connection: { id } } = await connections.create(ADA, null, { connector: 'desk', name: 'main', environment: 'production', enabled: false, baseUrl: 'https://a.desk.test', auth: 'bearer', scopes: [], fields: {}, mapping: {}, secrets: { token: 'psa-secret' }, webhookSecret: 'hook-secret' })
  await tokens.keep(id, (await tokens.read(id)).seen, { accessToken: 'access', refreshToken: 'refresh', scope: null, obtainedAtMs: 1 }, { expiresAtMs: null, dueAtMs: null })
  await signIns.begin(STATE, { connectionId: id, redirectUri: 'https://aw.test/x', caller: ADA })
  await jwtSecret(db, box)
  return async (key) => {
    const now = parts(key)
    const damaged: string[] = []
    const credentials = await loadCredentials(db, key instanceof KeyRing ? key.current : key, systemClock.now(), (error) => damaged.push(error.message)).catch(() => [])
    const [channel] = await db.query<{ id: string; address: Uint8Array }>('select id, address from notice_channels')
    const [state] = await db.query<{ hash: string; verifier: Uint8Array }>(`select encode(state_hash, 'hex') as hash, verifier from oauth_states`)
    return {
      keys: key instanceof KeyRing && key.keys.length > 1 ? 'read one by one' : [credentials.map(({ hmacSecrets, vendorSecrets }) => [hmacSecrets, vendorSecrets]), damaged],
      cloud: await (await now.clouds.open(company.id, cloud.id, { purpose: 'check', runId: null, caller: ADA })).secret(), channel: now.box.open(Buffer.from(channel!.address), channel!.id).toString(),
      connection: await (await now.connections.peek(id)).secrets(), hook: await now.connections.hook(id), tokens: (await now.tokens.read(id)).tokens, verifier: now.box.open(Buffer.from(state!.verifier), `${state!.hash} verifier`).toString(), jwt: (await jwtSecret(db, now.box)).toString('hex'),
    }
  }
}

/** Under which of two keys each secret is: `sealed` under the first, `left` under the second. */
const countsUnder = async (one: Buffer, other: Buffer): Promise<{ done: number; left: number }> => {
  const { sealed, done: left, unreadableCount } = await reseal(db, new KeyRing([one, other]), { dry: true })
  expect(unreadableCount).toBe(0)
  return { done: sealed - left, left }
}

describe('every sealed column', () => {
  it('is known: any other column of bytes holds a hash', async () => {
    const columns = await db.query<{ name: string }>(`select table_name || '.' || column_name as name from information_schema.columns where table_schema = 'public' and data_type = 'bytea' order by 1`)
    expect(columns.map(({ name }) => name).sort()).toEqual([...SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`), ...HASHES].sort())
  })

  it('is sealed anew by one pass, and the next finds nothing to do', async () => {
    const [one, two] = [randomBytes(32), randomBytes(32)]
    const read = await world(one)
    const before = await read(one)
    for (const { table, column } of SEALED_COLUMNS) expect([table, column, (await db.query(`select 1 from ${table} where ${column} is not null`)).length > 0]).toEqual([table, column, true])
    const { sealed, done, missed } = await reseal(db, new KeyRing([two, one]))
    expect([done, missed]).toEqual([sealed, 0])
    expect(await read(two)).toEqual(before)
    await expect(read(one)).rejects.toThrow('does not open')
    expect(await reseal(db, new KeyRing([two]))).toMatchObject({ sealed, done: 0, unreadableCount: 0 })
  })

  it('keeps what somebody writes meanwhile, and names what opens under no key', async () => {
    const [one, two] = [randomBytes(32), randomBytes(32)]
    await world(one)
    const ring = new KeyRing([two, one])
    const { connections } = parts(one)
    const [{ id } = { id: '' }] = await db.query<{ id: string }>('select id from connections')
    let isWritten = false
    // A process that still seals under the old key writes between the look and the write.
    const meddled: SqlDatabase = {
      query: (text, params) => db.query(text, params),
      transaction: async (work, options) => {
        const [row] = await db.query<{ sealed: Uint8Array }>('select secrets as sealed from connections')
        const isNext = !isWritten && openSecretBox(one).open(Buffer.from(row!.sealed), `${id} secrets`).length > 0
        if (isNext) {
          isWritten = true
          await connections.update(ADA, id, { secrets: { token: 'newer' } })
        }
        return db.transaction(work, options)
      },
    }
    await db.query(`update notice_channels set address = '\\x0102'`)
    // Only the column that was read before the write misses; whatever the order, nothing of it is lost.
    const first = await reseal(meddled, ring)
    const second = await reseal(db, ring)
    expect(first.unreadable).toEqual([expect.stringMatching(/^notice_channels\.address /)])
    expect([second.missed, (await reseal(db, ring, { dry: true })).done]).toEqual([0, 0])
    expect(await (await parts(two).connections.peek(id)).secrets()).toEqual({ token: 'newer' })
  })
})

describe('a key in the data directory', () => {
  /** Lets the worker go on until it has told so many words, and kills it there with -9. */
  async function killedAfter(words: number): Promise<string[]> {
    await db.close()
    const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, 'reseal-worker.ts'), dataDir], { stdio: ['pipe', 'pipe', 'inherit'] })
    const told: string[] = []
    for await (const line of createInterface({ input: child.stdout! })) {
      told.push(line)
      if (told.length >= words) break
      child.stdin!.write('\n')
    }
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
    db = await openDatabase({ dataDir, clock: systemClock })
    return told
  }

  /** While a change is under way, nobody begins another. */
  async function takesNoThirdKey(): Promise<void> {
    // It waits before its second pass until it is stopped.
    const waiting: Clock = { now: () => systemClock.now(), sleep: (_ms, signal) => new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted')))) }
    const desk = openMasterKeyDesk({ database: db, ...secrets(), dataDir, clock: waiting, logger: SILENT })
    await expect(desk.rotate(ADA, randomBytes(32).toString('base64'))).rejects.toMatchObject({ code: 'conflict' })
    expect(await desk.rotate(ADA, null)).toMatchObject({ isUnderWay: true, next: expect.stringContaining('after a restart') })
    await desk.stop()
    expect(nextMasterKey(dataDir)).not.toBe(null)
  }

  it('survives a kill -9 at any point: whatever is sealed opens, and the next start goes on to the end', async () => {
    const read = await world(secrets().masterKey)
    const before = await read(secrets().masterKey)
    const total = (await reseal(db, secrets().masterKey, { dry: true })).sealed
    // Right after the new key was put down, in the middle, and after the last row.
    for (const [words, due] of [[1, 0], [5, 4], [total + 2, total]] as const) {
      const old = secrets().masterKey.current
      const told = await killedAfter(words)
      expect(told.at(-1)).toBe(due === 0 ? 'placed' : due === total ? 'all' : `sealed ${due}`)
      const { masterKey, masterKeySource } = secrets()
      const next = nextMasterKey(dataDir)
      expect(masterKey.keys).toEqual([next, old])
      expect(await countsUnder(next!, old)).toEqual({ done: due, left: total - due })
      if (due === 4) await takesNoThirdKey()
      expect(await read(masterKey)).toEqual({ ...before as object, keys: 'read one by one' })

      const desk = openMasterKeyDesk({ database: db, masterKey, masterKeySource, dataDir, clock: AT_ONCE, logger: SILENT })
      await expect.poll(async () => (await desk.status()).isUnderWay).toBe(false)
      await desk.stop()
      expect(await desk.status()).toMatchObject({ source: 'file', sealed: total, left: 0, unreadable: [], error: null })
      expect([existsSync(join(dataDir, 'master-key.next')), statSync(join(dataDir, 'master-key')).mode & 0o777]).toEqual([false, 0o600])
      expect(secrets().masterKey.keys).toEqual([next])
      expect(await read(next!)).toEqual(before)
      expect(await countsUnder(next!, old)).toEqual({ done: total, left: 0 })
    }
  }, 900_000)

  it('is changed to one that is given, in the name of an MSP Admin, who is in the audit log; no key is told', async () => {
    const read = await world(secrets().masterKey)
    const before = await read(secrets().masterKey)
    const desk = openMasterKeyDesk({ database: db, ...secrets(), dataDir, clock: AT_ONCE, logger: SILENT })
    const [old, given] = [readFileSync(join(dataDir, 'master-key'), 'utf8').trim(), randomBytes(32).toString('base64')]
    await expect(desk.rotate({ ...ADA, scope: { ...ADA.scope, role: 'company_admin' } }, null)).rejects.toMatchObject({ code: 'forbidden' })
    for (const wrong of [old, 'c2hvcnQ=']) await expect(desk.rotate(ADA, wrong)).rejects.toMatchObject({ code: 'bad_request' })
    const started = await desk.rotate(ADA, given)
    await expect.poll(async () => (await desk.status()).isUnderWay).toBe(false)
    await desk.stop()
    expect(readFileSync(join(dataDir, 'master-key'), 'utf8').trim()).toBe(given)
    expect(await read(Buffer.from(given, 'base64'))).toEqual(before)
    const told = JSON.stringify([started, await desk.status(), await db.query('select * from audit_log')])
    expect(told).toContain('master_key.rotation_started')
    for (const key of [old, given]) expect(told).not.toContain(key)
  })
})

describe('a key from the environment', () => {
  const [one, two] = [randomBytes(32), randomBytes(32)]
  const deskOf = (...keys: Buffer[]) => openMasterKeyDesk({ database: db, masterKey: new KeyRing(keys), masterKeySource: 'environment', dataDir, clock: AT_ONCE, logger: SILENT })

  it('is changed where the processes have both, and says what is left to do', async () => {
    const read = await world(one)
    const before = await read(one)
    await expect(deskOf(one).rotate(ADA, null)).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('AW_MASTER_KEY_PREVIOUS') })
    await expect(deskOf(two, one).rotate(ADA, randomBytes(32).toString('base64'))).rejects.toMatchObject({ code: 'conflict' })
    const desk = deskOf(two, one)
    expect(await desk.status()).toMatchObject({ source: 'environment', next: expect.stringContaining('aw master-key rotate') })
    await desk.rotate(ADA, null)
    await expect.poll(async () => (await desk.status()).isUnderWay).toBe(false)
    expect(await desk.status()).toMatchObject({ left: 0, next: expect.stringContaining('take AW_MASTER_KEY_PREVIOUS away') })
    expect(await read(two)).toEqual(before)
    expect((await deskOf(two).status()).next).toBe(null)
  })
})
