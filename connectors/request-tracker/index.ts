/** Request Tracker: tickets in queues, of Best Practical's RT 5 with REST 2.0. */
import type { TicketConnector } from '../port.ts'
import { check } from './check.ts'
import { config } from './config.ts'
import { choices, findAssets, findUsers, searchKnowledge } from './look-ups.ts'
import { changedSince, create, find, join, read, search, update } from './tickets.ts'

/** The connector. RT has queues and no customers, so companies are not looked up; it tells nobody of changes, so it is polled. */
export const requestTracker: TicketConnector = {
  id: 'request-tracker',
  config,
  capabilities: {
    publicNote: true, internalNote: true, assign: true, reopen: true, attach: true, time: true, findByExternalRef: true, parent: true, joins: 'merge', companies: false, assets: true, knowledge: true, changes: 'poll',
  },
  // RT is the MSP's own machine and states no limit; two at once leave it to its technicians.
  pace: () => ({ limits: [], atOnce: 2, perTicketMs: 0, isLearned: false }),
  findLagMs: 0,
  account: ({ baseUrl, fields }) => `request-tracker:${new URL(baseUrl).host}${new URL(baseUrl).pathname.replace(/\/$/, '')}:${fields['user'] ?? ''}`,
  authorise: (credentials, { auth, fields }) => auth === 'basic'
    ? { authorization: `Basic ${Buffer.from(`${fields['user'] ?? ''}:${credentials['password'] ?? ''}`).toString('base64')}` }
    : { authorization: `token ${credentials['token'] ?? ''}` },
  check, create, find, update, read, changedSince, search,
  findCompanies: () => Promise.resolve([]),
  findAssets, findUsers, choices, join, searchKnowledge,
  hook: null,
}
