/** All that is to be said of ConnectWise PSA (Manage) before it is called: form, checks and the page for technicians are made of it. */
import type { ConnectorConfig } from '../port.ts'

/** Version of the interface every call is pinned to. */
export const API_VERSION = '2025.1'

/** Sent with every call. */
export const ACCEPT = `application/vnd.connectwise.com+json; version=${API_VERSION}, application/json`

export const config: ConnectorConfig = {
  title: 'ConnectWise PSA (Manage)',
  auth: ['basic'],
  fields: [
    { name: 'company', title: 'Company id', description: 'What you enter as "Company" when you log in to ConnectWise.', example: 'northwind', isRequired: true, isSecret: false, pattern: '[A-Za-z0-9_.-]{1,50}' },
    { name: 'member', title: 'API member', description: 'Member id (not the name) of the API member the keys belong to. Notes written by it are known as ours, and time is booked on it.', example: 'AWhisper', isRequired: true, isSecret: false, pattern: '[^"\\\\\\r\\n]{1,15}' },
    { name: 'clientId', title: 'Client id', description: 'Id of the integration from developer.connectwise.com; ConnectWise refuses every call without it.', example: '7f3c1e52-4a0b-4d7e-9a35-2f1c8f6f0a11', isRequired: true, isSecret: false, pattern: '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}' },
    { name: 'publicKey', title: 'Public key', description: 'Public half of the API member’s key pair.', example: 'aBcDeFgHiJkLmNoP', isRequired: true, isSecret: true },
    { name: 'privateKey', title: 'Private key', description: 'Private half; ConnectWise shows it once.', example: 'QrStUvWxYzAbCdEf', isRequired: true, isSecret: true },
    { name: 'textPlace', title: 'Where the ticket’s text goes', description: '"internal": the Internal tab, seen by technicians only. "discussion": the Discussion tab, which the client may read and may be mailed.', example: 'internal', default: 'internal', isRequired: false, isSecret: false, pattern: 'internal|discussion' },
  ],
  hosts: ['.myconnectwise.net', '.connectwisedev.com'],
  baseUrlExample: 'https://api-na.myconnectwise.net/v4_6_release/apis/3.0',
  mapping: {
    status: { open: 'New', assigned: 'Assigned', in_progress: 'In Progress', resolved: 'Completed', closed: '>Closed' },
    priority: { critical: 'Priority 1 - Emergency Response', high: 'Priority 2 - Quick Response', medium: 'Priority 3 - Normal Response', low: 'Priority 4 - Scheduled Maintenance', info: 'Priority 4 - Scheduled Maintenance' },
    place: {},
  },
  guide: {
    steps: [
      'System > Security Roles: add a role "Alert Whisperer" with the permissions below and no others.',
      'System > Members > API Members: add a member, for example with the member id "AWhisper", with that role, level "Corporate (Level 1)", and the service board’s location and department as its defaults.',
      'Open the member, tab API Keys: add a key named "Alert Whisperer", save, and copy both halves. The private one is shown this once.',
      'At developer.connectwise.com > ClientID: register an integration and copy its id. A client id belongs to your MSP and may serve several connections.',
      'Find your address: log in, open Help > About; na.myconnectwise.net becomes https://api-na.myconnectwise.net/v4_6_release/apis/3.0 (eu, au, za alike). On premises it is https://your-host/v4_6_release/apis/3.0.',
      'Choose the service board for these tickets and enter it, by name or id, as place "board" of the mapping. Give the names of the board’s own statuses: "closed" has to be one that closes (its name often starts with >). For waiting there is no usual name: enter yours so that a ticket on hold is known as one.',
      'Enter the id of your catch-all company as place "company", if tickets of companies that are not matched yet are to go there. ConnectWise takes no ticket without a company.',
      'To book the time of runbooks give places "workType" and "workRole", unless the API member has defaults for them.',
      'What solved a problem is written to the Resolution tab of its ticket, which clients may read; everything else is for technicians, unless public notes are switched on for a company.',
    ],
    permissions: [
      'Service Desk > Service Tickets: Add All, Edit All, Inquire All',
      'Service Desk > Close Service Tickets: Edit All',
      'Companies > Company Maintenance: Inquire All',
      'Companies > Configurations: Inquire All',
      'Companies > Manage Attachments: Add All, Inquire All',
      'Time & Expense > Time Entry: Add All, Inquire All',
      'System > Member Maintenance: Inquire All',
      'System > Table Setup: Inquire All, and under "customize" only Service / Service Board, Service / Priority',
    ],
    webhook: [
      'ConnectWise has no page for callbacks; they are made with one call by a member who may add them (System > Table Setup: Add). Take your own keys for it, not those of this connection.',
      '`curl -u "company+publicKey:privateKey" -H "clientId: CLIENT_ID" -H "Content-Type: application/json" -d \'{"description":"Alert Whisperer","type":"ticket","level":"owner","objectId":1,"url":"HOOK_ADDRESS?recordId="}\' BASE_URL/system/callbacks`',
      'HOOK_ADDRESS is what `aw connection show` gives. Leave `?recordId=` behind it: ConnectWise writes the id and the action of each callback at the end of the address, which would else change its key. To hear of one board only take "level":"board" and the board’s id as objectId.',
      'Nothing has to be pasted here: ConnectWise signs each callback with a key of its own, which is fetched from your ConnectWise host alone.',
      'Set "isSelfSuppressedFlag" to true if the callback is made by the API member itself: its own changes are then not sent back.',
    ],
    troubleshooting: [
      { error: 'unauthorized', means: 'Company id, public key or private key is wrong, the key was deleted, the member is inactive, or the client id is unknown.', mend: 'Make a new key pair at the API member and enter both halves; the company id is the one of the login page; copy the client id anew from developer.connectwise.com > ClientID.' },
      { error: 'forbidden', means: 'The security role of the API member lacks a permission; the check names it.', mend: 'System > Security Roles: give it what is listed above. ConnectWise applies it within minutes.' },
      { error: 'invalid', means: 'A field was refused; the text behind it names it. company: the ticket has none, or one that takes no tickets. status: the board has no such status.', mend: 'Match the company or give place "company"; correct the mapping. The check lists the statuses of the board.' },
      { error: 'not_found', means: 'The ticket was deleted, or the API member may not see its board or location.', mend: 'If it is there, give the security role Inquire All instead of My.' },
      { error: 'conflict', means: 'Somebody saved the ticket at the same moment.', mend: 'Nothing: it is tried again.' },
      { error: 'rate_limited', means: 'Too many calls. ConnectWise states no number; all integrations share it.', mend: 'Nothing: calls wait as long as it asks. If it stays, look for another integration that polls.' },
      { error: 'misconfigured', means: 'The address sends on to another one, mostly because the region or codebase is wrong.', mend: 'Look at https://HOST/login/companyinfo/COMPANY_ID, which names SiteUrl and Codebase.' },
      { error: 'tls', means: 'An on-premises server with a certificate nobody trusts.', mend: 'Install a certificate of a known authority; checking it cannot be switched off.' },
    ],
  },
  api: { version: API_VERSION, page: 'https://developer.connectwise.com/Products/ConnectWise_PSA/REST' },
}
