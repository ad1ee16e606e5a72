/** Freshdesk. */
import { ConnectorError, type TicketConnector } from '../port.ts'
import { capabilities } from './capabilities.ts'
import { check } from './check.ts'
import { config } from './config.ts'
import { hook } from './hook.ts'
import { choices, findCompanies, findUsers, searchKnowledge } from './look-ups.ts'
import { changedSince, create, find, join, read, search, update } from './tickets.ts'

const MINUTE_MS = 60_000

export const freshdesk: TicketConnector = {
  id: 'freshdesk', config, capabilities,
  pace: ({ fields }) => ({ limits: [{ name: 'calls', calls: Number(fields.callsPerMinute ?? '100') || 100, windowMs: MINUTE_MS }], atOnce: 5, perTicketMs: 2_000, isLearned: false }),
  // The list of the newest is believed to be whole at once; a few seconds are left to it all the same.
  findLagMs: 5_000,
  account: ({ baseUrl }) => `freshdesk:${new URL(baseUrl).hostname}`,
  authorise({ apiKey }) {
    if (apiKey === undefined || apiKey === '') throw new ConnectorError('misconfigured', 'Freshdesk: the API key is missing: enter it')
    return { authorization: `Basic ${Buffer.from(`${apiKey}:X`).toString('base64')}` }
  },
  check, create, find, update, read, changedSince, search, findCompanies, findAssets: () => Promise.resolve([]), findUsers, choices, join, searchKnowledge, hook,
}
