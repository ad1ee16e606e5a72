/** The doors of vendors and the proofs of settings: whatever is sent, they answer and are not taken in. */
import { NO_AUTHENTICATION, type IntegrationAuthentication } from '../../../schemas/authentication.ts'
import { TestClock } from '../../../schemas/clock.ts'
import { verifyHmac } from '../../../ingest/hmac.ts'
import type { DoorRequest } from '../../../ingest/doors/door.ts'
import { createDoors } from '../../../ingest/doors/registry.ts'
import { judgeClientCertificate } from '../../../ingest/proofs/client-certificate.ts'
import { KeySets } from '../../../ingest/proofs/key-sets.ts'
import { judgeSettings, settingsBodySecret } from '../../../ingest/proofs/settings-proofs.ts'
import { withoutSecrets } from '../../../ingest/secrets.ts'
import { credential, SECRET } from '../../../ingest/testing/edge.ts'
import { bodyOf } from '../bodies.ts'
import type { Corpus } from '../corpus.ts'
import { checkPrototypes, must, tellsNothing } from '../invariants.ts'
import { oddText } from '../odd.ts'
import type { Random } from '../random.ts'
import type { Target } from '../target.ts'

const VENDOR_SECRET = 'a vendor secret that nobody guesses'
const GUID = '11111111-2222-3333-4444-555555555555'
const SOURCES = ['aws-sns', 'aws-cloudwatch', 'checkly', 'cloudflare', 'crowdstrike', 'grafana', 'honeycomb', 'meraki', 'netbox', 'pagerduty', 'sentry', 'signalfx', 'statuscake']
const NAMES = [
  'x-checkly-signature', 'cf-webhook-auth', 'x-cs-primary-signature', 'x-cs-delivery-timestamp', 'x-cs-signature-algorithm', 'x-grafana-alerting-signature', 'x-grafana-alerting-timestamp', 'x-honeycomb-webhook-token', 'x-hook-signature',
  'x-pagerduty-signature', 'sentry-hook-signature', 'x-sfx-signature', 'x-amz-sns-message-type', 'content-type', 'authorization', 'x-token', 'x-client-cert', 'x-timestamp', 'x-signature', 'webhook-id', 'webhook-timestamp', 'webhook-signature', 'x-hub-signature-256',
]
const JWT = `${Buffer.from('{"alg":"RS256","kid":"k"}').toString('base64url')}.${Buffer.from(`{"aud":"a","tid":"${GUID}"}`).toString('base64url')}.AA`
const SETTINGS: readonly IntegrationAuthentication[] = [
  { ...NO_AUTHENTICATION, staticHeader: 'x-token', bodyField: 'a.b' }, { ...NO_AUTHENTICATION, basicUser: 'tool' }, { ...NO_AUTHENTICATION, bodyField: 'sharedSecret' },
  { ...NO_AUTHENTICATION, entra: { tenantId: GUID, audience: 'a', appId: GUID } }, { ...NO_AUTHENTICATION, googlePush: { audience: 'a', serviceAccount: 'a@b' } },
]

/** The doors, the settings, and our own signatures. */
export function doorTargets(corpus: Corpus): Target[] {
  const samples = [...corpus.bySource.values()].flat()
  const doors = createDoors()
  const clock = new TestClock()
  const fetched: string[] = []
  const httpGet = (url: URL) => {
    fetched.push(url.href)
    return Promise.resolve({ statusCode: 200, text: url.pathname.endsWith('.pem') ? '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' : '{"keys":[]}' })
  }
  return [{
    name: 'doors', share: 6,
    async run(random, note) {
      const body = bodyOf(random.pick(samples), random, corpus.stock)
      const headers = Object.fromEntries(random.list(0, 8, (): [string, string] => [random.pick(NAMES), headerValue(random)]))
      const request: DoorRequest = { headers, rawBody: snsLike(body.bytes, random), vendorSecrets: random.once(5) ? [] : [VENDOR_SECRET], hmacSecrets: [SECRET] }
      note({ ...body, what: JSON.stringify(headers) })
      const services = { clock, httpGet }
      fetched.length = 0
      const door = doors(random.pick(SOURCES))
      const verdict = door === undefined ? 'absent' : await door.verify(request, services)
      must(verdict !== 'valid', 'no door takes what is not signed')
      if (typeof verdict === 'object') tellsNothing(JSON.stringify(verdict), 'a verdict', [VENDOR_SECRET, SECRET])
      door?.deliveryId?.(request)
      const inBody = [door?.bodySecret?.(request) ?? '', settingsBodySecret(random.pick(SETTINGS), request) ?? '']
      must(withoutSecrets(request.rawBody, inBody).length === request.rawBody.length, 'blotting out keeps the length')
      must(await judgeSettings(random.pick(SETTINGS), request, new KeySets(), services) !== 'valid', 'no setting takes what proves nothing')
      must(judgeClientCertificate({ header: 'x-client-cert', fingerprints: ['ab'.repeat(32)] }, headers, true) !== 'valid', 'no certificate is taken for another')
      const hmac = verifyHmac(headers, request.rawBody, credential({ requireHmac: true }), clock.now(), random.once(2))
      must(hmac !== 'valid', 'no signature is right by chance')
      for (const url of fetched) must(/^https:\/\/(sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?|login\.microsoftonline\.com|www\.googleapis\.com)\//.test(url), `only known hosts are asked, not ${url.slice(0, 200)}`)
      checkPrototypes()
    },
  }]
}

function headerValue(random: Random): string {
  const piece = random.pick(['v1=', 'sha256=', 'Hash=', 'hash="', 'Basic ', 'Bearer ', 't=1,v1=', '0'.repeat(64), 'ac'.repeat(32), 'AAAA', JWT, 'dG9vbDo=', '1767225600', '-----BEGIN CERTIFICATE-----', '"', '\\', ',', ';', '%', 'application/json', oddText(random).slice(0, 300)])
  return random.once(12) ? piece.repeat(1 + random.int(2_000)).slice(0, 16_000) : random.list(1, 4, () => piece).join('')
}

/** Now and then a message of SNS, whose certificate stands where it should not. */
function snsLike(bytes: Buffer, random: Random): Buffer {
  if (!random.once(4)) return bytes
  const host = random.pick(['sns.us-east-1.amazonaws.com', 'sns.us-east-1.amazonaws.com.evil.example', 'sns.evil.amazonaws.com@127.0.0.1', '127.0.0.1', 'SNS.us-east-1.amazonaws.com:444', 'sns.us-east-1.amazonaws.com\\@x', oddText(random).slice(0, 80)])
  const text = (): unknown => random.pick<unknown>(['Notification', 'SubscriptionConfirmation', 'arn:aws:sns:us-east-1:1:t', oddText(random).slice(0, 500), 1, null, [], {}])
  return Buffer.from(JSON.stringify({
    Type: random.pick<unknown>(['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation', text()]), MessageId: text(), TopicArn: random.once(2) ? 'arn:aws:sns:us-east-1:123456789012:t' : text(), Message: bytes.toString('utf8').slice(0, 5_000), Timestamp: text(), Token: text(),
    SignatureVersion: random.pick(['1', '2', '3']), Signature: random.pick(['AAAA', oddText(random).slice(0, 500)]), SigningCertURL: `${random.pick(['https', 'http', 'file', 'https:\\'])}://${host}/SimpleNotificationService-1.pem`, SubscribeURL: `https://${host}/?Action=ConfirmSubscription`, sharedSecret: text(),
  }))
}
