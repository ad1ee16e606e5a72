/** Zendesk Support: the reference among the connectors. */
import { ConnectorError, type TicketConnector } from '../port.ts'
import { capabilities } from './capabilities.ts'
import { check } from './check.ts'
import { config } from './config.ts'
import { hook } from './hook.ts'
import { choices, findAssets, findCompanies, findUsers, searchKnowledge } from './look-ups.ts'
import { changedSince, create, find, join, read, search, update } from './tickets.ts'

const MINUTE_MS = 60_000

export const zendesk: TicketConnector = {
  id: 'zendesk', config, capabilities,
  // 30 changes of one ticket in 10 minutes for one user: one every 20 s.
  pace: ({ fields }) => ({
    limits: [{ name: 'calls', calls: Number(fields.callsPerMinute ?? '200') || 200, windowMs: MINUTE_MS }, { name: 'ticket updates', calls: 100, windowMs: MINUTE_MS, counts: 'writes' }],
    atOnce: 8, perTicketMs: 20_000, isLearned: false,
  }),
  findLagMs: 0,
  // Limits are the account's, whoever calls.
  account: ({ baseUrl }) => `zendesk:${new URL(baseUrl).hostname}`,
  authorise(credentials, { auth, fields }) {
    const secret = auth === 'api_key' ? credentials.apiToken : credentials.accessToken
    if (secret === undefined || secret === '') throw new ConnectorError('misconfigured', auth === 'api_key' ? 'Zendesk: the API token is missing: enter it' : 'Zendesk: nobody has signed in yet: run `aw connect zendesk`')
    return { authorization: auth === 'api_key' ? `Basic ${Buffer.from(`${fields.email ?? ''}/token:${secret}`).toString('base64')}` : `Bearer ${secret}` }
  },
  check, create, find, update, read, changedSince, search, findCompanies, findAssets, findUsers, choices, join, searchKnowledge, hook,
}
