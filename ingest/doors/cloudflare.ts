import type { Door } from './door.ts'
import { judgeToken } from './token.ts'

/** Cloudflare's notifications ("Configure webhooks", field Secret): the secret as it is, in `cf-webhook-auth`. */
export const cloudflareDoor: Door = {
  id: 'cloudflare',
  verify: ({ headers, vendorSecrets }) => Promise.resolve(judgeToken(headers['cf-webhook-auth'], vendorSecrets)),
}
