/** HaloPSA: tickets ("faults"), actions as notes and time, customers, assets and agents. */
import { ConnectorError, type TicketConnector } from '../port.ts'
import { capabilities } from './capabilities.ts'
import { changedSince } from './changes.ts'
import { check } from './check.ts'
import { config } from './config.ts'
import { hook } from './hook.ts'
import { choices, findAssets, findCompanies, findUsers } from './look-ups.ts'
import { create, find, join, read, search, update } from './tickets.ts'

const MINUTE_MS = 60_000

/** The connector. */
export const halopsa: TicketConnector = {
  id: 'halopsa',
  config,
  capabilities,
  // Halo states no number; 700 in 5 minutes for the whole tenant is what its users report.
  pace: () => ({ limits: [{ name: 'tenant', calls: 700, windowMs: 5 * MINUTE_MS }], atOnce: 4, perTicketMs: 1_000, isLearned: true }),
  // The search may lag behind a create; among the newest tickets it stands at once.
  findLagMs: 5_000,
  account: ({ baseUrl }) => `halopsa:${new URL(baseUrl).host}`,
  authorise({ accessToken }) {
    if (accessToken === undefined) throw new ConnectorError('misconfigured', 'HaloPSA: there is no token yet: enter client ID and client secret')
    return { authorization: `Bearer ${accessToken}` }
  },
  check, create, find, update, read, changedSince, search, findCompanies, findAssets, findUsers, choices, join,
  searchKnowledge: () => Promise.reject(new ConnectorError('unsupported', 'the description of HaloPSA’s API that this connector is held to has no knowledge base')),
  hook,
}
