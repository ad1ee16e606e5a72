/** What a Zoho Desk connection needs, and what a technician does there first. */
import type { ConnectorConfig } from '../port.ts'

/** Hosts of Zoho Desk, one a data centre; a connection belongs to the data centre of its organisation. */
const HOSTS = ['desk.zoho.com', 'desk.zoho.eu', 'desk.zoho.in', 'desk.zoho.com.au', 'desk.zoho.jp', 'desk.zoho.ca', 'desk.zohocloud.ca', 'desk.zoho.com.cn', 'desk.zoho.sa']

/** Form, validation and docs page are made from this. */
export const config: ConnectorConfig = {
  title: 'Zoho Desk',
  auth: ['oauth2_code'],
  fields: [
    { name: 'orgId', title: 'Organisation ID', description: 'Setup > Developer Space > API, at the end of the page. It goes along with every call.', example: '60001280952', isRequired: true, isSecret: false, pattern: '\\d{3,20}' },
    { name: 'accountsHost', title: 'Accounts host', description: 'Where you log in, which is that of your data centre: accounts.zoho.com, .eu, .in, .com.au, .jp, .com.cn, .sa, or accounts.zohocloud.ca.', example: 'accounts.zoho.eu', default: 'accounts.zoho.com', isRequired: true, isSecret: false, pattern: 'accounts\\.(zoho\\.(com|eu|in|com\\.au|jp|ca|com\\.cn|sa)|zohocloud\\.ca)' },
    { name: 'clientId', title: 'Client ID', description: 'Client ID of the server-based application in the API console.', example: '1000.ABCDEFGHIJKLMNOPQRSTUVWXYZ0123', isRequired: true, isSecret: false },
    { name: 'clientSecret', title: 'Client secret', description: 'Client secret of the same application.', example: 'a long random word', isRequired: true, isSecret: true },
    { name: 'referenceField', title: 'Field for our reference', description: 'API name of a custom single-line field of tickets that holds our reference. Empty: the reference stands in the subject.', example: 'cf_alert_whisperer', isRequired: false, isSecret: false, pattern: 'cf_[A-Za-z0-9_]{1,80}' },
    { name: 'contactEmail', title: 'E-mail address of the contact', description: 'Contact for tickets whose company has none of its own; found or made by this address. An address of your own, never one of a client.', example: 'alerts@msp.example', isRequired: false, isSecret: false, pattern: '[^\\s@,;<>"]+@[^\\s@,;<>"]+' },
    { name: 'replyFrom', title: 'Sender of public notes', description: 'Support address that public notes are sent from as e-mail to the contact of the ticket. Empty: public notes are comments that the contact sees in the help centre.', example: 'support@msp.example', isRequired: false, isSecret: false, pattern: '[^\\s@,;<>"]+@[^\\s@,;<>"]+' },
  ],
  oauth: {
    authorizeUrl: 'https://{accountsHost}/oauth/v2/auth', tokenUrl: 'https://{accountsHost}/oauth/v2/token', clientAuth: 'body', scopeSeparator: ',',
    defaultScopes: ['Desk.tickets.READ', 'Desk.tickets.CREATE', 'Desk.tickets.UPDATE', 'Desk.search.READ', 'Desk.contacts.READ', 'Desk.articles.READ', 'Desk.basic.READ', 'Desk.settings.READ'],
    // Without both no refresh token is handed out.
    authorizeQuery: { access_type: 'offline', prompt: 'consent' },
  },
  hosts: [...HOSTS, ...HOSTS.map((host) => host.replace('desk', 'accounts'))],
  baseUrlExample: 'https://desk.zoho.com',
  mapping: {
    status: { open: 'Open', assigned: 'Open', in_progress: 'Open', waiting: 'On Hold', resolved: 'Closed', closed: 'Closed' },
    priority: { critical: 'High', high: 'High', medium: 'Medium', low: 'Low', info: 'Low' },
    place: {},
  },
  guide: {
    steps: [
      'Find your data centre: the ending of the address you log in at. Base URL and accounts host below must have the same one.',
      'Make an agent for the integration with a profile that may view, create and edit tickets of the departments you want to use, and log in as this agent.',
      'Open the API console (api-console.zoho.com, or that of your data centre) > Add Client > Server-based Applications. Home page: your Alert Whisperer; authorized redirect URI: the call-back address that is shown when you connect. Copy client ID and client secret here.',
      'Setup > Layouts and Fields > Tickets: add a single-line field "Alert Whisperer" to the layout of each department; its API name (Setup > Developer Space > API names) goes into "Field for our reference". Without it the reference stands in the subject.',
      'Put the id of the department (run the check: it lists them) as place `departmentId`; without it no ticket can be made.',
      'Set the e-mail address of the contact to one of your own: every ticket of Zoho Desk belongs to a contact, and Zoho writes to it. Where the tickets of a client should belong to a contact of its account, put the id of that contact as place `contactId` into the ticket settings of the company.',
      'Connect: the browser asks for the scopes below; accept them for the right organisation.',
    ],
    permissions: [
      'Desk.tickets.READ, Desk.tickets.CREATE, Desk.tickets.UPDATE: tickets, comments, files, time, merging',
      'Desk.search.READ: finding tickets and polling changes',
      'Desk.contacts.READ: accounts and contacts', 'Desk.articles.READ: knowledge base', 'Desk.basic.READ, Desk.settings.READ: departments, agents, choice values',
      'The agent: a profile with view, create and edit of tickets, merge, and time entry, in the departments used; no administration',
    ],
    webhook: [
      'Setup > Developer Space > Webhooks > New Webhook (Professional: 5 enabled, Enterprise: 10).',
      'URL to notify: the address shown for this connection. Its long random part is the proof, for Zoho signs nothing we could rely on.',
      'Choose the events ticket add, update, delete, comment add and comment update, for the departments used, and save. Zoho tries the address at once.',
      'The body is a hint only: the ticket is read back. Without a webhook the connection is polled.',
    ],
    troubleshooting: [
      { error: 'unauthorized', means: 'INVALID_OAUTH or UNAUTHORIZED: the token is wrong or ended, or base URL and accounts host are of different data centres.', mend: 'Compare the endings of both addresses, then connect again.' },
      { error: 'misconfigured', means: 'OAUTH_ORG_MISMATCH: the organisation ID is not one the token was given for.', mend: 'Copy the organisation ID again; connect again and choose that organisation.' },
      { error: 'SCOPE_MISMATCH', means: 'A scope is missing: the connection was made before it was needed.', mend: 'Connect again and accept all scopes.' },
      { error: 'forbidden', means: 'FORBIDDEN: the profile of the agent does not allow it, or the department is not one of the agent\'s.', mend: 'Add the department to the agent; allow view, create and edit in its profile.' },
      { error: 'not_found', means: 'The ticket was deleted or merged into another, or its department is not one of the agent\'s.', mend: 'Look it up by its number as the integration\'s agent; add the department to the agent.' },
      { error: 'LICENSE_ACCESS_LIMITED', means: 'Your edition does not have this part (time entries, webhooks, custom fields).', mend: 'Go without it, or upgrade.' },
      { error: 'invalid', means: 'INVALID_DATA or UNPROCESSABLE_ENTITY: a field has a value that the layout does not know, or a mandatory field of the layout is missing.', mend: 'Run the check; make fields of the layout optional, or put them under place (category, subCategory, classification).' },
      { error: 'quota', means: 'THRESHOLD_EXCEEDED: the API credits of the day are used up.', mend: 'Wait for the next day, buy credits, or give other integrations less.' },
      { error: 'rate_limited', means: 'TOO_MANY_REQUESTS: too many calls at the same time.', mend: 'It waits and goes on by itself.' },
    ],
  },
  api: { version: 'v1', page: 'https://desk.zoho.com/DeskAPIDocument' },
}
