/** Encryption of what must be kept but not read from a stolen database: AES-256-GCM under the master key. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { AppError } from '../schemas/errors.ts'

const FORMAT = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32

/** Seals and opens short secrets. The row id is associated data, so a ciphertext moved to another row does not open. */
export interface SecretBox {
  seal(plain: string | Buffer, rowId: string): Buffer
  /** Throws `config_invalid` when the master key is another one than it was sealed with, or the row was tampered with. */
  open(sealed: Buffer, rowId: string): Buffer
}

/**
 * The master keys of a process, shared by all its boxes: the first seals, any opens. While the master key is changed there are two, and a change reaches every box at
 * once.
 */
export class KeyRing {
  #keys: readonly Buffer[]

  constructor(keys: readonly Buffer[]) {
    this.#keys = checked(keys)
  }

  /** The one that seals. */
  get current(): Buffer {
    return this.#keys[0] ?? Buffer.alloc(0)
  }

  get keys(): readonly Buffer[] {
    return this.#keys
  }

  /** From now on the first of these seals, and any opens. */
  use(keys: readonly Buffer[]): void {
    this.#keys = checked(keys)
  }
}

/** A master key of 32 bytes, or several while it is changed. */
export type MasterKey = Buffer | KeyRing

/** A box under a master key. Throws `config_invalid` for one that has not 32 bytes. */
export function openSecretBox(masterKey: MasterKey): SecretBox {
  const ring = masterKey instanceof KeyRing ? masterKey : new KeyRing([masterKey])
  return {
    seal(plain, rowId) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', ring.current, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(rowId))
      const body = Buffer.concat([cipher.update(plain), cipher.final()])
      return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.getAuthTag(), body])
    },
    open(sealed, rowId) {
      let cause: unknown = null
      for (const key of ring.keys) {
        const plain = openedUnder(key, sealed, rowId)
        if (plain instanceof Buffer) return plain
        cause ??= plain
      }
      throw new AppError('config_invalid', `a stored secret of row ${rowId} does not open: AW_MASTER_KEY is not the one it was stored under, or the row was changed`, { cause })
    },
  }
}

/** The same secret under the key that seals now; null where it is under it already. Throws `config_invalid` where no key of the ring opens it. */
export function resealed(ring: KeyRing, sealed: Buffer, rowId: string): Buffer | null {
  if (openedUnder(ring.current, sealed, rowId) instanceof Buffer) return null
  const box = openSecretBox(ring)
  return box.seal(box.open(sealed, rowId), rowId)
}

/** The plain text, or why it does not open under this key. */
function openedUnder(key: Buffer, sealed: Buffer, rowId: string): Buffer | Error {
  try {
    if (sealed[0] !== FORMAT || sealed.length < 1 + NONCE_BYTES + TAG_BYTES) return new Error('unknown format')
    const nonce = sealed.subarray(1, 1 + NONCE_BYTES)
    const tag = sealed.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES)
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(rowId)).setAuthTag(tag)
    return Buffer.concat([decipher.update(sealed.subarray(1 + NONCE_BYTES + TAG_BYTES)), decipher.final()])
  } catch (thrown) {
    return thrown instanceof Error ? thrown : new Error(String(thrown))
  }
}

function checked(keys: readonly Buffer[]): readonly Buffer[] {
  if (keys.length === 0) throw new AppError('config_invalid', 'there is no master key')
  for (const key of keys) if (key.length !== KEY_BYTES) throw new AppError('config_invalid', `AW_MASTER_KEY must be ${KEY_BYTES} bytes in base64, it has ${key.length}`)
  return keys
}

/** The text that was sealed; null where it does not open, which is told. */
export function opened(box: SecretBox, sealed: Uint8Array, rowId: string, damaged: (error: AppError) => void): string | null {
  try {
    return box.open(Buffer.from(sealed), rowId).toString()
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    damaged(error)
    return null
  }
}

/** A new API key: `aw_` and 32 random bytes in base64url. */
export function newApiKey(): string {
  return `aw_${randomBytes(32).toString('base64url')}`
}

/** A new HMAC secret in the form of Standard Webhooks: `whsec_` and 32 random bytes in base64. */
export function newHmacSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

/** What is stored of an API key: its SHA-256. The key has 256 random bits, so a slow hash would add nothing. */
export function hashApiKey(apiKey: string): Buffer {
  return createHash('sha256').update(apiKey).digest()
}
