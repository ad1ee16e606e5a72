import { createSign } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { HttpGetAnswer } from '../../ingest/doors/door.ts'
import { makeCertificate, type SelfMade } from './certificate.ts'

const HOST = 'sns.eu-west-1.amazonaws.com'

/**
 * Amazon SNS as a subscriber sees it: it signs messages, publishes its certificate and remembers which subscriptions were confirmed, over a
 * local HTTP server. Calls it does not know are kept in `unexpected`.
 */
export class FakeSns {
  readonly topicArn: string
  /** Tokens of confirmed subscriptions, in order. */
  readonly confirmed: string[] = []
  readonly unexpected: string[] = []
  certificateReads = 0
  /** Status of every answer, to play an outage. */
  statusCode = 200
  readonly #certificate: SelfMade
  readonly #server: Server
  readonly #tokens = new Set<string>()
  #messages = 0

  private constructor(validFromMs: number, validToMs: number, topicArn: string) {
    this.topicArn = topicArn
    this.#certificate = makeCertificate(validFromMs, validToMs)
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://localhost')
      const text = this.#answer(url)
      response.statusCode = text === null ? 404 : this.statusCode
      response.end(text ?? 'no such thing')
    })
  }

  /** Starts it on a free port. */
  static async start(validFromMs: number, validToMs: number, topicArn = 'arn:aws:sns:eu-west-1:123456789012:alarms'): Promise<FakeSns> {
    const sns = new FakeSns(validFromMs, validToMs, topicArn)
    await new Promise<void>((resolve) => sns.#server.listen(0, '127.0.0.1', resolve))
    return sns
  }

  /** The door's GET: what is addressed to SNS goes to this server, everything else is an error of the test. */
  readonly httpGet = async (url: URL): Promise<HttpGetAnswer> => {
    if (url.protocol !== 'https:' || url.hostname !== HOST) throw new Error(`a door called ${url.href}`)
    const { port } = this.#server.address() as AddressInfo
    const response = await fetch(`http://127.0.0.1:${port}${url.pathname}${url.search}`)
    return { statusCode: response.status, text: await response.text() }
  }

  /** A signed notification as JSON. */
  notification(message: string, atMs: number, options: { subject?: string; version?: '1' | '2' } = {}): Record<string, string> {
    return this.#signed({ Type: 'Notification', ...(options.subject === undefined ? {} : { Subject: options.subject }), Message: message }, atMs, options.version ?? '1')
  }

  /** A signed confirmation of a subscription, or of its end. */
  confirmation(type: 'SubscriptionConfirmation' | 'UnsubscribeConfirmation', atMs: number, subscribeUrl?: string): Record<string, string> {
    const token = `token-${++this.#messages}`
    this.#tokens.add(token)
    const url = subscribeUrl ?? `https://${HOST}/?Action=ConfirmSubscription&TopicArn=${this.topicArn}&Token=${token}`
    return this.#signed({ Type: type, Token: token, Message: 'You have chosen to subscribe.', SubscribeURL: url }, atMs, '1')
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve, reject) => this.#server.close((error) => (error === undefined ? resolve() : reject(error))))
  }

  #signed(fields: Record<string, string>, atMs: number, version: '1' | '2'): Record<string, string> {
    const message: Record<string, string> = { ...fields, MessageId: `message-${++this.#messages}`, TopicArn: this.topicArn, Timestamp: new Date(atMs).toISOString(), SignatureVersion: version, SigningCertURL: `https://${HOST}/SimpleNotificationService-0.pem` }
    const signed = ['Message', 'MessageId', 'Subject', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'].filter((name) => message[name] !== undefined)
    const text = signed.map((name) => `${name}\n${message[name]}\n`).join('')
    return { ...message, Signature: createSign(version === '1' ? 'RSA-SHA1' : 'RSA-SHA256').update(text).sign(this.#certificate.privateKey, 'base64') }
  }

  #answer(url: URL): string | null {
    if (url.pathname === '/SimpleNotificationService-0.pem') {
      this.certificateReads++
      return this.#certificate.pem
    }
    const token = url.searchParams.get('Token')
    if (url.searchParams.get('Action') === 'ConfirmSubscription' && token !== null && this.#tokens.has(token)) {
      if (this.statusCode === 200) this.confirmed.push(token)
      return '<ConfirmSubscriptionResponse/>'
    }
    this.unexpected.push(url.href)
    return null
  }
}
