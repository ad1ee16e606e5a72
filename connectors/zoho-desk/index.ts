/** Zoho Desk: tickets in departments, with contacts and accounts. */
import { ConnectorError, type TicketConnector } from '../port.ts'
import { check } from './check.ts'
import { config } from './config.ts'
import { hook } from './hook.ts'
import { choices, findCompanies, findUsers, searchKnowledge } from './look-ups.ts'
import { changedSince, create, find, INDEX_LAG_MS, join, read, search, update } from './tickets.ts'

/** The connector. A parent can be given when a ticket is made and never be read back, so that `parent` is not claimed: a private comment names it. */
export const zohoDesk: TicketConnector = {
  id: 'zoho-desk',
  config,
  capabilities: {
    publicNote: true, internalNote: true, assign: true, reopen: true, attach: true, time: true, findByExternalRef: true, parent: false, joins: 'merge',
    companies: true, assets: false, knowledge: true, changes: 'webhook',
  },
  // Credits a day and calls at once depend on edition and users: 5 at once is the least an edition has.
  pace: () => ({ limits: [{ name: 'day', calls: 50_000, windowMs: 86_400_000 }, { name: 'minute', calls: 300, windowMs: 60_000 }], atOnce: 5, perTicketMs: 1_000, isLearned: true }),
  findLagMs: INDEX_LAG_MS,
  account: ({ fields }) => `zoho-desk/${fields.orgId ?? ''}`,
  authorise(credentials, { fields }) {
    const { orgId } = fields
    if (orgId === undefined || orgId === '') throw new ConnectorError('misconfigured', 'Zoho Desk: the organisation ID is missing: enter it')
    return { authorization: `Zoho-oauthtoken ${credentials.accessToken ?? ''}`, orgId }
  },
  check, create, find, update, read, changedSince, search, findCompanies, findUsers, choices, join, searchKnowledge, hook,
  findAssets: () => Promise.reject(new ConnectorError('unsupported', 'Zoho Desk keeps no machines')),
}
