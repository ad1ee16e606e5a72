/** What a match is about, from the names a person types: a company, or a machine or person of it, in one of its ticket systems. */
import { AppError } from '../schemas/errors.ts'
import type { MatchKind, MatchView } from '../schemas/ticket-matches.ts'
import type { ConnectionView } from '../schemas/tickets.ts'
import type { Page } from '../schemas/views.ts'
import type { ApiClient } from './client.ts'
import { companyNamed } from './send.ts'

/** The names as they are typed; without asset and user the company itself is meant. */
export interface SubjectOptions {
  readonly company: string
  readonly asset?: string
  /** Name or id. */
  readonly user?: string
  /** Name or id; needed only where several may be meant. */
  readonly connection?: string
}

/** A match that is known, or that a person may make known. */
export interface MatchSubject {
  readonly companyId: string
  readonly kind: MatchKind
  /** Ours: company id, asset name, user id. */
  readonly name: string
  readonly title: string
  readonly connectionId: string
  readonly connectionName: string
  /** What is known of it; null: nobody looked or said yet. */
  readonly known: MatchView | null
  /** The company's id in that system, where it is known. */
  readonly externalCompanyId: string | null
}

/** Finds it. Throws `not_found`, and `usage` where the names may mean several things. */
export async function matchSubject(api: ApiClient, { company, asset, user, connection }: SubjectOptions): Promise<MatchSubject> {
  if (asset !== undefined && user !== undefined) throw new AppError('usage', 'name a machine with --asset, or a person with --user, not both')
  const { id: companyId, name: companyName } = await companyNamed(api, company)
  const kind: MatchKind = asset !== undefined ? 'asset' : user !== undefined ? 'user' : 'company'
  const wanted = asset ?? user ?? companyId
  const all = (await api.call<{ items: MatchView[] }>('GET', `/api/ticket-matches?company=${companyId}`)).items
  const known = all.filter((one) => one.kind === kind && (one.name === wanted || one.title === wanted))
  const [first] = known
  if (new Set(known.map(({ name }) => name)).size > 1) throw new AppError('usage', `several people are named "${wanted}": give the id (${[...new Set(known.map(({ name }) => name))].join(', ')})`)
  if (first === undefined && kind === 'user') throw new AppError('not_found', `nobody named "${wanted}" was looked up in a ticket system of ${companyName} yet; \`aw ticket matches\` names those who were`)
  if (first === undefined && kind === 'asset') await assetNamed(api, companyId, wanted)
  const where = await placeOf(api, companyId, all, known, connection)
  const externalCompanyId = all.find((one) => one.kind === 'company' && one.connectionId === where.connectionId)?.externalId ?? null
  return { companyId, kind, name: first?.name ?? wanted, title: kind === 'company' ? companyName : first?.title ?? wanted, ...where, known: known.find(({ connectionId }) => connectionId === where.connectionId) ?? null, externalCompanyId }
}

interface Place { readonly connectionId: string; readonly connectionName: string }

/** The system meant: the one named, else the only one that asks, else the only one that was looked in, else the only one in use. */
async function placeOf(api: ApiClient, companyId: string, all: readonly MatchView[], known: readonly MatchView[], named: string | undefined): Promise<Place> {
  const distinct = (places: readonly Place[]): readonly Place[] => [...new Map(places.map(({ connectionId, connectionName }) => [connectionId, { connectionId, connectionName }])).values()]
  const asked = distinct(known.filter(({ status }) => status === 'asked'))
  const looked = distinct(known)
  const choice = named !== undefined ? null : asked.length === 1 ? asked[0] : asked.length === 0 && looked.length === 1 ? looked[0] : null
  if (choice !== null && choice !== undefined) return choice
  // Whoever manages a company alone does not see connections of the MSP, but does see what was asked about the company in them.
  const [own, shared] = await Promise.all([companyId, 'msp'].map(async (of) => (await api.call<Page<ConnectionView>>('GET', `/api/connections?company=${of}`)).items))
  const place = ({ id, name }: ConnectionView): Place => ({ connectionId: id, connectionName: name })
  const used = (views: readonly ConnectionView[] = []): readonly Place[] => views.filter(({ enabled }) => enabled).map(place)
  const there = distinct([...all, ...(own ?? []).map(place), ...(shared ?? []).map(place)])
  const fitting = named !== undefined ? there.filter(({ connectionId, connectionName }) => connectionId === named || connectionName === named)
    : looked.length > 0 ? looked : used(own).length > 0 ? used(own) : used(shared)
  const [one] = fitting
  if (one === undefined) throw new AppError('not_found', named === undefined ? 'no ticket system is in use for this company; `aw connection list` shows what there is' : `there is no connection "${named}" for this company; \`aw connection list\` names them`)
  if (fitting.length > 1) throw new AppError('usage', `several ticket systems may be meant: add --connection <name or id> (${fitting.map(({ connectionId, connectionName }) => `${connectionName}: ${connectionId}`).join(', ')})`)
  return one
}

async function assetNamed(api: ApiClient, companyId: string, name: string): Promise<void> {
  const { items } = await api.call<Page<{ name: string }>>('GET', `/api/companies/${companyId}/assets?${new URLSearchParams({ limit: '100', q: name }).toString()}`)
  if (!items.some((one) => one.name === name)) throw new AppError('not_found', `the company has no machine "${name}"; \`aw ticket matches\` names those that were looked up`)
}
