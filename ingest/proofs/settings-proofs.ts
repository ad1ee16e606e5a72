import { API_KEY_PREFIX } from '../api-key.ts'
import { bodyValue } from '../body-value.ts'
import type { DoorRequest, DoorServices, DoorVerdict } from '../doors/door.ts'
import { isOneOf } from '../secrets.ts'
import type { IntegrationAuthentication } from '../../schemas/authentication.ts'
import { judgeBasic, judgeStaticHeader } from './header-secrets.ts'
import type { KeySets } from './key-sets.ts'
import { judgeEntra, judgeGooglePush } from './tokens.ts'

/** Judges every proof that the integration's settings name, but the client certificate. One that is wrong decides; else one that is right; the verdict is `absent` when none is there. */
export async function judgeSettings(settings: IntegrationAuthentication, request: DoorRequest, sets: KeySets, services: DoorServices): Promise<DoorVerdict> {
  const { headers, vendorSecrets } = request
  const { staticHeader, basicUser, entra, googlePush } = settings
  const verdicts: DoorVerdict[] = []
  if (staticHeader !== null) verdicts.push(judgeStaticHeader(staticHeader, headers, vendorSecrets))
  if (basicUser !== null) verdicts.push(judgeBasic(basicUser, headers, vendorSecrets, API_KEY_PREFIX))
  const inBody = settingsBodySecret(settings, request)
  if (inBody !== null && inBody !== '') verdicts.push(isOneOf(inBody, vendorSecrets) ? 'valid' : { invalid: 'the field of the body that bodyField names is not the vendor secret' })
  // A token costs a signature, perhaps a request: not for a sender who is wrong already.
  const soFar = joined(verdicts)
  if (typeof soFar === 'object') return soFar
  const byToken: DoorVerdict[] = [soFar]
  if (entra !== null) byToken.push(await judgeEntra(entra, headers, sets, services))
  if (googlePush !== null) byToken.push(await judgeGooglePush(googlePush, headers, sets, services))
  return joined(byToken)
}

/** What stands in the body where the settings say the vendor secret is; null where they say nothing or nothing is there. */
export function settingsBodySecret(settings: IntegrationAuthentication, { rawBody, headers }: DoorRequest): string | null {
  return settings.bodyField === null ? null : bodyValue(rawBody, headers['content-type'], settings.bodyField)
}

/** Several verdicts as one: wrong before right, right before unverified, unverified before absent. */
export function joined(verdicts: readonly DoorVerdict[]): DoorVerdict {
  const wrong = verdicts.find((verdict) => typeof verdict === 'object' && 'invalid' in verdict)
  if (wrong !== undefined) return wrong
  if (verdicts.includes('valid')) return 'valid'
  return verdicts.find((verdict) => typeof verdict === 'object') ?? 'absent'
}
