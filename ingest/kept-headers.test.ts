import { expect, test } from 'vitest'
import { keptHeaders } from './kept-headers.ts'

test('keeps what an adapter may need and nothing that proves who sent it', () => {
  expect(keptHeaders({
    'user-agent': 'Alertmanager/0.27', 'x-amz-sns-message-type': 'Notification', 'ce-type': 'a.b', 'sentry-hook-resource': 'event_alert',
    authorization: 'Bearer aw_secret', 'x-api-key': 'aw_secret', 'x-signature': 'sha256=00', 'webhook-signature': 'v1,00', cookie: 'a=b', 'x-forwarded-for': '192.0.2.1', host: 'example.net',
  })).toEqual({ 'user-agent': 'Alertmanager/0.27', 'x-amz-sns-message-type': 'Notification', 'ce-type': 'a.b', 'sentry-hook-resource': 'event_alert' })
})

test('is bounded in number and length', () => {
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`ce-x${index}`, 'a'.repeat(5_000)]))
  const kept = keptHeaders(many)
  expect(Object.keys(kept)).toHaveLength(32)
  for (const value of Object.values(kept)) expect(value).toHaveLength(1_024)
})
