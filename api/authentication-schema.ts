/** JSON schemas of how the sender of an integration proves itself, as requests give it; whether the values can work is judged with the stored ones. */
import { FINGERPRINTS_MAX, NETWORKS_MAX, SNS_TOPICS_MAX, VENDOR_SECRET_CHARS } from '../schemas/authentication.ts'
import { body, list, nullable, text, whole } from './json-schema.ts'

const OVERLAP_MAX_S = 30 * 86_400
const NAME = { minLength: 1, maxLength: 600 }

/** Fields that a request to make or change an integration may carry beside its own. */
export const AUTHENTICATION_FIELDS = {
  authentication: body({
    staticHeader: nullable(text({ ...NAME, description: 'header whose value is the vendor secret, bare or after a word such as Bearer' })),
    bodyField: nullable(text({ ...NAME, description: 'where the body carries the vendor secret: names with dots between; a form field by its name' })),
    basicUser: nullable(text({ ...NAME, description: 'user of basic authentication; the vendor secret is the password' })),
    entra: nullable(body({ tenantId: text(NAME), audience: text(NAME), appId: text(NAME) }, ['tenantId', 'audience', 'appId'], { description: 'JWT of Microsoft Entra: Azure secure webhooks' })),
    googlePush: nullable(body({ audience: text(NAME), serviceAccount: text(NAME) }, ['audience', 'serviceAccount'], { description: 'JWT of Google: authenticated Pub/Sub push' })),
    clientCertificate: nullable(body({ header: text(NAME), fingerprints: list(text(NAME), { minItems: 1, maxItems: FINGERPRINTS_MAX }) }, ['header', 'fingerprints'], { description: 'mutual TLS that a trusted proxy ends; SHA-256 fingerprints' })),
    snsTopics: list(text(NAME), { maxItems: SNS_TOPICS_MAX, description: 'ARNs of topics of Amazon SNS, or accounts of AWS, whose signed messages count; empty: any, where the integration is bound to a source' }),
    allowedNetworks: list(text(NAME), { maxItems: NETWORKS_MAX, description: 'addresses and CIDR networks deliveries may come from; empty: any' }),
  }, [], { description: 'only what is to change' }),
  vendorSecret: nullable(text({
    minLength: VENDOR_SECRET_CHARS.least, maxLength: VENDOR_SECRET_CHARS.most, pattern: '^[^\\x00-\\x1f\\x7f]*$', description: 'the secret that the vendor made or was given; stored sealed, never shown again; null forgets it',
  })),
  vendorSecretOverlapSeconds: whole({ minimum: 0, maximum: OVERLAP_MAX_S, description: 'how long the vendor secret before the new one still counts; a day unless told' }),
}
