import { bodyValue } from '../body-value.ts'
import type { Door } from './door.ts'
import { judgeToken } from './token.ts'

const FIELD = 'sharedSecret'

/** Cisco Meraki ("Webhooks", shared secret): the secret as it is, in the body's `sharedSecret`. A custom template may move it to a header: then `staticHeader` is for it. */
export const merakiDoor: Door = {
  id: 'meraki',
  verify: ({ headers, rawBody, vendorSecrets }) => Promise.resolve(judgeToken(bodyValue(rawBody, headers['content-type'], FIELD), vendorSecrets)),
  bodySecret: ({ headers, rawBody }) => bodyValue(rawBody, headers['content-type'], FIELD),
}
