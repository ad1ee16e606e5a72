import { hash } from 'node:crypto'
import { bodyValue } from '../body-value.ts'
import type { Door } from './door.ts'
import { judgeToken } from './token.ts'

const FIELD = 'Token'

/**
 * StatusCake ("Web hooks"): the form field `Token` is the MD5 of user name and API key, one after the other; the same in every request, so it is a
 * password and no signature. The vendor secret is either that token, or user name and API key as they are joined.
 */
export const statuscakeDoor: Door = {
  id: 'statuscake',
  verify: ({ headers, rawBody, vendorSecrets }) => {
    const given = bodyValue(rawBody, headers['content-type'], FIELD)
    const tokens = vendorSecrets.flatMap((secret) => [secret.toLowerCase(), hash('md5', secret, 'hex')])
    return Promise.resolve(judgeToken(given?.toLowerCase(), tokens))
  },
  bodySecret: ({ headers, rawBody }) => bodyValue(rawBody, headers['content-type'], FIELD),
}
