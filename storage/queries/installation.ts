/** Facts of the installation itself: small, kept once, encrypted where secret. */
import { randomBytes } from 'node:crypto'
import type { SecretBox } from '../secret-box.ts'
import type { SqlDatabase } from './sql.ts'

const JWT_SECRET = 'jwt_secret'

/** The secret that signs log-ins, 32 random bytes, made at the first call; concurrent first calls agree on one. */
export async function jwtSecret(db: SqlDatabase, box: SecretBox): Promise<Buffer> {
  return db.transaction(async (sql) => {
    await sql.query('insert into installation (key, value) values ($1, $2) on conflict (key) do nothing', [JWT_SECRET, box.seal(randomBytes(32), JWT_SECRET)])
    const rows = await sql.query<{ value: Buffer }>('select value from installation where key = $1', [JWT_SECRET])
    return box.open(Buffer.from(rows[0]?.value ?? []), JWT_SECRET)
  }, { durable: true })
}
