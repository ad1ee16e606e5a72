/**
 * How the sender of an integration proves itself beside our own HMAC: what a company sets, its limits, and the mistakes it can make. Secrets are not
 * here; the one the vendor shares is kept apart, sealed.
 */
import { isIP } from 'node:net'

/** Settings of one integration. Null, or an empty list, switches that proof off. */
export interface IntegrationAuthentication {
  /** Lower-case name of a header whose value is the vendor secret, bare or after a word such as `Bearer`. */
  readonly staticHeader: string | null
  /** Where the body carries the vendor secret: names and numbers with dots between, `meta.secret`; in a form the field's name. */
  readonly bodyField: string | null
  /** User name of basic authentication whose password is the vendor secret. */
  readonly basicUser: string | null
  /** A JWT of Microsoft Entra in `Authorization: Bearer`, as Azure's secure webhooks carry it. */
  readonly entra: EntraProof | null
  /** A JWT of Google in `Authorization: Bearer`, as authenticated Pub/Sub push carries it. */
  readonly googlePush: GooglePushProof | null
  /** A client certificate that a trusted proxy has verified and names in a header. */
  readonly clientCertificate: ClientCertificateProof | null
  /** Topics of Amazon SNS (ARN), or accounts of AWS (12 digits), whose signed messages count; empty: any, for an integration that is bound to a source of SNS. */
  readonly snsTopics: readonly string[]
  /** Networks (CIDR, IPv4 or IPv6) that deliveries may come from; empty: any. */
  readonly allowedNetworks: readonly string[]
}

/** Whose token of Microsoft Entra counts. */
export interface EntraProof {
  /** Directory (tenant) id, a GUID. */
  readonly tenantId: string
  /** The `aud` claim: the application's ID URI or client id. */
  readonly audience: string
  /** The `appid` or `azp` claim: who calls. Azure's action groups are 461e8683-5575-4561-ac7f-899cc907d62a. */
  readonly appId: string
}

/** Whose token of Google counts. */
export interface GooglePushProof {
  readonly audience: string
  /** E-mail address of the service account of the subscription. */
  readonly serviceAccount: string
}

/** Which client certificates count. */
export interface ClientCertificateProof {
  /** Lower-case name of the header the proxy writes. */
  readonly header: string
  /** SHA-256 fingerprints, 64 lower-case hex digits each; several while a certificate is replaced. */
  readonly fingerprints: readonly string[]
}

/** Nothing beside our own HMAC. */
export const NO_AUTHENTICATION: IntegrationAuthentication = {
  staticHeader: null, bodyField: null, basicUser: null, entra: null, googlePush: null, clientCertificate: null, snsTopics: [], allowedNetworks: [],
}
/** Networks an integration may allow. */
export const NETWORKS_MAX = 64
/** Topics and accounts an integration may allow. */
export const SNS_TOPICS_MAX = 32
/** Certificates an integration may allow at once. */
export const FINGERPRINTS_MAX = 8
/** Length of a vendor secret in characters. Below the least it could be guessed, and would be blotted out of texts that are no secret. */
export const VENDOR_SECRET_CHARS = { least: 8, most: 512 } as const

const HEADER = /^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/
const FIELD = /^[\w-]{1,64}(\.[\w-]{1,64}){0,7}$/
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const FINGERPRINT = /^[0-9a-f]{64}$/
/** A topic, or an account. */
const SNS_TOPIC = /^(\d{12}|arn:aws(-[a-z]{1,16}){0,2}:sns:[a-z0-9-]{1,32}:\d{12}:[\w-]{1,256}(\.fifo)?)$/
const TOKEN_CLAIM = /^[\x21-\x7e]{1,256}$/
/** Headers that mean something already; a secret in one of them would be read as that. */
const TAKEN_HEADERS = new Set([
  'x-api-key', 'x-signature', 'x-timestamp', 'x-delivery-id', 'webhook-id', 'webhook-timestamp', 'webhook-signature', 'x-hub-signature-256', 'x-github-delivery',
  'host', 'connection', 'content-type', 'content-length', 'content-encoding', 'transfer-encoding', 'date', 'user-agent', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto',
])

/** The settings as stored, completed, with names and fingerprints in the form they are compared in. */
export function wholeAuthentication(stored: Partial<IntegrationAuthentication>): IntegrationAuthentication {
  const whole = { ...NO_AUTHENTICATION, ...stored }
  const { entra, clientCertificate } = whole
  return {
    ...whole,
    staticHeader: whole.staticHeader?.toLowerCase() ?? null,
    entra: entra === null ? null : { ...entra, tenantId: entra.tenantId.toLowerCase(), appId: entra.appId.toLowerCase() },
    clientCertificate: clientCertificate === null ? null : {
      header: clientCertificate.header.toLowerCase(), fingerprints: clientCertificate.fingerprints.map((fingerprint) => fingerprint.replaceAll(':', '').toLowerCase()),
    },
  }
}

