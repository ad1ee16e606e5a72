/** The two secrets of an installation. Where the environment does not give them, the first start makes them and keeps them in the data directory, mode 0600. */
import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { AppError } from './schemas/errors.ts'

/** The secrets, revealed. */
export interface Secrets {
  /** Bearer token with the MSP Admin role. */
  readonly adminToken: string
  /** 32 bytes that encrypt stored credentials. */
  readonly masterKey: Buffer
}

/** Reads or makes them. Throws `config_invalid` when a kept file is damaged. */
export function readSecrets(config: Config): Secrets {
  const adminToken = config.adminToken?.reveal() ?? kept(join(config.dataDir, 'admin-token'), () => `awt_${randomBytes(32).toString('base64url')}`)
  const masterKeyText = config.masterKey?.reveal() ?? kept(join(config.dataDir, 'master-key'), () => randomBytes(32).toString('base64'))
  const masterKey = Buffer.from(masterKeyText, 'base64')
  if (masterKey.length !== 32) throw new AppError('config_invalid', `${join(config.dataDir, 'master-key')} does not hold 32 bytes in base64; restore it from a backup, stored credentials cannot be read without it`)
  return { adminToken, masterKey }
}

function kept(path: string, make: () => string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw new AppError('config_invalid', `reading ${path}: ${(thrown as Error).message}`, { cause: thrown })
  }
  const secret = make()
  const file = openSync(path, 'wx', 0o600)
  writeSync(file, `${secret}\n`)
  fsyncSync(file)
  closeSync(file)
  return secret
}
