/** All that is to be said of Freshdesk before it is called: form, checks and the page for technicians are made of it. */
import type { ConnectorConfig } from '../port.ts'

export const config: ConnectorConfig = {
  title: 'Freshdesk',
  auth: ['api_key'],
  fields: [
    { name: 'apiKey', title: 'API key', description: 'Key of the agent all tickets and notes are written as; make an agent of its own.', example: 'Zx8Kq2Lm4Np6Rt8Vw0Yz', isRequired: true, isSecret: true },
    { name: 'callsPerMinute', title: 'Calls a minute', description: 'What your plan allows: Growth 100 to 200, Pro 400, Enterprise 700; trial accounts 50.', example: '400', default: '100', isRequired: false, isSecret: false, pattern: '[1-9]\\d{1,4}' },
    { name: 'refField', title: 'Field of the reference', description: 'Name of a ticket field, single line text, that holds our reference; empty: it stands in a tag.', example: 'cf_alert_reference', isRequired: false, isSecret: false, pattern: 'cf_[a-z0-9_]+|' },
  ],
  hosts: ['.freshdesk.com'],
  baseUrlExample: 'https://northwind.freshdesk.com/api/v2',
  mapping: {
    status: { open: '2', assigned: '2', in_progress: '2', waiting: '3', resolved: '4', closed: '5' },
    priority: { critical: '4', high: '3', medium: '2', low: '1', info: '1' },
    place: { group: '', type: '' },
  },
  guide: {
    steps: [
      'Admin > Team > Agents > New agent: make a full-time agent for Alert Whisperer, such as alerts@your-domain, with ticket scope "All tickets".',
      'Sign in as that agent: profile picture > Profile settings > View API key. Copy it.',
      'Recommended: Admin > Workflows > Ticket fields: drag "Single line text" in, label it "Alert reference" and save; its name is then cf_alert_reference. Without it every ticket gets a tag of its own.',
      'Take your plan’s calls a minute from Admin > Account > Plans and enter them: all programs of your account share them.',
      'Mapping: statuses are 2 open, 3 pending, 4 resolved, 5 closed or the numbers of your own; priorities 1 low to 4 urgent; place "group" is the id of the group that works on alerts, "type" a ticket type.',
    ],
    permissions: [
      'Tickets: view, create, edit properties, add notes, merge',
      'Time entries: add (only where runbook time is booked)',
      'Contacts: view and create (a contact named "Alert Whisperer" is made for each company, without an e-mail address)',
      'Companies: view; agents: view; solutions: view; ticket fields: view',
    ],
    webhook: [
      'Admin > Workflows > Automations > Ticket updates > New rule: when "Agent" or "Requester" performs: status is changed, agent is changed, note is added, reply is sent, ticket is deleted.',
      'Action "Trigger webhook": POST to the address shown with this connection, encoding JSON, content "Advanced": {"ticket_id":"{{ticket.id}}"}',
    ],
    troubleshooting: [
      { error: 'unauthorized', means: 'The API key is wrong or was reset, or the agent was deactivated.', mend: 'View the key again in the agent’s profile and enter it.' },
      { error: 'forbidden', means: 'The agent’s role lacks a right.', mend: 'Give the role what the check names.' },
      { error: 'invalid', means: 'Freshdesk refused a value: a group, type or status that is gone, or a field that must be filled before a ticket is closed.', mend: 'Read the text: it names the field. Correct the mapping, or make the field optional.' },
      { error: 'rate_limited', means: 'The plan’s calls a minute are used up, by us or by another program.', mend: 'Nothing: calls wait, critical ones go first. Enter your plan’s number if it is higher.' },
      { error: 'not_found', means: 'The ticket was deleted for good, or the agent may not see its group.', mend: 'Give the agent the ticket scope "All tickets".' },
      { error: 'conflict', means: 'A contact of that name exists already.', mend: 'Nothing: it is looked up and used.' },
    ],
  },
  api: { version: '2', page: 'https://developers.freshdesk.com/api/' },
}
