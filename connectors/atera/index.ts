/** Atera: tickets, comments, customers, machines and articles. Its API searches nothing, so what is looked for is looked through. */
import { ConnectorError, type TicketConnector } from '../port.ts'
import { capabilities } from './capabilities.ts'
import { changedSince } from './changes.ts'
import { check } from './check.ts'
import { config } from './config.ts'
import { hook } from './hook.ts'
import { choices, findAssets, findCompanies, findUsers, searchKnowledge } from './look-ups.ts'
import { create, find, join, read, search, update } from './tickets.ts'

/** The connector. */
export const atera: TicketConnector = {
  id: 'atera',
  config,
  capabilities,
  pace: () => ({ limits: [{ name: 'key', calls: 700, windowMs: 60_000 }], atOnce: 6, perTicketMs: 1_000, isLearned: false }),
  // The list of changed tickets may lag behind a create; how far is not documented.
  findLagMs: 15_000,
  // One key an account: what shares it shares the limit. Its technician tells accounts apart without the key.
  account: ({ baseUrl, fields }) => `atera:${new URL(baseUrl).host}/${(fields.technicianEmail ?? '').toLowerCase()}`,
  authorise({ apiKey }) {
    if (apiKey === undefined) throw new ConnectorError('misconfigured', 'Atera: the API key is missing: enter it')
    return { 'x-api-key': apiKey }
  },
  check, create, find, update, read, changedSince, search, findCompanies, findAssets, findUsers, choices, join, searchKnowledge, hook,
}
