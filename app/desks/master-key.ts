/** Changing the master key of the running program: the new key on disk first, then everything sealed anew, then the old key given up. */
import { randomBytes } from 'node:crypto'
import type { MasterKeyDesk, MasterKeyView } from '../../api/connection-ports.ts'
import { nextMasterKey, placeNextMasterKey, takeNextMasterKey, type Secrets } from '../parts/secrets.ts'
import type { Caller } from '../../schemas/access.ts'
import { isAborted, type Clock } from '../../schemas/clock.ts'
import { AppError, toAppError } from '../../schemas/errors.ts'
import { writeAudit } from '../../storage/queries/audit.ts'
import type { SqlDatabase } from '../../storage/queries/sql.ts'
import { reseal, type ResealPass } from '../../storage/reseal.ts'
import type { EngineLog } from '../parts/engines.ts'

/** Long enough for a statement that was sealed under the old key, and not sent yet, to arrive. */
const SETTLE_MS = 2_000
/** A pass that met rows in motion is followed by another, this often at most. */
const PASSES_MAX = 20
const KEY_BYTES = 32

/** What the desk is made of. */
export interface MasterKeyOptions extends Pick<Secrets, 'masterKey' | 'masterKeySource'> {
  readonly database: SqlDatabase
  readonly dataDir: string
  readonly clock: Clock
  readonly logger: EngineLog
}

/** A desk that goes on by itself with a change that was interrupted. */
export function openMasterKeyDesk({ database, masterKey: ring, masterKeySource: source, dataDir, clock, logger }: MasterKeyOptions): MasterKeyDesk & { stop(): Promise<void> } {
  const stopping = new AbortController()
  let working: Promise<void> | null = null
  let failed: string | null = null

  const run = async (): Promise<void> => {
    for (let pass = 1; ; pass++) {
      const { done, missed } = await reseal(database, ring, { signal: stopping.signal })
      // The last pass begins after everything that was sealed under the old key has arrived, and finds nothing.
      if (done === 0 && missed === 0 && pass > 1) break
      if (pass >= PASSES_MAX) throw new AppError('conflict', 'stored secrets change faster than they are sealed anew: try again when it is quieter')
      await clock.sleep(SETTLE_MS, stopping.signal)
    }
    const { unreadableCount, unreadable } = await reseal(database, ring, { dry: true, signal: stopping.signal })
    // Under the key that would be given up they might still open.
    if (unreadableCount > 0) logger.warn({ count: unreadableCount, rows: unreadable }, 'stored secrets open under neither master key: they were lost before, store them again')
    if (source === 'file' && nextMasterKey(dataDir) !== null) takeNextMasterKey(dataDir)
    logger.info({}, 'everything stored is sealed under the new master key')
  }
  const start = (): void => {
    if (working !== null) return
    failed = null
    working = run().catch((thrown: unknown) => {
      failed = toAppError(thrown).message
      if (!isAborted(stopping.signal)) logger.error({ err: toAppError(thrown) }, 'changing the master key stopped; `aw master-key rotate` goes on with it')
    }).finally(() => { working = null })
  }
  const view = async (): Promise<MasterKeyView> => {
    const { sealed, done, unreadable }: ResealPass = await reseal(database, ring, { dry: true })
    const isUnderWay = working !== null || (source === 'file' && nextMasterKey(dataDir) !== null)
    return { source, isUnderWay, sealed, left: done, unreadable, error: failed, next: nextStep(source, isUnderWay, done, ring.keys.length > 1) }
  }

  if (source === 'file' && nextMasterKey(dataDir) !== null) {
    logger.warn({}, 'a change of the master key was interrupted: going on with it')
    start()
  }
  return {
    status: view,
    async rotate(caller: Caller, newKey: string | null): Promise<MasterKeyView> {
      if (caller.scope.role !== 'msp_admin') throw new AppError('forbidden', 'only an MSP Admin may change the master key')
      const given = newKey === null ? null : Buffer.from(newKey, 'base64')
      if (given !== null && given.length !== KEY_BYTES) throw new AppError('bad_request', `the new key must be ${KEY_BYTES} bytes in base64, as \`openssl rand -base64 32\` prints`)
      const underWay = source === 'file' ? nextMasterKey(dataDir) : null
      if (source === 'environment') {
        if (given !== null) throw new AppError('conflict', 'the master key comes from AW_MASTER_KEY: give the new one there, the one before in AW_MASTER_KEY_PREVIOUS, and start every process anew; docs/vault.md tells the order')
        if (ring.keys.length < 2) throw new AppError('conflict', 'the master key comes from AW_MASTER_KEY, and there is no other: start every process with the new key there and the one before in AW_MASTER_KEY_PREVIOUS first; docs/vault.md tells the order')
      } else if (underWay !== null) {
        if (given !== null && !given.equals(underWay)) throw new AppError('conflict', 'a change to another master key is under way: let it end first')
      } else {
        if (given?.equals(ring.current) === true) throw new AppError('bad_request', 'the new key is the one in use')
        await audited(caller, 'master_key.rotation_started')
        const key = given ?? randomBytes(KEY_BYTES)
        placeNextMasterKey(dataDir, key)
        ring.use([key, ...ring.keys])
      }
      if (source === 'environment') await audited(caller, 'master_key.rotation_started')
      start()
      return view()
    },
    async stop() {
      stopping.abort()
      await working
    },
  }

  async function audited(caller: Caller, action: string): Promise<void> {
    await writeAudit(database, caller, { companyId: null, action, subject: 'master-key', before: null, after: { source } }, clock.now())
  }
}

function nextStep(source: Secrets['masterKeySource'], isUnderWay: boolean, left: number, hasOther: boolean): string | null {
  if (isUnderWay) return 'It goes on by itself, after a restart too.'
  if (source === 'file') return left === 0 ? null : 'Some secrets are sealed under another key: `aw master-key rotate` seals them anew.'
  if (!hasOther) return null
  return left === 0 ? 'Everything is sealed under AW_MASTER_KEY: take AW_MASTER_KEY_PREVIOUS away and start every process anew. Backups from before open with the old key alone.' : '`aw master-key rotate` seals everything under AW_MASTER_KEY.'
}
