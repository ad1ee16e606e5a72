/** Request Tracker: tickets in queues, of Best Practical's RT 5 with REST 2.0. */
import { ConnectorError, type TicketConnector } from '../port.ts'
import { check } from './check.ts'
import { config } from './config.ts'
import { choices, findCompanies, findUsers, searchKnowledge } from './look-ups.ts'
import { changedSince, create, find, join, read, search, update } from './tickets.ts'

/** The connector. A customer is a queue there; assets stand in catalogs that know no customer, so none is looked up; RT tells nobody of changes, so it is polled. */
export const requestTracker: TicketConnector = {
  id: 'request-tracker',
  config,
  capabilities: {
    publicNote: true, internalNote: true, assign: true, reopen: true, attach: true, time: true, findByExternalRef: true, parent: true, joins: 'merge', companies: true, assets: false, knowledge: true, changes: 'poll',
  },
  // RT is the MSP's own machine and states no limit; this much leaves it to its technicians.
  pace: () => ({ limits: [{ name: 'calls', calls: 600, windowMs: 60_000 }], atOnce: 2, perTicketMs: 0, isLearned: true }),
  findLagMs: 0,
  account: ({ baseUrl, fields }) => `request-tracker:${new URL(baseUrl).host}${new URL(baseUrl).pathname.replace(/\/$/, '')}:${fields['user'] ?? ''}`,
  authorise(credentials, { auth, fields }) {
    const secret = auth === 'basic' ? credentials['password'] : credentials['token']
    if (secret === undefined || secret === '') throw new ConnectorError('misconfigured', `Request Tracker: the ${auth === 'basic' ? 'password' : 'authentication token'} is missing: enter it`)
    return { authorization: auth === 'basic' ? `Basic ${Buffer.from(`${fields['user'] ?? ''}:${secret}`).toString('base64')}` : `token ${secret}` }
  },
  check, create, find, update, read, changedSince, search,
  findAssets: () => Promise.resolve([]),
  findCompanies, findUsers, choices, join, searchKnowledge,
  hook: null,
}
