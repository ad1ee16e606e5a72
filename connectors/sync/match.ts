/** Rules that match companies, configuration items and people of a PSA with ours. One clear winner counts; everything else is asked of a person, or left out. Pure. */
import type { MatchFound } from '../../schemas/ticket-matches.ts'
import type { ExternalAsset, ExternalCompany, ExternalUser } from '../port.ts'

/** Candidates kept for a person to choose from. */
const CANDIDATES_MAX = 20
/** What companies add to their name for the law. */
const LEGAL = /\b(incorporated|inc|corporation|corp|company|co|limited|ltd|llc|llp|plc|gmbh|ag|kg|ug|mbh|ohg|sarl|sas|sa|bv|nv|ab|as|aps|oy|oyj|srl|spa|sl|pty|pvt|kft|sro|the|group|holdings?)\b/g

/** A company of ours as rules know it. */
export interface KnownCompany {
  readonly name: string
  /** Names other systems have for it, by people's word. */
  readonly aliases: readonly string[]
  /** Domains of the mail of people who belong to no other company. */
  readonly domains: readonly string[]
}

const plain = (text: string): string => text.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ')

/** A name without its legal form, accents, and all that is no letter or figure. */
export function normalised(name: string): string {
  const letters = plain(name).normalize('NFD').replace(/\p{M}/gu, '').replaceAll('&', ' and ').replaceAll('.', '').replace(/[^\p{L}\p{N}]+/gu, ' ')
  const short = letters.replace(LEGAL, ' ').replace(/\s+/g, ' ').trim()
  return short === '' ? letters.trim() : short
}

/** Matches a company by exact name, domain, normalised name, other names: the first rule that anything fits decides, if it is one thing alone. */
export function matchCompany(ours: KnownCompany, all: readonly ExternalCompany[], taken: ReadonlySet<string>): MatchFound {
  const active = all.filter(({ isActive }) => isActive)
  const domains = new Set(ours.domains.map(plain))
  const aliases = new Set(ours.aliases.map(normalised))
  return decided(active, taken, [
    ['exact name', ({ name }) => plain(name) === plain(ours.name)],
    ['domain', (company) => company.domains.some((domain) => domains.has(plain(domain)))],
    ['normalised name', ({ name }) => normalised(name) !== '' && normalised(name) === normalised(ours.name)],
    ['other name', ({ name }) => aliases.has(normalised(name))],
  ], 'asked')
}

/** Matches a thing by its name, the first part of it, or one of its other names. Where nothing fits there is none; where several fit, a person is asked. */
export function matchAsset(ours: { readonly name: string; readonly aliases: readonly string[] }, all: readonly ExternalAsset[]): MatchFound {
  const short = (name: string): string => plain(name).replace(/(?<=^[^.]*[a-z][^.]*)\..*$/, '')
  const names = new Set([ours.name, ...ours.aliases].map(plain))
  return decided(all, new Set(), [
    ['exact name', ({ name }) => plain(name) === plain(ours.name)],
    ['other name', ({ name, aliases }) => names.has(plain(name)) || aliases.some((alias) => names.has(plain(alias)))],
    ['short name', ({ name }) => short(name) === short(ours.name)],
  ], 'none')
}

/** Matches a person by e-mail alone. */
export function matchUser(email: string, all: readonly ExternalUser[]): MatchFound {
  return decided(all, new Set(), [['e-mail', (user) => user.email !== null && plain(user.email) === plain(email)]], 'none')
}

function decided<T extends { readonly externalId: string; readonly name: string }>(all: readonly T[], taken: ReadonlySet<string>, rules: readonly (readonly [string, (candidate: T) => boolean])[], otherwise: 'asked' | 'none'): MatchFound {
  for (const [by, fits] of rules) {
    const found = all.filter(fits)
    const [first] = found
    if (first === undefined) continue
    if (found.length === 1 && !taken.has(first.externalId)) return { status: 'matched', externalId: first.externalId, externalName: first.name, by, candidates: [] }
    return unsure('asked', `${by}: ${found.length === 1 ? 'it is another company’s already' : `${found.length} fit`}`, found)
  }
  return unsure(otherwise, 'no rule fits', all)
}

function unsure(status: 'asked' | 'none', by: string, all: readonly { readonly externalId: string; readonly name: string }[]): MatchFound {
  return { status, externalId: null, externalName: null, by, candidates: status === 'none' ? [] : all.slice(0, CANDIDATES_MAX).map(({ externalId, name }) => ({ externalId, name: name.slice(0, 200) })) }
}
