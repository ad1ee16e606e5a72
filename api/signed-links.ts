/** Signs the one-time links of requests, so that a link that was not made here, or was changed on its way, is refused before anything is looked up. */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { AppError } from '../schemas/errors.ts'
import type { Approvals } from './remediation-ports.ts'

const FORM = /^([A-Za-z0-9_-]{20,200})\.([A-Za-z0-9_-]{43})$/

/** The same requests, whose links are signed by a key of their own that is made of `secret`. */
export function signedLinks(approvals: Approvals, secret: Uint8Array): Approvals {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'alert-whisperer approval links', 32))
  const signatureOf = (token: string): Buffer => createHmac('sha256', key).update(token).digest()

  /** The token inside a link of ours; null for any other text. */
  function genuine(link: string): string | null {
    const [, token = '', signature = ''] = FORM.exec(link) ?? []
    const given = Buffer.from(signature, 'base64url')
    return given.length === 32 && timingSafeEqual(given, signatureOf(token)) ? token : null
  }

  return {
    list: (scope, query) => approvals.list(scope, query),
    decide: (caller, id, decision, via) => approvals.decide(caller, id, decision, via),
    async link(caller, id, userId) {
      const made = await approvals.link(caller, id, userId)
      return { ...made, token: `${made.token}.${signatureOf(made.token).toString('base64url')}` }
    },
    async byLink(link) {
      const token = genuine(link)
      return token === null ? null : approvals.byLink(token)
    },
    async decideByLink(link, decision, ip) {
      const token = genuine(link)
      if (token === null) throw new AppError('not_found', 'this link does not work: it is unknown, was used, or is over')
      return approvals.decideByLink(token, decision, ip)
    },
  }
}
