/**
 * The two secrets of an installation. Where the environment does not give them, the first start makes them and keeps them in the data directory, mode 0600.
 *
 * While the master key in the data directory is changed, the new one lies beside it as `master-key.next`. Both are on disk before anything is sealed under the new one,
 * and the new one takes the old one's name, in one step, after nothing is sealed under the old one any more; so whenever the program is killed, the next start has
 * every key it needs.
 */
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../config.ts'
import { AppError } from '../../schemas/errors.ts'
import { KeyRing } from '../../storage/secret-box.ts'

const KEY_BYTES = 32
const KEPT = 'master-key'
const NEXT = 'master-key.next'

/** The secrets, revealed. */
export interface Secrets {
  /** Bearer token with the MSP Admin role. */
  readonly adminToken: string
  /** 32 bytes that encrypt stored credentials, and while they are changed those before. */
  readonly masterKey: KeyRing
  /** Where the master key comes from. */
  readonly masterKeySource: 'environment' | 'file'
}

/** Reads or makes them. Throws `config_invalid` when a kept file is damaged. */
export function readSecrets(config: Pick<Config, 'adminToken' | 'masterKey' | 'masterKeyPrevious' | 'dataDir'>): Secrets {
  const adminToken = config.adminToken?.reveal() ?? kept(join(config.dataDir, 'admin-token'), () => `awt_${randomBytes(32).toString('base64url')}`)
  if (config.masterKey !== null) {
    const keys = [config.masterKey, ...(config.masterKeyPrevious === null ? [] : [config.masterKeyPrevious])].map((key) => Buffer.from(key.reveal(), 'base64'))
    return { adminToken, masterKey: new KeyRing(keys), masterKeySource: 'environment' }
  }
  const key = keyIn(join(config.dataDir, KEPT), kept(join(config.dataDir, KEPT), () => randomBytes(KEY_BYTES).toString('base64')))
  const next = nextMasterKey(config.dataDir)
  return { adminToken, masterKey: new KeyRing(next === null ? [key] : [next, key]), masterKeySource: 'file' }
}

/** The key that is to replace the kept one; null: none is under way. */
export function nextMasterKey(dataDir: string): Buffer | null {
  const path = join(dataDir, NEXT)
  return existsSync(path) ? keyIn(path, readFileSync(path, 'utf8').trim()) : null
}

/** Puts a new master key beside the kept one, on disk when it returns. */
export function placeNextMasterKey(dataDir: string, key: Buffer): void {
  const [path, draft] = [join(dataDir, NEXT), join(dataDir, `${NEXT}.tmp`)]
  rmSync(draft, { force: true })
  write(draft, key.toString('base64'))
  renameSync(draft, path)
  syncFolder(dataDir)
}

/** The new master key takes the kept one's place; nothing may be sealed under the old one any more. */
export function takeNextMasterKey(dataDir: string): void {
  renameSync(join(dataDir, NEXT), join(dataDir, KEPT))
  syncFolder(dataDir)
}

function keyIn(path: string, text: string): Buffer {
  const key = Buffer.from(text, 'base64')
  if (key.length !== KEY_BYTES) throw new AppError('config_invalid', `${path} does not hold ${KEY_BYTES} bytes in base64; restore it from a backup, stored credentials cannot be read without it`)
  return key
}

function kept(path: string, make: () => string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw new AppError('config_invalid', `reading ${path}: ${(thrown as Error).message}`, { cause: thrown })
  }
  const secret = make()
  write(path, secret)
  return secret
}

function write(path: string, secret: string): void {
  const file = openSync(path, 'wx', 0o600)
  writeSync(file, `${secret}\n`)
  fsyncSync(file)
  closeSync(file)
}

/** A name is on disk once its folder is. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  fsyncSync(folder)
  closeSync(folder)
}
