/** Links between requests. Jira merges nothing. */
import { path } from '../http/address.ts'
import type { CallContext } from '../port.ts'
import { get } from './facts.ts'
import { inner, listOf, textOf } from './map.ts'

/** Links `from` outward to `to`, unless they are linked so already: `from` causes `to`, `from` duplicates `to`. Nothing where no type is mapped. */
export async function link(type: string | undefined, { from, to }: { readonly from: string; readonly to: string }, ctx: CallContext): Promise<void> {
  if (type === undefined || type === '') return
  const links = listOf(inner(inner(await get(path`/rest/api/2/issue/${to}`, 'read links', { fields: 'issuelinks' }, ctx)).fields).issuelinks)
  if (links.some((one) => textOf(inner(one.type), 'name') === type && textOf(inner(one.inwardIssue), 'id') === from)) return
  await ctx.http.call({ method: 'POST', path: '/rest/api/2/issueLink', action: 'linked', reference: 'link tickets', externalId: to, json: { type: { name: type }, inwardIssue: { id: from }, outwardIssue: { id: to } } })
}
