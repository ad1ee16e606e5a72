/** Companies, configuration items, members and choice values of ConnectWise. */
import { path } from '../http/address.ts'
import { ConnectorError, type CallContext, type ExternalAsset, type ExternalChoices, type ExternalCompany, type ExternalUser } from '../port.ts'
import { list, PAGE } from './api.ts'
import { quoted, wholeNumber } from './conditions.ts'
import { assetOf, companyOf, userOf } from './map.ts'
import type { CwCompany, CwConfiguration, CwMember, CwReference, CwStatus } from './types.ts'

const FOUND_MAX = 50
const EMAIL_TTL_MS = 60 * 60_000
const CHOICES_TTL_MS = 15 * 60_000

/** Companies by part of their name or web site, or by their whole identifier. */
export async function findCompanies(query: string, ctx: CallContext): Promise<readonly ExternalCompany[]> {
  const words = quoted(query)
  const any = words === '""' ? '' : ` and (name contains ${words} or website contains ${words} or identifier=${words})`
  return (await list<CwCompany>(ctx, '/company/companies', { conditions: `deletedFlag=false${any}`, orderBy: 'name asc', pageSize: FOUND_MAX }, { most: FOUND_MAX, reference: 'find companies', action: 'searched' })).map(companyOf)
}

/** Active configuration items of a company by part of their name, or by a whole serial number or address. */
export async function findAssets(companyId: string, query: string, ctx: CallContext): Promise<readonly ExternalAsset[]> {
  const words = quoted(query)
  const any = words === '""' ? '' : ` and (name contains ${words} or deviceIdentifier=${words} or serialNumber=${words} or ipAddress=${words})`
  return (await list<CwConfiguration>(ctx, '/company/configurations', { conditions: `company/id=${wholeNumber(companyId)} and activeFlag=true${any}`, orderBy: 'name asc', pageSize: FOUND_MAX }, { most: FOUND_MAX, reference: 'find configurations', action: 'searched' })).map(assetOf)
}

/** Active members by part of their name or e-mail address, or by member id. */
export async function findUsers(query: string, ctx: CallContext): Promise<readonly ExternalUser[]> {
  const words = quoted(query)
  const [first, last] = query.trim().split(/\s+/)
  const both = last === undefined || first === undefined ? '' : ` or (firstName=${quoted(first)} and lastName contains ${quoted(last)})`
  const any = words === '""' ? '' : ` and (identifier=${words} or firstName contains ${words} or lastName contains ${words} or officeEmail contains ${words}${both})`
  return (await list<CwMember>(ctx, '/system/members', { conditions: `inactiveFlag=false${any}`, orderBy: 'lastName asc', pageSize: FOUND_MAX }, { most: FOUND_MAX, reference: 'find members', action: 'searched' })).map(userOf)
}

/** The e-mail address of a member, by which a technician is known here and there; null: it has none, or our role may not look. A ticket is read without it all the same. */
export async function emailOf(memberId: number, ctx: CallContext): Promise<string | null> {
  return ctx.cached(`email-${memberId}`, EMAIL_TTL_MS, async () => {
    try {
      const [member] = await list<CwMember>(ctx, '/system/members', { conditions: `id=${memberId}`, pageSize: 1 }, { most: 1, reference: 'read the address of a member' })
      return member === undefined ? null : userOf(member).email
    } catch (error) {
      if (!(error instanceof ConnectorError) || !['forbidden', 'not_found'].includes(error.code)) throw error
      return null
    }
  })
}

/** The boards. */
export function boards(ctx: CallContext): Promise<readonly CwReference[]> {
  return ctx.cached('boards', CHOICES_TTL_MS, () => list<CwReference>(ctx, '/service/boards', { conditions: 'inactiveFlag=false and projectFlag=false', orderBy: 'name asc', pageSize: PAGE }, { most: PAGE, reference: 'read boards' }))
}

/** The statuses of the mapped board; null where none is mapped or it is not there. */
export async function statusesOfBoard(ctx: CallContext): Promise<readonly CwStatus[] | null> {
  const wanted = ctx.connection.mapping.place.board ?? ''
  const board = (await boards(ctx)).find(({ id, name }) => String(id) === wanted || name?.toLowerCase() === wanted.toLowerCase())
  return board?.id == null ? null : statusesOf(board.id, ctx)
}

/** The statuses of a board. */
export function statusesOf(boardId: number, ctx: CallContext): Promise<readonly CwStatus[]> {
  return ctx.cached(`statuses-${boardId}`, CHOICES_TTL_MS, () => list<CwStatus>(ctx, path`/service/boards/${boardId}/statuses`, { conditions: 'inactive=false', orderBy: 'sortOrder asc', pageSize: PAGE }, { most: PAGE, reference: 'read statuses' }))
}

/** The priorities. */
export function priorities(ctx: CallContext): Promise<readonly CwReference[]> {
  return ctx.cached('priorities', CHOICES_TTL_MS, () => list<CwReference>(ctx, '/service/priorities', { orderBy: 'sortOrder asc', pageSize: PAGE }, { most: PAGE, reference: 'read priorities' }))
}

/** What a person may map to: statuses are those of the mapped board. */
export async function choices(ctx: CallContext): Promise<ExternalChoices> {
  return { statuses: ((await statusesOfBoard(ctx)) ?? []).map(choice), priorities: (await priorities(ctx)).map(choice), places: { board: (await boards(ctx)).map(choice) } }
}

/** A choice value as a form shows it. */
export function choice({ id, name }: CwReference): { readonly id: string; readonly name: string } {
  return { id: String(id ?? ''), name: name ?? '' }
}

/** The member our keys belong to. Throws `invalid` where there is none of that id. */
export async function ownMember(ctx: CallContext): Promise<CwMember> {
  const wanted = ctx.connection.fields.member ?? ''
  const [found] = await list<CwMember>(ctx, '/system/members', { conditions: `identifier=${quoted(wanted)}`, pageSize: 1 }, { most: 1, reference: 'read our member' })
  if (found === undefined) throw new ConnectorError('invalid', `ConnectWise: there is no member "${wanted}": enter the member id of the API member the keys belong to`)
  return found
}
