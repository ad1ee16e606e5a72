import { decodeProtectedHeader, errors, jwtVerify, type JWTPayload } from 'jose'
import type { EntraProof, GooglePushProof } from '../../schemas/authentication.ts'
import type { DoorServices, DoorVerdict } from '../doors/door.ts'
import type { KeySets } from './key-sets.ts'

const TOKEN_MAX_CHARS = 8_192
/** How far the issuer's clock may be from ours, in seconds. */
const TOLERANCE_S = 300
const DEFAULT_URI = /^api:\/\/[0-9a-f-]{36}$/
const GOOGLE_KEYS = new URL('https://www.googleapis.com/oauth2/v3/certs')

interface Expected {
  readonly keys: URL
  readonly issuers: string[]
  readonly audiences: string[]
  /** Why the claims are not those of the sender meant; null when they are. */
  readonly fault: (claims: JWTPayload) => string | null
}

/**
 * A token of Microsoft Entra, version 1 or 2, for an application of the integration's tenant, asked for by the application it names ("Secure webhook" of
 * Azure's action groups). The keys come from the host of Microsoft and from the tenant that is set, never from an address in the token.
 */
export function judgeEntra(proof: EntraProof, headers: Readonly<Record<string, string>>, sets: KeySets, services: DoorServices): Promise<DoorVerdict> {
  const { tenantId, audience, appId } = proof
  return judgeToken(headers, sets, services, {
    keys: new URL(`https://login.microsoftonline.com/${encodeURIComponent(tenantId)}/discovery/v2.0/keys`),
    issuers: [`https://sts.windows.net/${tenantId}/`, `https://login.microsoftonline.com/${tenantId}/v2.0`],
    // The same application goes by its client id in version 2 and by its default URI in version 1.
    audiences: DEFAULT_URI.test(audience) ? [audience, audience.replace('api://', '')] : [audience],
    fault: (claims) => {
      if (text(claims['tid'])?.toLowerCase() !== tenantId) return 'the token is of another tenant'
      return (text(claims['appid']) ?? text(claims['azp']))?.toLowerCase() === appId ? null : 'the token was made for another application'
    },
  })
}

/** A token of Google for the service account of a Pub/Sub push subscription ("Authentication for push subscriptions"). */
export function judgeGooglePush(proof: GooglePushProof, headers: Readonly<Record<string, string>>, sets: KeySets, services: DoorServices): Promise<DoorVerdict> {
  return judgeToken(headers, sets, services, {
    keys: GOOGLE_KEYS,
    issuers: ['https://accounts.google.com', 'accounts.google.com'],
    audiences: [proof.audience],
    fault: (claims) => (claims['email_verified'] === true && text(claims['email']) === proof.serviceAccount ? null : 'the token is of another service account'),
  })
}

async function judgeToken(headers: Readonly<Record<string, string>>, sets: KeySets, services: DoorServices, expected: Expected): Promise<DoorVerdict> {
  const token = /^bearer +(\S+)$/i.exec(headers['authorization'] ?? '')?.[1]
  if (token?.split('.').length !== 3) return 'absent'
  if (token.length > TOKEN_MAX_CHARS) return { invalid: 'the token is longer than tokens are' }
  try {
    const { kid } = decodeProtectedHeader(token)
    if (kid === undefined) return { invalid: 'the token names no key' }
    const keys = await sets.at(expected.keys, kid, services)
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ['RS256'], issuer: expected.issuers, audience: expected.audiences, requiredClaims: ['exp'], clockTolerance: TOLERANCE_S, currentDate: new Date(services.clock.now()),
    })
    const fault = expected.fault(payload)
    return fault === null ? 'valid' : { invalid: fault }
  } catch (thrown) {
    // jose says `no` by throwing; its messages name claims and never the token.
    if (thrown instanceof errors.JOSEError) return { invalid: `the token is not right: ${thrown.message}` }
    if (thrown instanceof TypeError) return { invalid: 'the token cannot be read' }
    throw thrown
  }
}

function text(claim: unknown): string | undefined {
  return typeof claim === 'string' ? claim : undefined
}
