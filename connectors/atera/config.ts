/** All that is to be said of Atera before it is called: form, checks and the page for technicians are made of it. */
import type { ConnectorConfig } from '../port.ts'

export const config: ConnectorConfig = {
  title: 'Atera',
  auth: ['api_key'],
  fields: [
    { name: 'apiKey', title: 'API key', description: 'The account’s key; Atera has one for everything.', example: '0f1e2d3c4b5a69788796a5b4c3d2e1f0', isRequired: true, isSecret: true },
    { name: 'technicianId', title: 'Id of the technician', description: 'Technician our comments are written as. Let no person use it: what it writes is known as ours.', example: '3', isRequired: true, isSecret: false, pattern: '[0-9]{1,15}' },
    { name: 'technicianEmail', title: 'E-mail address of the technician', description: 'Of the same technician.', example: 'alert-whisperer@northwind-msp.com', isRequired: true, isSecret: false, pattern: '[^@\\s]{1,100}@[^@\\s]{1,150}' },
    { name: 'contactMailbox', title: 'Mailbox of our contacts', description: 'Atera takes no ticket without a contact. For each customer one is made whose address is this one with +customer-ID before the @, so that nobody of the customer is mailed. It may be a mailbox that throws everything away.', example: 'alerts@northwind-msp.com', isRequired: true, isSecret: false, pattern: '[^@\\s+]{1,40}@[^@\\s]{1,150}' },
  ],
  hosts: ['app.atera.com'],
  baseUrlExample: 'https://app.atera.com',
  mapping: {
    status: { open: 'Open', assigned: 'Open', in_progress: 'Open', waiting: 'Pending', resolved: 'Resolved', closed: 'Closed' },
    priority: { critical: 'Critical', high: 'High', medium: 'Medium', low: 'Low', info: 'Low' },
    place: { type: 'Incident' },
  },
  guide: {
    steps: [
      'Admin > Data management > API: copy the API key. Atera has one for the whole account, and it opens everything: enter it here and keep it nowhere else.',
      'Admin > Users and security > Technicians: add a technician "Alert Whisperer" with an e-mail address of its own. Let no person use it.',
      'Find its id: assign any ticket to it and open https://app.atera.com/apidocs, GET /api/v3/tickets/{ticketId}: TechnicianContactID is the id.',
      'Choose a mailbox for the contacts that tickets are from, such as alerts@northwind-msp.com; it must take addresses with a plus, or throw them away. A contact "Alert Whisperer" is made at each customer with its first ticket.',
      'Admin > Support and ticketing > Ticket automation rules: leave tickets of these contacts out of rules that mail the requester.',
      'Enter here: base URL https://app.atera.com, the key, id and address of the technician, and the mailbox.',
      'Places of the mapping: "type" (Incident, Problem, Request, Change), "impact" (NoImpact, SiteDown, ServerIssue, Minor, Major, Crisis), and "customer" (id of a catch-all customer for companies that are not matched yet).',
      'Statuses of your own may stand in the mapping, letter by letter; they are known to the check once a ticket of the last 30 days has them.',
      'A ticket’s title begins with our reference, such as [AW-0123456789AB]: leave it there. Atera searches nothing, so it is how a ticket is found again.',
    ],
    permissions: ['The account’s API key (Atera knows no narrower one)', 'A plan with API access and tickets', 'A technician of its own, which counts as a licence'],
    webhook: [
      'Only in plans whose ticket automation rules have the action Webhook; without it, and for everything the rules do not tell, the connection is polled.',
      'Admin > Support and ticketing > Ticket automation rules > Add rule: trigger "Ticket status changed", action Webhook, and enter the whole address shown with this connection; its long last part is the proof, so treat it as a password. Atera signs nothing.',
      'Make the same rule for "New ticket created", "Ticket closed or resolved", "Ticket assignment changed" and "Ticket requester responded".',
      'Where the body may be chosen, send {"TicketID": …}. Nothing in it is believed: the ticket is read back.',
    ],
    troubleshooting: [
      { error: 'unauthorized', means: 'The API key is wrong, was made anew, or the plan has no API access.', mend: 'Copy the key from Admin > Data management > API.' },
      { error: 'forbidden', means: 'The plan leaves out what was called; the check names it.', mend: 'Choose a plan with tickets and API access.' },
      { error: 'not_found', means: 'Atera says 404 "Invalid input" for a ticket that is gone, and for a comment by a technician it does not know.', mend: 'Look at the ticket; where it is there, correct id and e-mail address of the technician.' },
      { error: 'invalid', means: 'Atera refused a value, mostly a priority, type or impact that is not one of its own, or an address of a contact.', mend: 'Run the check; correct the mapping or the mailbox.' },
      { error: 'invalid: no customer', means: 'The company is not matched and there is no catch-all customer.', mend: 'Match the company, or set place "customer".' },
      { error: 'server_error', means: 'Atera answers 500 for some wrong values too.', mend: 'If it stays for one ticket, look at its record of calls; the value that was sent last is the likely one.' },
      { error: 'rate_limited', means: 'More than 700 calls a minute, all programs with this key together.', mend: 'Nothing: calls wait. If it stays, look for another program that polls.' },
      { error: 'unsupported', means: 'Atera’s API takes no files and no time, sets no parent and no relation, and can take no technician away from a ticket.', mend: 'Nothing: these stay with the incident.' },
    ],
  },
  api: { version: 'v3', page: 'https://app.atera.com/apidocs' },
}
