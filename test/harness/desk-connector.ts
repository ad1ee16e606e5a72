/** A small ticket system of our own, for what is about connections and not about any vendor: it has every way of proving who we are, and looks itself up. */
import { checkAll } from '../../connectors/checks.ts'
import { ConnectorError, type ConnectorConfig, type TicketConnector } from '../../connectors/port.ts'

/** Its configuration. */
export const DESK_CONFIG: ConnectorConfig = {
  title: 'Desk', auth: ['bearer', 'oauth2_client', 'oauth2_code'], hosts: ['.desk.test'], baseUrlExample: 'https://acme.desk.test', api: { version: '1', page: 'https://desk.test/docs' },
  fields: [
    { name: 'token', title: 'Token', description: 'Made on the admin page.', example: 'abcdef', isRequired: true, isSecret: true, for: ['bearer'] },
    { name: 'clientId', title: 'Client id', description: 'Of the OAuth application.', example: 'aw', isRequired: true, isSecret: false, for: ['oauth2_client', 'oauth2_code'] },
    { name: 'clientSecret', title: 'Client secret', description: 'Of the OAuth application.', example: 's3cret', isRequired: true, isSecret: true, for: ['oauth2_client', 'oauth2_code'] },
    { name: 'team', title: 'Team', description: 'Who works on alerts.', example: 'network', isRequired: false, isSecret: false },
  ],
  oauth: { authorizeUrl: 'https://accounts.desk.test/authorize', tokenUrl: 'https://accounts.desk.test/token', defaultScopes: ['tickets', 'offline'], clientAuth: 'basic' },
  mapping: { status: { open: 'new', closed: 'closed' }, priority: { critical: '1' }, place: { board: 'Service' } },
  guide: {
    steps: ['Make a token.'], permissions: ['Tickets: read and write'], webhook: [],
    troubleshooting: [{ error: 'unauthorized', means: 'The token is wrong or was withdrawn.', mend: 'Make a new one and enter it.' }, { error: 'unreachable', means: 'Nobody listens at the address.', mend: 'Correct the base URL.' }],
  },
}

const unused = (what: string) => () => Promise.reject(new ConnectorError('unsupported', `the desk of the tests cannot ${what}`))

/** The connector. */
export const desk: TicketConnector = {
  id: 'desk', config: DESK_CONFIG,
  capabilities: { publicNote: true, internalNote: true, assign: true, reopen: true, attach: false, time: false, findByExternalRef: true, parent: false, joins: 'none', companies: true, assets: true, knowledge: false, changes: 'poll' },
  pace: () => ({ limits: [{ name: 'calls', calls: 100, windowMs: 60_000 }], atOnce: 4, perTicketMs: 0, isLearned: false }),
  findLagMs: 0,
  account: ({ baseUrl }) => `desk:${new URL(baseUrl).host}`,
  authorise: (credentials, { auth }) => ({ authorization: `Bearer ${(auth === 'bearer' ? credentials['token'] : credentials['accessToken']) ?? ''}` }),
  check: (ctx) => checkAll([{ name: 'credentials', needs: 'tickets', run: async () => {
    const { body } = await ctx.http.call({ method: 'GET', path: '/me', action: 'retrieved', reference: 'who we are' })
    return `it knows us as ${(body as { user?: string }).user ?? 'nobody'}`
  } }]),
  create: unused('create'), find: unused('find'), update: unused('update'), read: unused('read'), changedSince: unused('poll'), search: unused('search'), join: unused('join'), searchKnowledge: unused('search'),
  choices: async () => ({ statuses: [{ id: '1', name: 'New' }], priorities: [{ id: '1', name: 'Urgent' }], places: { board: [{ id: '7', name: 'Service' }] } }),
  findCompanies: async (query) => [{ externalId: '1', name: `Acme ${query}`, domains: ['acme.test'], isActive: true }],
  findAssets: async (companyId) => [{ externalId: '2', name: `web-1 of ${companyId}`, aliases: ['10.0.0.1'] }],
  findUsers: async (_query, ctx) => {
    await ctx.http.call({ method: 'GET', path: '/users', action: 'searched', reference: 'look up users' })
    return [{ externalId: '3', name: 'Grace', email: 'grace@acme.test' }]
  },
  hook: null,
}
