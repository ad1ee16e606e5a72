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

/** A box under a master key of 32 bytes. Throws `config_invalid` for any other length. */
export function openSecretBox(masterKey: Buffer): SecretBox {
  if (masterKey.length !== KEY_BYTES) throw new AppError('config_invalid', `AW_MASTER_KEY must be ${KEY_BYTES} bytes in base64, it has ${masterKey.length}`)
  return {
    seal(plain, rowId) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', masterKey, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(rowId))
      const body = Buffer.concat([cipher.update(plain), cipher.final()])
      return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.getAuthTag(), body])
    },
    open(sealed, rowId) {
      try {
        if (sealed[0] !== FORMAT || sealed.length < 1 + NONCE_BYTES + TAG_BYTES) throw new Error('unknown format')
        const nonce = sealed.subarray(1, 1 + NONCE_BYTES)
        const tag = sealed.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES)
        const decipher = createDecipheriv('aes-256-gcm', masterKey, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(rowId)).setAuthTag(tag)
        return Buffer.concat([decipher.update(sealed.subarray(1 + NONCE_BYTES + TAG_BYTES)), decipher.final()])
      } catch (cause) {
        throw new AppError('config_invalid', `a stored secret of row ${rowId} does not open: AW_MASTER_KEY is not the one it was stored under, or the row was changed`, { cause })
      }
    },
  }
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
