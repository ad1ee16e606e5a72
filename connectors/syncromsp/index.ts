/** SyncroMSP: tickets, comments, timers, customers and assets. */
import { ConnectorError, type TicketConnector } from '../port.ts'
import { capabilities } from './capabilities.ts'
import { check } from './check.ts'
import { config } from './config.ts'
import { hook } from './hook.ts'
import { choices, findAssets, findCompanies, findUsers } from './look-ups.ts'
import { changedSince, create, find, join, read, search, update } from './tickets.ts'

/** The connector. */
export const syncromsp: TicketConnector = {
  id: 'syncromsp',
  config,
  capabilities,
  pace: () => ({ limits: [{ name: 'address', calls: 180, windowMs: 60_000 }], atOnce: 3, perTicketMs: 1_000, isLearned: false }),
  // The search may lag behind a create; in the list it stands at once.
  findLagMs: 5_000,
  // Syncro counts by our own address. Another subdomain is another account all the same: a token that fails there must not stop this one.
  account: ({ baseUrl }) => `syncromsp:${new URL(baseUrl).host}`,
  authorise({ apiToken }) {
    if (apiToken === undefined) throw new ConnectorError('misconfigured', 'Syncro: the API token is missing: enter it')
    return { authorization: `Bearer ${apiToken}` }
  },
  check, create, find, update, read, changedSince, search, findCompanies, findAssets, findUsers, choices, join,
  searchKnowledge: () => Promise.reject(new ConnectorError('unsupported', 'the description of Syncro’s API that this connector is held to has no knowledge base')),
  hook,
}
