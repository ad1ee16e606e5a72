import { expect, test } from 'vitest'
import type { Approvals } from './remediation-ports.ts'
import { signedLinks } from './signed-links.ts'

const TOKEN = 'a-token-of-the-store-32-characters'

/** Requests that only tell which tokens reach them. */
function witness(): { readonly approvals: Approvals; readonly asked: string[] } {
  const asked: string[] = []
  const unused = (): never => { throw new Error('not asked here') }
  return {
    asked,
    approvals: {
      list: unused, decide: unused, link: async (_caller, _id, userId) => ({ token: TOKEN, userId: userId ?? '', expiresAt: '' }),
      byLink: async (token) => { asked.push(token); return null }, decideByLink: async (token) => { asked.push(token); throw new Error('reached') },
    },
  }
}

const CALLER = { kind: 'user', id: 'u', name: 'U', ip: null, scope: { role: 'msp_admin', userId: 'u', companyIds: 'all' } } as const
const NO = { yes: false, comment: null, instanceId: null }

test('hands on the tokens of its own links and of no others', async () => {
  const { approvals, asked } = witness()
  const signed = signedLinks(approvals, Buffer.alloc(32, 1))
  const { token } = await signed.link(CALLER, 'a', null)
  await signed.byLink(token)
  expect(asked).toEqual([TOKEN])

  const other = (await signedLinks(approvals, Buffer.alloc(32, 2)).link(CALLER, 'a', null)).token
  for (const wrong of [TOKEN, `${TOKEN}.`, `${token}x`, `x${token}`, token.slice(0, -1), other, '', '.', '%00', `${TOKEN}.${'A'.repeat(43)}`]) {
    expect(await signed.byLink(wrong)).toBeNull()
    await expect(signed.decideByLink(wrong, NO, '::1')).rejects.toMatchObject({ code: 'not_found' })
  }
  expect(asked).toEqual([TOKEN])
  await expect(signed.decideByLink(token, NO, '::1')).rejects.toThrow('reached')
})
