/** Zoho Desk: tickets in departments, with contacts and accounts. */
import { bearer } from '../bearer.ts'
import { ConnectorError, type TicketConnector } from '../port.ts'
import { capabilities } from './capabilities.ts'
import { check } from './check.ts'
import { config } from './config.ts'
import { hook } from './hook.ts'
import { choices, findCompanies, findUsers, searchKnowledge } from './look-ups.ts'
import { changedSince, create, find, INDEX_LAG_MS, join, read, search, update } from './tickets.ts'

/** The connector. */
export const zohoDesk: TicketConnector = {
  id: 'zoho-desk',
  config,
  capabilities,
  // Credits a day and calls at once depend on edition and users: 5 at once is the least an edition has.
  pace: () => ({ limits: [{ name: 'day', calls: 50_000, windowMs: 86_400_000 }, { name: 'minute', calls: 300, windowMs: 60_000 }], atOnce: 5, perTicketMs: 1_000, isLearned: true }),
  findLagMs: INDEX_LAG_MS,
  account: ({ fields }) => `zoho-desk:${fields.orgId ?? ''}`,
  authorise(credentials, { fields }) {
    const { orgId } = fields
    if (orgId === undefined || orgId === '') throw new ConnectorError('misconfigured', 'Zoho Desk: the organisation ID is missing: enter it')
    return { ...bearer(credentials, 'Zoho Desk', 'Zoho-oauthtoken'), orgId }
  },
  check, create, find, update, read, changedSince, search, findCompanies, findUsers, choices, join, searchKnowledge, hook,
  findAssets: () => Promise.reject(new ConnectorError('unsupported', 'Zoho Desk keeps no machines')),
}
