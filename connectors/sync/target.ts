/** Finds out whom and what a ticket is about in the PSA's own ids: from what is kept, else by asking the PSA and the rules. */
import type { TicketFacts } from '../../schemas/ticket-sync.ts'
import type { MatchFound, MatchKind } from '../../schemas/ticket-matches.ts'
import type { CallContext } from '../port.ts'
import { matchAsset, matchCompany, matchUser, normalised } from './match.ts'
import type { Matches, ReadyConnection } from './ports.ts'
import type { PlanTarget } from './want.ts'

/** Configuration items named in a ticket at most; each costs a look-up the first time. */
const ASSETS_MAX = 5
const NONE = Symbol('no company is named')
const UNMATCHED = Symbol('nobody knows which company is meant')

/** What it is made from. */
export interface TargetTools {
  readonly matches: Matches
  readonly logger: { warn(fields: object, message: string): void }
}

/** Where the incident's ticket goes; `company_unmatched` where an MSP's system would not know whose it is. Throws ConnectorError where the company cannot be looked up. */
export async function targetOf({ matches, logger }: TargetTools, ready: ReadyConnection, facts: TicketFacts, ctx: CallContext): Promise<PlanTarget | 'company_unmatched'> {
  const { connector, connection } = ready
  const { capabilities } = connector
  const party = capabilities.companies ? await companyOf(matches, ready, facts.companyId, ctx) : NONE
  if (party === UNMATCHED) return 'company_unmatched'
  const companyId = party === NONE ? null : party
  // A ticket without its machine or its technician is better than none.
  const unless = async <T>(what: string, work: () => Promise<T>, none: T): Promise<T> => {
    try {
      return await work()
    } catch (thrown) {
      logger.warn({ connection: connection.id, incidentId: facts.incidentId, err: thrown }, `looking up ${what} in the ticket system failed; the ticket goes without`)
      return none
    }
  }
  const assetIds = capabilities.assets && companyId !== null ? await unless('assets', () => assetsOf(matches, ready, facts, companyId, ctx), []) : []
  const assigneeId = capabilities.assign && facts.assignee !== null ? await unless('the assignee', () => userOf(matches, ready, facts, ctx), null) : null
  return { connectionId: connection.id, connector: connector.id, capabilities, mapping: connection.mapping, party: { companyId, contactId: connection.fields['contactId'] ?? null, assetIds }, assigneeId }
}

async function companyOf(matches: Matches, { connector, connection }: ReadyConnection, companyId: string, ctx: CallContext): Promise<string | typeof NONE | typeof UNMATCHED> {
  const found = await known(matches, connection.id, companyId, 'company', companyId, async () => {
    const { taken, ...ours } = await matches.company(connection.id, companyId)
    const [word = ours.name] = normalised(ours.name).split(' ')
    const named = await connector.findCompanies(ours.name, ctx)
    const first = matchCompany(ours, named, taken)
    if (first.status === 'matched' || word === ours.name) return first
    // Where the whole name finds nothing sure, its first word may.
    const wider = await connector.findCompanies(word, ctx)
    return matchCompany(ours, [...named, ...wider.filter(({ externalId }) => !named.some((one) => one.externalId === externalId))], taken)
  })
  if (found.status === 'matched' && found.externalId !== null) return found.externalId
  if (connection.companyId !== null) return NONE
  const fallback = connection.fields['fallbackCompanyId']
  return found.status === 'asked' && fallback !== undefined && fallback !== '' ? fallback : UNMATCHED
}

async function assetsOf(matches: Matches, { connector, connection }: ReadyConnection, { companyId, assets, rootCause }: TicketFacts, externalId: string, ctx: CallContext): Promise<readonly string[]> {
  // The cause first: the first item is the main one.
  const names = [...new Set([...(rootCause === null || !assets.includes(rootCause.asset) ? [] : [rootCause.asset]), ...assets])].slice(0, ASSETS_MAX)
  const aliases = await matches.aliases(companyId, names)
  const ids: string[] = []
  for (const name of names) {
    const found = await known(matches, connection.id, companyId, 'asset', name, async () => matchAsset({ name, aliases: aliases.get(name) ?? [] }, await connector.findAssets(externalId, name, ctx)))
    if (found.externalId !== null && !ids.includes(found.externalId)) ids.push(found.externalId)
  }
  return ids
}

async function userOf(matches: Matches, { connector, connection }: ReadyConnection, { companyId, assignee }: TicketFacts, ctx: CallContext): Promise<string | null> {
  if (assignee === null || assignee.email === '') return null
  return (await known(matches, connection.id, companyId, 'user', assignee.id, async () => matchUser(assignee.email, await connector.findUsers(assignee.email, ctx)))).externalId
}

async function known(matches: Matches, connectionId: string, companyId: string, kind: MatchKind, name: string, look: () => Promise<MatchFound>): Promise<MatchFound> {
  const kept = (await matches.known(connectionId, companyId, kind, [name])).get(name)
  if (kept !== undefined && !kept.isStale) return kept
  const found = await look()
  await matches.keep(connectionId, companyId, kind, name, found)
  return found
}
