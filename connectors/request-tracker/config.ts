/** All that is to be said of Request Tracker before it is called: form, checks and the page for technicians are made of it. */
import type { ConnectorConfig } from '../port.ts'

export const config: ConnectorConfig = {
  title: 'Request Tracker',
  auth: ['api_key', 'basic'],
  fields: [
    { name: 'user', title: 'Name of the user', description: 'The user all tickets and notes are written as. Make one of its own: what it writes is known as ours by its name.', example: 'alert-whisperer', isRequired: true, isSecret: false, pattern: '[^\\s:]{1,100}' },
    { name: 'token', title: 'Authentication token', description: 'Of that user; shown once.', example: '1-14-3e23e8160039594a33894f6564e1b134', isRequired: true, isSecret: true, for: ['api_key'] },
    { name: 'password', title: 'Password', description: 'Of that user, where your RT gives no tokens.', example: 'correct horse battery', isRequired: true, isSecret: true, for: ['basic'] },
    { name: 'referenceField', title: 'Custom field for our reference', description: 'Name of a custom field for tickets ("Enter one value") that holds our reference. Without one it stands at the start of the subject: [AW-…].', example: 'Alert Whisperer', isRequired: false, isSecret: false, pattern: '[\\p{L}\\p{N} _-]{1,60}' },
  ],
  hosts: [],
  baseUrlExample: 'https://rt.northwind-msp.com',
  mapping: {
    status: { open: 'new', assigned: 'new', in_progress: 'open', waiting: 'stalled', resolved: 'resolved', closed: 'resolved' },
    priority: { critical: '100', high: '80', medium: '50', low: '20', info: '0' },
    place: { queue: 'General' },
  },
  guide: {
    steps: [
      'In RT, open Admin > Users > Create and make the user alert-whisperer; let it access RT and be granted rights (privileged).',
      'Open Admin > Queues, choose the queue for alerts, then User Rights, and give the user the rights named below; or put it into a group that has them.',
      'Log in as that user, open Logged in as > Settings > Auth Tokens, create a token and copy it: it is shown once. Where that page is missing, use the password.',
      'Paste name and token here. The base URL is the address of RT as technicians open it, with its path where it has one, such as https://rt.northwind-msp.com/rt.',
      'Where each customer has a queue of its own, it is found by the customer\'s name and gets that customer\'s tickets; all others go to the queue of the mapping. Give the rights on all these queues.',
      'In the mapping, name the queue by its name or number; names of statuses are those of the queue\'s lifecycle.',
    ],
    permissions: [
      'SeeQueue, ShowTicket, ShowTicketComments', 'CreateTicket, ReplyToTicket, CommentOnTicket, ModifyTicket', 'OwnTicket and ReassignTicket, to give tickets to technicians', 'SeeCustomField and ModifyCustomField, where a custom field holds our reference',
      'ShowArticle on classes whose articles are to be found',
    ],
    webhook: [],
    troubleshooting: [
      { error: 'unauthorized', means: 'RT does not know the token, or the name and password.', mend: 'Create a new token for the user and enter it; see that the user is not disabled.' },
      { error: 'not_found', means: 'There is no /REST/2.0 below the base URL, or the ticket is gone.', mend: 'Give the address that technicians open, with its path. REST 2.0 is part of RT 5 and newer.' },
      { error: 'forbidden', means: 'The user lacks a right on the queue.', mend: 'Give it the rights named above, on the queue or globally.' },
      { error: 'invalid', means: 'RT does not take a value: a status the lifecycle does not have, an owner who may own nothing.', mend: 'Correct the mapping; the error says which value.' },
      { error: 'rate_limited', means: 'A proxy before RT takes no more calls; RT itself has no limit.', mend: 'Nothing: calls wait as long as it asks. Or let the proxy take more from us.' },
      { error: 'No permission to create tickets in the queue', means: 'The queue does not exist, or the user may not create tickets in it.', mend: 'Correct the name of the queue in the mapping, or give the user CreateTicket and SeeQueue there.' },
      { error: 'Permission Denied', means: 'RT answers with success and this text where a right is missing.', mend: 'Give the user the rights named above on the queue.' },
      { error: 'is not what was asked for', means: 'RT kept the old status, owner or priority: the lifecycle of the queue has no such status or no such step, or the technician may not own tickets there.', mend: 'Correct the mapping, or give the technician OwnTicket on the queue.' },
      { error: 'bad_answer', means: 'A page came where JSON is due: a log-in page of a proxy, or another address.', mend: 'Let calls to /REST/2.0 pass the proxy with their Authorization header.' },
    ],
  },
  api: { version: 'REST 2.0 (RT 5)', page: 'https://docs.bestpractical.com/rt/5.0/RT/REST2.html' },
}
