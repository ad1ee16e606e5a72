import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AwsSnsDoor } from '../../ingest/doors/aws-sns.ts'
import type { DoorRequest } from '../../ingest/doors/door.ts'
import { TestClock } from '../../schemas/clock.ts'
import { toAppError } from '../../schemas/errors.ts'
import { FakeSns } from '../fakes/sns.ts'

const DAY_MS = 24 * 3_600_000

describe('the door of Amazon SNS', () => {
  const clock = new TestClock(Date.UTC(2026, 2, 1))
  let sns: FakeSns
  let door: AwsSnsDoor

  beforeEach(async () => {
    sns = await FakeSns.start(clock.now() - DAY_MS, clock.now() + 400 * DAY_MS)
    door = new AwsSnsDoor()
  })

  afterEach(async () => {
    await sns.stop()
    expect(sns.unexpected).toEqual([])
  })

  const services = () => ({ clock, httpGet: sns.httpGet })
  const request = (body: unknown, headers: Record<string, string> = {}): DoorRequest => ({ headers, rawBody: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), vendorSecrets: [], hmacSecrets: [] })
  const verify = (body: unknown, headers?: Record<string, string>) => door.verify(request(body, headers), services())
  const reason = async (body: unknown, headers?: Record<string, string>) => {
    const verdict = await verify(body, headers)
    return typeof verdict === 'object' && 'invalid' in verdict ? verdict.invalid : verdict
  }

  it.each(['1', '2'] as const)('accepts a notification signed with version %s', async (version) => {
    expect(await verify(sns.notification('{"AlarmName":"a"}', clock.now(), { version, subject: 'ALARM: "a"' }))).toBe('valid')
  })

  it('accepts a notification without a subject', async () => {
    expect(await verify(sns.notification('plain text', clock.now()))).toBe('valid')
  })

  it.each(['Message', 'MessageId', 'TopicArn', 'Subject', 'Timestamp'])('refuses a notification whose %s was changed', async (field) => {
    const changed = { ...sns.notification('text', clock.now(), { subject: 'subject' }), [field]: field === 'Timestamp' ? new Date(clock.now() - 1_000).toISOString() : 'other' }
    expect(await reason(changed)).toBe('the signature does not fit the message')
  })

  it('refuses a signature that says it is version 2 and is version 1', async () => {
    expect(await reason({ ...sns.notification('text', clock.now()), SignatureVersion: '2' })).toBe('the signature does not fit the message')
  })

  it.each([
    'http://sns.eu-west-1.amazonaws.com/a.pem',
    'https://sns.eu-west-1.amazonaws.com.example.com/a.pem',
    'https://example.com/sns.eu-west-1.amazonaws.com/a.pem',
    'https://sns.eu-west-1.amazonaws.com:8443/a.pem',
    'https://user@sns.eu-west-1.amazonaws.com/a.pem',
    'https://s3.eu-west-1.amazonaws.com/a.pem',
    'https://sns.s3.amazonaws.com/SimpleNotificationService-0.pem',
    'https://sns.s3-us-west-2.amazonaws.com/SimpleNotificationService-0.pem',
    'https://sns.s3-website-us-east-1.amazonaws.com/SimpleNotificationService-0.pem',
    'https://sns.eu-west-1.amazonaws.com/a.pem',
    'https://sns.eu-west-1.amazonaws.com/x/SimpleNotificationService-0.pem',
    'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem?again=1',
    'https://sns.eu-west-1.amazonaws.com/a.txt',
    'file:///etc/passwd.pem',
    '',
  ])('never fetches a certificate from %j', async (address) => {
    expect(await reason({ ...sns.notification('text', clock.now()), SigningCertURL: address })).toBe('SigningCertURL is not a certificate at SNS')
    expect(sns.certificateReads).toBe(0)
  })

  it('reads a certificate once for many messages that arrive together, and again after a day', async () => {
    const messages = Array.from({ length: 20 }, (_, index) => sns.notification(`text ${index}`, clock.now()))
    expect(new Set(await Promise.all(messages.map((message) => verify(message))))).toEqual(new Set(['valid']))
    expect(sns.certificateReads).toBe(1)
    clock.tick(DAY_MS)
    expect(await verify(sns.notification('next day', clock.now()))).toBe('valid')
    expect(sns.certificateReads).toBe(2)
  })

  it('asks for a certificate that is not there once a minute, and for few at a time', async () => {
    const asked: string[] = []
    let release = (): void => undefined
    const gate = new Promise<void>((resolve) => { release = resolve })
    const slow = { clock, httpGet: async (url: URL) => { asked.push(url.pathname); await gate; return { statusCode: 404, text: '' } } }
    const forged = (name: string) => request({ ...sns.notification('text', clock.now()), SigningCertURL: `https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-${name}.pem` })
    const verdicts = Array.from({ length: 20 }, (_, index) => door.verify(forged(`f${index}`), slow).then((verdict) => verdict, (error: unknown) => toAppError(error).code))
    await Promise.resolve()
    release()
    const told = await Promise.all(verdicts)
    expect(told.filter((verdict) => verdict === 'engine_unavailable')).toHaveLength(12)
    expect(asked).toHaveLength(8)
    expect(await door.verify(forged('f0'), slow)).toEqual({ invalid: 'the host of SNS has no such certificate (status 404)' })
    expect(asked).toHaveLength(8)
    clock.tick(60_000)
    await door.verify(forged('f0'), slow)
    expect(asked).toHaveLength(9)
  })

  it('refuses a certificate that has expired', async () => {
    const old = await FakeSns.start(clock.now() - 2 * DAY_MS, clock.now() - DAY_MS)
    expect(await door.verify(request(old.notification('text', clock.now())), { clock, httpGet: old.httpGet })).toEqual({ invalid: 'the signing certificate is not valid at this time' })
    await old.stop()
  })

  it('refuses a message that is older than SNS retries, and one from the future', async () => {
    expect(await reason(sns.notification('text', clock.now() - 66 * 60_000))).toBe('the message is older than SNS retries')
    expect(await reason(sns.notification('text', clock.now() + 6 * 60_000))).toBe('the timestamp lies in the future')
    expect(await verify(sns.notification('text', clock.now() - 64 * 60_000))).toBe('valid')
  })

  it('asks the sender to try again while the certificate host is ill', async () => {
    sns.statusCode = 503
    await expect(verify(sns.notification('text', clock.now()))).rejects.toMatchObject({ code: 'engine_unavailable' })
    sns.statusCode = 200
    expect(await verify(sns.notification('text', clock.now()))).toBe('valid')
  })

  it('says absent for a body that is no SNS message, and for raw delivery', async () => {
    expect(await verify({ alerts: [] })).toBe('absent')
    expect(await verify('not json "TopicArn"')).toBe('absent')
    expect(await verify('{"AlarmName":"a"}', { 'x-amz-sns-message-type': 'Notification', 'x-amz-sns-rawdelivery': 'true' })).toBe('absent')
  })

  it('refuses a body that is no SNS message under headers that announce one, and one whose signature was taken off', async () => {
    expect(await reason({ alerts: [] }, { 'x-amz-sns-message-type': 'Notification' })).toMatch(/headers announce/)
    const unsigned = Object.fromEntries(Object.entries(sns.notification('text', clock.now())).filter(([name]) => name !== 'Signature'))
    expect(await reason(unsigned)).toBe('the SNS message carries no signature')
  })

  it('confirms a subscription that SNS signed', async () => {
    const asked = request(sns.confirmation('SubscriptionConfirmation', clock.now()))
    const verdict = await door.verify(asked, services())
    expect(await door.handshake(asked, services(), verdict)).toMatchObject({ statusCode: 200, body: { subscribed: true } })
    expect(sns.confirmed).toHaveLength(1)
  })

  it.each(['absent', { invalid: 'x' }] as const)('confirms nothing when the verdict is %j', async (verdict) => {
    expect(await door.handshake(request(sns.confirmation('SubscriptionConfirmation', clock.now())), services(), verdict)).toBeNull()
    expect(sns.confirmed).toEqual([])
  })

  it.each([
    'https://example.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-west-1:123456789012:alarms&Token=t',
    'https://sns.eu-west-1.amazonaws.com/?Action=DeleteTopic&TopicArn=arn:aws:sns:eu-west-1:123456789012:alarms',
    'https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-west-1:123456789012:other&Token=t',
  ])('does not visit %s, even when it is signed', async (url) => {
    const asked = request(sns.confirmation('SubscriptionConfirmation', clock.now(), url))
    expect(await door.verify(asked, services())).toBe('valid')
    expect(await door.handshake(asked, services(), 'valid')).toMatchObject({ statusCode: 400 })
    expect(sns.confirmed).toEqual([])
  })

  it('answers a goodbye without subscribing again, and leaves notifications to the log', async () => {
    expect(await door.handshake(request(sns.confirmation('UnsubscribeConfirmation', clock.now())), services(), 'valid')).toMatchObject({ statusCode: 200, body: { unsubscribed: true } })
    expect(await door.handshake(request(sns.notification('text', clock.now())), services(), 'valid')).toBeNull()
    expect(sns.confirmed).toEqual([])
  })

  it('says whose topic it was', () => {
    expect(door.signedFor(request(sns.notification('text', clock.now())))).toBe(sns.topicArn)
    expect(door.signedFor(request('text'))).toBe('')
  })

  it('names a delivery by the message id, which retries repeat', () => {
    const message = sns.notification('text', clock.now())
    expect(door.deliveryId(request(message))).toBe(message['MessageId'])
    expect(door.deliveryId(request('text'))).toBeNull()
  })
})
