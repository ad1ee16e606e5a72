/** ServiceNow: incidents with work notes and comments, change requests and the CMDB, over the Table API. */
import { bearer } from '../bearer.ts'
import { ConnectorError, type TicketConnector } from '../port.ts'
import { capabilities } from './capabilities.ts'
import { check } from './check.ts'
import { config } from './config.ts'
import { hook } from './hook.ts'
import { changedSince, create, find, join, read, requestChange, search, update } from './incidents.ts'
import { choices, findAssets, findCompanies, findUsers, searchKnowledge } from './look-ups.ts'

/** The connector. */
export const servicenow: TicketConnector = {
  id: 'servicenow',
  config,
  capabilities,
  // Each instance has its own rules, or none: a call a second to begin with, then what the answers say.
  pace: () => ({ limits: [{ name: 'hour', calls: 3_600, windowMs: 3_600_000 }], atOnce: 4, perTicketMs: 1_000, isLearned: true }),
  findLagMs: 0,
  account: ({ baseUrl, fields }) => `servicenow:${new URL(baseUrl).host}/${fields.username ?? ''}`,
  authorise(credentials, connection) {
    if (connection.auth !== 'basic') return bearer(credentials, 'ServiceNow')
    const { username } = connection.fields
    if (username === undefined || credentials.password === undefined) throw new ConnectorError('misconfigured', 'ServiceNow: user or password are missing: enter both')
    return { authorization: `Basic ${Buffer.from(`${username}:${credentials.password}`).toString('base64')}` }
  },
  check, create, find, update, read, changedSince, search, findCompanies, findAssets, findUsers, choices, join, searchKnowledge, requestChange, hook,
}
