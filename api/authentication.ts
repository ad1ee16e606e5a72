/** Who is calling: a log-in's JWT or the admin token. The account is read anew for each request, so a lock or a new role holds at once. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { jwtVerify, SignJWT, errors } from 'jose'
import type { Caller } from '../schemas/access.ts'
import type { Clock } from '../schemas/clock.ts'
import { AppError } from '../schemas/errors.ts'
import { ADMIN_TOKEN_ID } from '../schemas/hands.ts'
import type { Account, UserStore } from './ports.ts'

/** A log-in holds for 12 hours. */
export const SESSION_MS = 12 * 3_600_000

const ISSUER = 'alert-whisperer'
const ALGORITHM = 'HS256'
const REFUSED = 'log in first: send "Authorization: Bearer <token>" with the token of POST /api/auth/login, or the admin token'

/** Issues tokens and tells whose they are. */
export interface Authenticator {
  /** A token for an account, and when it ends. */
  issue(account: Account): Promise<{ token: string; expiresAtMs: number }>
  /** The caller behind an Authorization header. Throws `unauthorized` with one text for every reason. */
  caller(authorization: string | undefined, ip: string): Promise<Caller>
}

/** An authenticator over the users, with the installation's signing secret and admin token. */
export function authenticator(options: { readonly users: UserStore; readonly clock: Clock; readonly jwtSecret: Uint8Array; readonly adminToken: string }): Authenticator {
  const { users, clock, jwtSecret } = options
  const adminHash = sha256(options.adminToken)

  return {
    async issue(account) {
      const nowMs = clock.now()
      const expiresAtMs = nowMs + SESSION_MS
      const token = await new SignJWT({ pw: passwordMark(account.passwordHash) })
        .setProtectedHeader({ alg: ALGORITHM })
        .setSubject(account.id)
        .setIssuer(ISSUER)
        .setIssuedAt(Math.floor(nowMs / 1000))
        .setExpirationTime(Math.floor(expiresAtMs / 1000))
        .sign(jwtSecret)
      return { token, expiresAtMs }
    },

    async caller(authorization, ip) {
      const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
      if (token === undefined) throw new AppError('unauthorized', REFUSED)
      // Digests have one length, so the comparison takes the same time whatever is sent.
      if (timingSafeEqual(sha256(token), adminHash)) {
        return { kind: 'token', id: ADMIN_TOKEN_ID, name: 'Admin token', ip, scope: { role: 'msp_admin', userId: ADMIN_TOKEN_ID, companyIds: 'all' } }
      }
      const claims = await verify(token)
      const account = await users.byId(claims.sub)
      if (account === null || account.disabled || passwordMark(account.passwordHash) !== claims.pw) throw new AppError('unauthorized', REFUSED)
      const companyIds = account.role === 'msp_admin' ? ('all' as const) : account.companyIds
      return { kind: 'user', id: account.id, name: account.name, ip, scope: { role: account.role, userId: account.id, companyIds } }
    },
  }

  async function verify(token: string): Promise<{ sub: string; pw: unknown }> {
    try {
      // jose wants a Date; the time in it is the clock's.
      const { payload } = await jwtVerify(token, jwtSecret, { algorithms: [ALGORITHM], issuer: ISSUER, requiredClaims: ['sub', 'exp'], currentDate: new Date(clock.now()) })
      return { sub: payload.sub ?? '', pw: payload.pw }
    } catch (cause) {
      if (cause instanceof errors.JOSEError) throw new AppError('unauthorized', REFUSED, { cause })
      throw cause
    }
  }
}

/** Changes with the password, so that a new password ends every log-in made with the old one. */
function passwordMark(passwordHash: string): string {
  return createHash('sha256').update(passwordHash).digest('base64url').slice(0, 16)
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
