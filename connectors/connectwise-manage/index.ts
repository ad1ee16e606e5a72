/** ConnectWise PSA (Manage): service tickets of one board. */
import { ConnectorError, type TicketConnector } from '../port.ts'
import { check } from './check.ts'
import { ACCEPT, config } from './config.ts'
import { hook } from './hook.ts'
import { choices, findAssets, findCompanies, findUsers } from './lookups.ts'
import { refOf } from './map.ts'
import { changedSince, create, findTicket, join, read, search } from './tickets.ts'
import { update } from './update.ts'

export const connectwiseManage: TicketConnector = {
  id: 'connectwise-manage',
  config,
  capabilities: {
    publicNote: true, internalNote: true, assign: true, reopen: true, attach: true, time: true, findByExternalRef: true, parent: true, joins: 'merge', companies: true, assets: true,
    // The vendor's description we are held to has no articles.
    knowledge: false, changes: 'webhook',
  },
  // No number is stated; about 60 a minute by report.
  pace: () => ({ limits: [{ name: 'minute', calls: 60, windowMs: 60_000 }], atOnce: 3, perTicketMs: 0, isLearned: true }),
  findLagMs: 0,
  account: ({ baseUrl, fields }) => `connectwise-manage:${new URL(baseUrl).host}:${(fields.company ?? '').toLowerCase()}`,
  authorise({ publicKey = '', privateKey = '' }, { fields }) {
    if (publicKey === '' || privateKey === '') throw new ConnectorError('misconfigured', 'ConnectWise: the key pair of the API member is missing: enter the public and the private key')
    const user = `${fields.company ?? ''}+${publicKey}`
    return { authorization: `Basic ${Buffer.from(`${user}:${privateKey}`).toString('base64')}`, clientId: fields.clientId ?? '', accept: ACCEPT }
  },
  check, create, update, read, changedSince, search, findCompanies, findAssets, findUsers, choices, join, hook,
  async find(externalRef, ctx) {
    const ticket = await findTicket(externalRef, ctx)
    return ticket?.id === undefined ? null : refOf(ticket.id, ctx.connection)
  },
  searchKnowledge: () => Promise.resolve([]),
}
