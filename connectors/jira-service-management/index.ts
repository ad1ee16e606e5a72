/** Jira Service Management: requests of a service project, with the comments, transitions and work logs of Jira below. */
import { bearer } from '../bearer.ts'
import { ConnectorError, type TicketConnector } from '../port.ts'
import { capabilities } from './capabilities.ts'
import { update } from './changes.ts'
import { check } from './check.ts'
import { config } from './config.ts'
import { choices } from './facts.ts'
import { hook } from './hook.ts'
import { findAssets, findCompanies, findUsers, join, searchKnowledge } from './look-ups.ts'
import { changedSince, create, find, INDEX_LAG_MS, read, search } from './requests.ts'

/** The connector. */
export const jiraServiceManagement: TicketConnector = {
  id: 'jira-service-management',
  config,
  capabilities,
  // A quota of points an hour, bursts by the second, and writes to one issue (20 in 2 s, 100 in 30 s): an update is a handful of calls. `X-RateLimit-Limit` is the burst
  // of one endpoint and method: taken for the hour's it would leave a few hundred calls of it.
  pace: () => ({ limits: [{ name: 'hour', calls: 10_000, windowMs: 3_600_000 }, { name: 'second', calls: 20, windowMs: 1_000 }], atOnce: 5, perTicketMs: 2_000, isLearned: true, isTold: false }),
  findLagMs: INDEX_LAG_MS,
  account: ({ baseUrl, fields, auth }) => `jira-service-management:${new URL(baseUrl).host}${auth === 'basic' ? `/${fields.email ?? ''}` : new URL(baseUrl).pathname}`,
  authorise(credentials, { auth, fields }) {
    if (auth !== 'basic') return bearer(credentials, 'Jira')
    if (fields.email === undefined || credentials.apiToken === undefined) throw new ConnectorError('misconfigured', 'Jira: e-mail address or API token are missing: enter both')
    return { authorization: `Basic ${Buffer.from(`${fields.email}:${credentials.apiToken}`).toString('base64')}` }
  },
  check, create, find, update, read, changedSince, search, findCompanies, findAssets, findUsers, choices, join, searchKnowledge, hook,
}
