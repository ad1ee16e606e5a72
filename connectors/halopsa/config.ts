/** All that is to be said of HaloPSA before it is called: form, checks and the page for technicians are made of it. */
import type { ConnectorConfig } from '../port.ts'

export const config: ConnectorConfig = {
  title: 'HaloPSA',
  auth: ['oauth2_client'],
  fields: [
    { name: 'clientId', title: 'Client ID', description: 'Of the API application made for Alert Whisperer.', example: '5c1f0a9e-2d4b-4f7a-9b1e-0c7d3e6a8f21', isRequired: true, isSecret: false, for: ['oauth2_client'], pattern: '[A-Za-z0-9-]{8,100}' },
    { name: 'clientSecret', title: 'Client secret', description: 'Of the same application; HaloPSA shows it once.', example: 'b7d0c6f2-…', isRequired: true, isSecret: true, for: ['oauth2_client'] },
    { name: 'authHost', title: 'Authorisation server', description: 'Host of the "Authorisation Server" on the page Configuration > Integrations > HaloPSA API, without https:// and path. Hosted tenants may have another one than that of their own address.', example: 'northwind.halopsa.com', isRequired: true, isSecret: false, pattern: '[A-Za-z0-9][A-Za-z0-9.-]{2,200}' },
    { name: 'authPath', title: 'Path of the authorisation server', description: 'What follows its host on that page.', example: 'auth', default: 'auth', isRequired: false, isSecret: false, pattern: '[A-Za-z0-9_-]{1,40}' },
    { name: 'tenant', title: 'Tenant', description: '"Tenant" on the same page; where it shows none, the first part of your address.', example: 'northwind', isRequired: true, isSecret: false, pattern: '[A-Za-z0-9][A-Za-z0-9_-]{0,80}' },
    { name: 'privateOutcome', title: 'Outcome of internal notes', description: 'Name of the action that internal notes are shown as. Whatever it is, they are hidden from the client.', example: 'Private Note', default: 'Private Note', isRequired: false, isSecret: false, pattern: '[^\\r\\n]{1,60}' },
    { name: 'publicOutcome', title: 'Outcome of public notes', description: 'Name of the action that public notes are shown as.', example: 'Public Note', default: 'Public Note', isRequired: false, isSecret: false, pattern: '[^\\r\\n]{1,60}' },
  ],
  oauth: {
    authorizeUrl: 'https://{authHost}/{authPath}/authorize',
    tokenUrl: 'https://{authHost}/{authPath}/token?tenant={tenant}',
    // Narrower than "all": what is not listed stays closed whatever the agent may do.
    defaultScopes: ['read:tickets', 'edit:tickets', 'read:customers', 'read:assets'],
    clientAuth: 'body',
  },
  hosts: ['.halopsa.com', '.haloservicedesk.com', '.haloitsm.com', '.haloservicesolutions.com'],
  baseUrlExample: 'https://northwind.halopsa.com/api',
  mapping: {
    status: { open: '1', assigned: '1', in_progress: '2', waiting: '4', resolved: '9', closed: '9' },
    priority: { critical: '1', high: '2', medium: '3', low: '4', info: '4' },
    place: {},
  },
  guide: {
    steps: [
      'Configuration > Teams & Agents > Roles: add a role "Alert Whisperer" with the permissions below and no others.',
      'Configuration > Teams & Agents > Agents: add an agent "Alert Whisperer" with that role. Let no person use it: what it writes is known as ours. If your licence counts agents, make it an API-only agent.',
      'Configuration > Integrations > HaloPSA API: note Resource Server, Authorisation Server and Tenant.',
      'On the same page open View Applications > New. Authentication method "Client ID and Secret (Services)", login type "Agent", agent to log in as "Alert Whisperer". Copy Client ID and Client Secret before saving; the secret is shown this once.',
      'Tab Permissions of the application: choose read:tickets, edit:tickets, read:customers and read:assets. Leave "all" and everything with "admin" unticked.',
      'Enter here: base URL = Resource Server with /api at its end (https://northwind.halopsa.com/api), authorisation server = its host alone, tenant, client ID, client secret.',
      'Configuration > Tickets > Statuses: note the ids (the number in the address while one is open) of the statuses for new, in progress, waiting and closed, and enter them in the mapping. A new account has 1 New, 2 In Progress, 9 Closed; others differ.',
      'Configuration > Service Level Agreements: open the one your tickets get. Its priorities are numbered from the top (1, 2, …); enter the numbers in the mapping.',
      'Make a ticket type of its own for these tickets, for example "Monitoring", and take from end users the right to see it in the portal: the ticket’s text, with its probable cause, stands in its details.',
      'Places of the mapping: "ticketType" (id; the agent must be allowed to log and to edit it), "team" (name), "category" (name of the first category), and "client" (id of a catch-all customer for companies that are not matched yet).',
    ],
    permissions: [
      'Application: read:tickets, edit:tickets, read:customers, read:assets',
      'Agent role: Ticket Access Level "Read and Modify"; Customers "Read Only"; Assets "Read Only"',
      'Agent: may log and edit tickets of the type that is used, add private notes, public notes, attachments and time, change status, priority and agent, and set parent and related tickets',
      'Agent: may see tickets of all teams and of all customers that are matched',
    ],
    webhook: [
      'Configuration > Integrations > Webhooks > New. Name "Alert Whisperer", type "Standard Webhook", method POST, content type application/json.',
      'Payload URL: the whole address shown with this connection; its long last part is the proof, so treat it as a password. Authentication: "No Authentication" (HaloPSA signs nothing).',
      'Events: "New Ticket Logged", "Ticket Updated", "Ticket Reassigned", "Ticket Status Changed", "Ticket Closed", "Ticket Reopened", "Action Added" and "Ticket Merged" as far as your version has them.',
      'Batching may be on: lists are read. Leave the payload as it is; if you make your own, it must hold the ticket with its id: {"ticket":{"id":…}}.',
      'Nothing in a payload is believed: each ticket is read back before anything happens. Without a webhook the connection is polled.',
    ],
    troubleshooting: [
      { error: 'unauthorized', means: 'Client ID or secret is wrong, the application was switched off, or its agent is disabled.', mend: 'View Applications: see that it is active, and make a new secret if in doubt; enter it here.' },
      { error: 'OAuth: invalid_client', means: 'The token address refused the application: mostly the wrong tenant or authorisation server.', mend: 'Compare both with the page HaloPSA API, letter by letter.' },
      { error: 'OAuth: invalid_scope', means: 'The application was not given one of the permissions that are asked for.', mend: 'Tab Permissions of the application: tick those listed above.' },
      { error: 'forbidden', means: 'Application or agent lacks a right; HaloPSA takes what both allow. The check names it.', mend: 'Give it to both, in the application and in the role.' },
      { error: 'invalid', means: 'HaloPSA refused a value: often a required field of the ticket type, or a status this type does not allow.', mend: 'Make the field optional for this type (Configuration > Tickets > Ticket Types > Field List), or correct the mapping.' },
      { error: 'not_found', means: 'The ticket was deleted, or the agent may not see its team or customer.', mend: 'Let the agent see all teams and customers.' },
      { error: 'rate_limited', means: 'Too many calls. HaloPSA states no number; 700 in 5 minutes is reported, for all applications together.', mend: 'Nothing: calls wait. If it stays, look for another integration that polls, and set up the webhook.' },
      { error: 'misconfigured', means: 'The base URL sends on to another address, or is the agent page instead of the Resource Server.', mend: 'Take the Resource Server, with /api at its end.' },
    ],
  },
  api: { version: 'v2 (2024-09)', page: 'https://haloacademy.halopsa.com/apidoc' },
}
