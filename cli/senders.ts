/** What `aw doctor` says of the integrations of a company: who comes unsigned, and which keys and secrets want looking after. */
import type { IntegrationView } from '../schemas/views.ts'
import { namesProof } from '../schemas/authentication.ts'
import type { Finding } from './finding.ts'

const DAY_MS = 86_400_000
/** A key this old that nobody has used was made in vain, or its tool is not set up. */
const NEW_FOR_MS = DAY_MS
const UNUSED_AFTER_DAYS = 90
const OLD_AFTER_DAYS = 365
const EXPIRES_SOON_DAYS = 7

/** Everything worth saying, integration by integration; nothing of one that is disabled. */
export function sendersOf(company: string, integrations: readonly IntegrationView[], nowMs: number): Finding[] {
  return integrations.filter(({ disabled }) => !disabled).flatMap((integration) => {
    const say = (what: string, detail: string): Finding => ({ what: `${what}: ${company}`, state: 'notice', detail: `${integration.name} (${integration.source ?? 'any source'}) ${detail}` })
    return [...proofs(integration, say), ...topics(integration, say), ...keys(integration, nowMs, say), ...vendorSecrets(integration, nowMs, say)]
  })
}

type Say = (what: string, detail: string) => Finding

function proofs({ requireHmac, authentication, hasVendorSecret, keys }: IntegrationView, say: Say): Finding[] {
  if (requireHmac || namesProof(authentication) || hasVendorSecret) return []
  const used = keys.some((key) => key.lastUsedAt !== null)
  const networks = authentication.allowedNetworks.length === 0 ? '' : `, from ${authentication.allowedNetworks.length} networks alone`
  return [say('unsigned', `may send without a signature${networks}${used ? '' : ', never used'}`)]
}

/** SNS signs for whoever has an account of AWS, so its signature alone is nobody's in particular. */
function topics({ requireHmac, source, authentication }: IntegrationView, say: Say): Finding[] {
  if (!requireHmac || source?.startsWith('aws-') !== true || authentication.snsTopics.length > 0) return []
  return [say('topics', 'takes messages that SNS signed for anybody: name your account or topics in authentication.snsTopics')]
}

function keys({ keys }: IntegrationView, nowMs: number, say: Say): Finding[] {
  if (keys.length === 0) return [say('key', 'has no live key and can send nothing; rotate-key makes one, DELETE takes the integration away')]
  return keys.flatMap(({ id, createdAt, expiresAt, lastUsedAt }) => {
    const found: Finding[] = []
    const ageMs = nowMs - Date.parse(createdAt)
    const daysUnused = lastUsedAt === null ? null : days(nowMs - Date.parse(lastUsedAt))
    if (expiresAt !== null) {
      const daysLeft = days(Date.parse(expiresAt) - nowMs)
      if (daysLeft < EXPIRES_SOON_DAYS) found.push(say('key', `key ${id} ends at ${expiresAt}${daysUnused !== null && daysUnused < EXPIRES_SOON_DAYS ? ' and is still used: give the tool the new one' : ''}`))
      return found
    }
    if (daysUnused === null && ageMs >= NEW_FOR_MS) found.push(say('key', `key ${id} was never used in ${days(ageMs)} days: set the tool up, or revoke it`))
    if (daysUnused !== null && daysUnused >= UNUSED_AFTER_DAYS) found.push(say('key', `key ${id} was not used for ${daysUnused} days: revoke it if the tool is gone`))
    if (days(ageMs) >= OLD_AFTER_DAYS) found.push(say('key', `key ${id} is ${days(ageMs)} days old: rotate it`))
    return found
  })
}

function vendorSecrets({ hasVendorSecret, vendorSecretSince, previousVendorSecretExpiresAt }: IntegrationView, nowMs: number, say: Say): Finding[] {
  const found: Finding[] = []
  if (previousVendorSecretExpiresAt !== null && days(Date.parse(previousVendorSecretExpiresAt) - nowMs) < EXPIRES_SOON_DAYS) found.push(say('vendor secret', `takes the vendor secret before the present one until ${previousVendorSecretExpiresAt}: the tool must have the new one by then`))
  const age = vendorSecretSince === null ? 0 : days(nowMs - Date.parse(vendorSecretSince))
  if (hasVendorSecret && age >= OLD_AFTER_DAYS) found.push(say('vendor secret', `has a vendor secret of ${age} days: replace it at the vendor and here`))
  return found
}

function days(spanMs: number): number {
  return Math.floor(spanMs / DAY_MS)
}
