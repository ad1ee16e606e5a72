/** Autotask PSA (Datto): tickets of the service desk. */
import { ConnectorError, type TicketConnector } from '../port.ts'
import { check } from './check.ts'
import { config } from './config.ts'
import { hook } from './hook.ts'
import { choices, findAssets, findCompanies, findUsers } from './lookups.ts'
import { changedSince, create, find, join, read, search } from './tickets.ts'
import { update } from './update.ts'

/** What the vendor states: calls of all integrations of one database together. */
const CALLS_PER_HOUR = 10_000

export const autotask: TicketConnector = {
  id: 'autotask',
  config,
  capabilities: {
    publicNote: true, internalNote: true, assign: true, reopen: true, attach: true, time: true, findByExternalRef: true, parent: true,
    // Merging is for people in its pages alone.
    joins: 'link', companies: true, assets: true,
    // The vendor's description we are held to has no articles.
    knowledge: false, changes: 'webhook',
  },
  // 3 at once is per endpoint and integration code; it is kept for all, so that nobody has to know which endpoint is which.
  pace: () => ({ limits: [{ name: 'hour', calls: CALLS_PER_HOUR, windowMs: 3_600_000 }], atOnce: 3, perTicketMs: 0, isLearned: false }),
  findLagMs: 0,
  account: ({ fields }) => `autotask:${((fields.database ?? '') === '' ? (fields.userName ?? '').split('@').at(-1) ?? '' : fields.database ?? '').toLowerCase()}`,
  authorise({ secret = '', integrationCode = '' }, { fields }) {
    if (secret === '' || integrationCode === '') throw new ConnectorError('misconfigured', 'Autotask: the secret or the tracking identifier of the API user is missing: enter both')
    return { ApiIntegrationCode: integrationCode, UserName: fields.userName ?? '', Secret: secret }
  },
  check, create, find, update, read, changedSince, search, findCompanies, findAssets, findUsers, choices, join, hook,
  searchKnowledge: () => Promise.resolve([]),
}