/** Everything wrong with whole settings, in sentences that name the field; empty when nothing is. */
export function authenticationMistakes(whole: IntegrationAuthentication): string[] {
  const mistakes: string[] = []
  const expect = (isRight: boolean, sentence: string): void => {
    if (!isRight) mistakes.push(`authentication.${sentence}`)
  }
  const { staticHeader, bodyField, basicUser, entra, googlePush, clientCertificate, snsTopics, allowedNetworks } = whole
  if (staticHeader !== null) expect(HEADER.test(staticHeader) && !TAKEN_HEADERS.has(staticHeader), 'staticHeader must be the name of a header that has no other meaning here, as x-webhook-token')
  if (bodyField !== null) expect(FIELD.test(bodyField), 'bodyField must be up to 8 names with dots between, as meta.secret')
  if (basicUser !== null) expect(/^[^:\p{Cc}]{1,128}$/u.test(basicUser), 'basicUser must have 1 to 128 characters and no colon')
  if (entra !== null) {
    expect(GUID.test(entra.tenantId), 'entra.tenantId must be the GUID of the directory')
    expect(GUID.test(entra.appId), 'entra.appId must be the GUID of the application that calls')
    expect(TOKEN_CLAIM.test(entra.audience), 'entra.audience must be the ID URI or client id of your application')
  }
  if (googlePush !== null) {
    expect(TOKEN_CLAIM.test(googlePush.audience), 'googlePush.audience must be the audience of the subscription')
    expect(/^[^@\s]{1,128}@[^@\s]{1,128}$/.test(googlePush.serviceAccount), 'googlePush.serviceAccount must be the e-mail address of the service account')
  }
  expect([basicUser, entra, googlePush].filter((proof) => proof !== null).length <= 1, 'basicUser, entra and googlePush all need the header Authorization: choose one')
  if (staticHeader === 'authorization') expect(basicUser === null && entra === null && googlePush === null, 'staticHeader is authorization, which basicUser, entra or googlePush need')
  if (clientCertificate !== null) {
    expect(HEADER.test(clientCertificate.header) && !TAKEN_HEADERS.has(clientCertificate.header), 'clientCertificate.header must be the name of the header your proxy writes, as x-forwarded-client-cert')
    const { fingerprints } = clientCertificate
    expect(fingerprints.length >= 1 && fingerprints.length <= FINGERPRINTS_MAX, `clientCertificate.fingerprints must be 1 to ${FINGERPRINTS_MAX}`)
    expect(fingerprints.every((fingerprint) => FINGERPRINT.test(fingerprint)), 'clientCertificate.fingerprints must be SHA-256 fingerprints: 64 hex digits, colons allowed')
  }
  expect(snsTopics.length <= SNS_TOPICS_MAX, `snsTopics may list ${SNS_TOPICS_MAX} topics or accounts`)
  for (const topic of snsTopics.slice(0, SNS_TOPICS_MAX)) {
    expect(SNS_TOPIC.test(topic), `snsTopics: ${JSON.stringify(topic.slice(0, 60))} is neither; write the ARN of a topic as arn:aws:sns:eu-west-1:123456789012:alarms, or the 12 digits of an account`)
  }
  expect(allowedNetworks.length <= NETWORKS_MAX, `allowedNetworks may list ${NETWORKS_MAX} networks`)
  for (const network of allowedNetworks.slice(0, NETWORKS_MAX)) {
    expect(parseNetwork(network) !== null, `allowedNetworks: ${JSON.stringify(network.slice(0, 60))} is no network; write an address, or address/bits as 203.0.113.0/24 or 2001:db8::/48`)
  }
  return mistakes
}

/** A network in CIDR, or a single address. */
export interface Network {
  readonly address: string
  readonly prefixBits: number
  readonly family: 'ipv4' | 'ipv6'
}

/** Reads a network; null when it is none. */
export function parseNetwork(text: string): Network | null {
  const [, address = '', bits] = /^([0-9a-fA-F.:]{2,45})(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const version = isIP(address)
  if (version === 0) return null
  const most = version === 4 ? 32 : 128
  const prefixBits = bits === undefined ? most : Number(bits)
  return prefixBits <= most ? { address, prefixBits, family: version === 4 ? 'ipv4' : 'ipv6' } : null
}

/** Whether the settings name a proof; a delivery must then carry it, or another one, even where our HMAC is not required. */
export function namesProof(settings: IntegrationAuthentication): boolean {
  return settings.staticHeader !== null || settings.bodyField !== null || settings.basicUser !== null || settings.entra !== null || settings.googlePush !== null
    || settings.clientCertificate !== null || settings.snsTopics.length > 0
}

/** Whether a topic of SNS is among those the settings name, itself or by its account. */
export function namesTopic(settings: IntegrationAuthentication, topicArn: string): boolean {
  const [, , service, , account = ''] = topicArn.split(':')
  return service === 'sns' && settings.snsTopics.some((named) => named === topicArn || named === account)
}

/** Whether the settings name a proof that compares with the vendor secret. */
export function needsVendorSecret(settings: IntegrationAuthentication): boolean {
  return settings.staticHeader !== null || settings.bodyField !== null || settings.basicUser !== null
}
