/** All that is to be said of Syncro before it is called: form, checks and the page for technicians are made of it. */
import type { ConnectorConfig } from '../port.ts'

export const config: ConnectorConfig = {
  title: 'SyncroMSP',
  auth: ['bearer'],
  fields: [
    { name: 'apiToken', title: 'API token', description: 'Token with custom permissions, made by the user that Alert Whisperer works as.', example: 'T4f0c1b9e7a2d8356-…', isRequired: true, isSecret: true },
    { name: 'emailPublicNotes', title: 'Mail public notes', description: '"yes": Syncro mails each public note to the customer. "no": it stands in the portal and nobody is mailed. Internal notes are never mailed.', example: 'no', default: 'no', isRequired: false, isSecret: false, pattern: 'yes|no' },
  ],
  hosts: ['.syncromsp.com'],
  baseUrlExample: 'https://northwind.syncromsp.com/api/v1',
  mapping: {
    status: { open: 'New', assigned: 'New', in_progress: 'In Progress', waiting: 'Waiting on Customer', resolved: 'Resolved', closed: 'Resolved' },
    priority: { critical: '0 Urgent', high: '1 High', medium: '2 Normal', low: '3 Low', info: '3 Low' },
    place: {},
  },
  guide: {
    steps: [
      'Admin > Users: add a user "Alert Whisperer" with a security group of its own that has the permissions below. Let no person use it: what it writes is known as ours.',
      'Log in as that user. Click its icon > Profile/Password > API Tokens, or as an admin Admin > API - API Tokens > New Token, and choose Custom Permissions.',
      'Tick the permissions below and no others, name the token "Alert Whisperer", set no expiry or note when it ends, and copy it: it is shown this once.',
      'Enter here: base URL = https://your-subdomain.syncromsp.com/api/v1, and the token.',
      'Admin > Ticket Settings > Ticket Statuses: compare the names with the mapping, letter by letter. A new account has New, In Progress, Resolved, Invoiced, Waiting for Parts, Waiting on Customer, Scheduled and Customer Reply.',
      'Places of the mapping: "customer" (id of a catch-all customer for companies that are not matched yet; the number in its address), "problemType" (name of an issue type), "ticketType" (id of a ticket type, where your account wants one).',
      'If new tickets mail the customer by an automation of yours, leave tickets whose subject begins with [AW- out of it. Our own calls mail nobody.',
    ],
    permissions: [
      'Tickets - List/Search, Tickets - View Details, Tickets - Create, Tickets - Edit',
      'Ticket Timers - Overview (only where runbook time is booked)',
      'Customers - List/Search',
      'Assets - List/Search',
    ],
    webhook: [
      'Admin > Notification Center: make a notification set "Alert Whisperer" and turn on the events of tickets: created, status changed, assigned, customer replied, comment added. Leave all others off.',
      'Add the action Webhook to it and enter the whole address shown with this connection; its long last part is the proof, so treat it as a password. Syncro signs nothing.',
      'Nothing in a notification is believed: the ticket is read back before anything happens.',
      'Merging, deleting and changes of priority tell nobody; they are found when the connection is reconciled.',
    ],
    troubleshooting: [
      { error: 'unauthorized', means: 'The token is wrong, was deleted, or its user is disabled.', mend: 'Make a new token as the same user and enter it here.' },
      { error: 'forbidden', means: 'The token lacks a permission; the check names it as Syncro does.', mend: 'Permissions of a token cannot be changed: make a new one with all that are listed above.' },
      { error: 'invalid: Customer required field', means: 'The company is not matched and there is no catch-all customer.', mend: 'Match the company, or set place "customer".' },
      { error: 'invalid: Subject can’t be blank', means: 'A proxy or automation took fields away from our call.', mend: 'Look at the record of the call; connect without the proxy.' },
      { error: 'invalid', means: 'Syncro refused a value: mostly a status, priority or issue type that the account does not have.', mend: 'Run the check; it names each value that is not known.' },
      { error: 'not_found', means: 'The ticket was deleted or merged away.', mend: 'Nothing: its incident goes on without it, or link the ticket it was merged into.' },
      { error: 'rate_limited', means: 'More than 180 calls a minute from this address, all programs on it together.', mend: 'Nothing: calls wait. If it stays, look for another program here that polls Syncro.' },
      { error: 'unsupported', means: 'Syncro takes files by a public address alone, and can take no technician away from a ticket.', mend: 'Nothing: files stay with the incident; give the ticket to somebody else in Syncro.' },
      { error: 'misconfigured', means: 'The subdomain does not exist, so Syncro sends on to another page.', mend: 'Correct the base URL.' },
    ],
  },
  api: { version: 'v1', page: 'https://api-docs.syncromsp.com' },
}
