import { bodyValue } from '../body-value.ts'
import type { Door } from './door.ts'
import { judgeToken } from './token.ts'

const FIELD = 'shared_secret'

/** Honeycomb's webhook recipient ("Example webhook listener"): the shared secret as it is, in `X-Honeycomb-Webhook-Token`; early payloads carried it in the body as `shared_secret`. */
export const honeycombDoor: Door = {
  id: 'honeycomb',
  verify: ({ headers, rawBody, vendorSecrets }) => Promise.resolve(judgeToken(headers['x-honeycomb-webhook-token'] ?? bodyValue(rawBody, headers['content-type'], FIELD), vendorSecrets)),
  bodySecret: ({ headers, rawBody }) => bodyValue(rawBody, headers['content-type'], FIELD),
}
