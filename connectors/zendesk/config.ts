/** All that is to be said of Zendesk before it is called: form, checks and the page for technicians are made of it. */
import type { ConnectorConfig } from '../port.ts'

export const config: ConnectorConfig = {
  title: 'Zendesk',
  auth: ['api_key', 'oauth2_code'],
  fields: [
    { name: 'email', title: 'E-mail of the agent', description: 'The agent all tickets and notes are written as. Make one of its own: limits count by user, and what it writes is known as ours.', example: 'alerts@northwind-msp.com', isRequired: true, isSecret: false, for: ['api_key'], pattern: '[^@\\s:]+@[^@\\s:]+' },
    { name: 'apiToken', title: 'API token', description: 'Made in the Admin Center; shown once.', example: '6wiIBWbGkBMo1mRDMuVwkw1EPsNkeUj95PIz2akv', isRequired: true, isSecret: true, for: ['api_key'] },
    { name: 'clientId', title: 'Client identifier', description: 'Unique identifier of the OAuth client.', example: 'alert_whisperer', isRequired: true, isSecret: false, for: ['oauth2_code'], pattern: '[\\w.-]+' },
    { name: 'clientSecret', title: 'Client secret', description: 'Secret of the OAuth client; shown once.', example: '8f3c1e…', isRequired: true, isSecret: true, for: ['oauth2_code'] },
    { name: 'callsPerMinute', title: 'Calls a minute', description: 'What your plan allows: Team 200, Growth and Professional 400, Enterprise 700, with the high volume add-on 2500.', example: '400', default: '200', isRequired: false, isSecret: false, pattern: '[1-9]\\d{1,4}' },
    { name: 'assetObject', title: 'Object of assets', description: 'Key of the custom object that holds your machines; empty where you keep none.', example: 'machine', isRequired: false, isSecret: false, pattern: '[a-z0-9_]*' },
    { name: 'assetCompanyField', title: 'Field of the asset’s organization', description: 'Key of that object’s look-up field to organizations; empty: all machines are looked through.', example: 'organization', isRequired: false, isSecret: false, pattern: '[a-z0-9_]*' },
    { name: 'assetTicketField', title: 'Ticket field of the asset', description: 'Id of the ticket field that points to that object; the main machine is put there.', example: '360012345678', isRequired: false, isSecret: false, pattern: '\\d*' },
  ],
  oauth: { authorizeUrl: 'https://{baseHost}/oauth/authorizations/new', tokenUrl: 'https://{baseHost}/oauth/tokens', defaultScopes: ['read', 'write'], clientAuth: 'body' },
  hosts: ['.zendesk.com'],
  baseUrlExample: 'https://northwind.zendesk.com/api/v2',
  mapping: {
    status: { open: 'open', assigned: 'open', in_progress: 'open', waiting: 'pending', resolved: 'solved', closed: 'solved' },
    priority: { critical: 'urgent', high: 'high', medium: 'normal', low: 'low', info: 'low' },
    place: { group: '', type: 'incident' },
  },
  guide: {
    steps: [
      'Admin Center > People > Team members: make an agent for Alert Whisperer, such as alerts@your-domain, in the groups whose tickets it is to open.',
      'Admin Center > Apps and integrations > APIs > API tokens: add one named "Alert Whisperer" and copy it; it is shown once. Your account must allow token access under APIs > Settings.',
      'Instead of a token you can use OAuth: APIs > OAuth clients > Add; kind "confidential", redirect address as shown by `aw connect zendesk`. Copy identifier and secret, and sign in as that agent.',
      'Take your plan’s calls a minute from Admin Center > Account > Billing and enter them.',
      'Mapping: statuses are new, open, pending, hold and solved, or the ids of your custom statuses; priorities are low, normal, high and urgent; place "group" is the id of the group that works on alerts.',
      'Machines: where you keep them in a custom object, enter its key, the key of its field for the organization, and the id of the ticket field that points to it.',
    ],
    permissions: [
      'Agent (role agent, not admin), with access to all tickets or to those of its groups',
      'Agent: can add and modify end users (a requester named "Alert Whisperer" is made for each organization, without an e-mail address)',
      'Agent: can merge tickets',
      'OAuth: scopes read and write',
      'Help Center: may view the articles that are to be suggested',
    ],
    webhook: [
      'Admin Center > Apps and integrations > Webhooks > Create: "Zendesk events", and choose ticket status changed, comment added, assignee changed, ticket merged and ticket deleted.',
      'Endpoint: the address shown with this connection; method POST; format JSON; authentication none.',
      'Open the webhook, press "Reveal secret" and enter it here as the webhook secret: every delivery is checked against it.',
    ],
    troubleshooting: [
      { error: 'unauthorized', means: 'The e-mail, token or OAuth token is wrong, the agent is suspended, or token access is off.', mend: 'Admin Center > APIs > Settings: allow token access; make a new token and enter it.' },
      { error: 'forbidden', means: 'The agent’s role lacks a right, or it is no agent.', mend: 'Give the role what the check names.' },
      { error: 'invalid', means: 'Zendesk refused a value: a group or a custom status that is gone, or a field that a ticket must have before it is solved.', mend: 'Read the text. Correct the mapping, or make the field optional for solving.' },
      { error: 'unsupported', means: 'The ticket is closed for good; Zendesk changes such tickets no more.', mend: 'Nothing: a problem that comes back gets a new ticket.' },
      { error: 'conflict', means: 'A technician changed the ticket in the same moment.', mend: 'Nothing: it is read and written again.' },
      { error: 'rate_limited', means: 'The plan’s calls a minute are used up, or one ticket was changed 30 times in 10 minutes.', mend: 'Nothing: calls wait, critical ones go first. Enter your plan’s number if it is higher.' },
      { error: 'not_found', means: 'The ticket was deleted, or the agent may not see its group.', mend: 'Give the agent access to the group.' },
    ],
  },
  api: { version: '2', page: 'https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/' },
}
