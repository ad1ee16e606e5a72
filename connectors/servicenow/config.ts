/** What a ServiceNow connection needs, and what a technician does there first. */
import type { ConnectorConfig } from '../port.ts'

/** Form, validation and docs page are made from this. Choice values are those of a new instance; each instance may have changed them. */
export const config: ConnectorConfig = {
  title: 'ServiceNow',
  auth: ['oauth2_client', 'basic'],
  fields: [
    { name: 'username', title: 'Integration user', description: 'User ID of the user the calls are made as: with basic its name, with OAuth the user set in the OAuth application. Notes of this user are known as ours.', example: 'alert.whisperer', isRequired: true, isSecret: false, pattern: '[^:\\s^]{1,100}' },
    { name: 'password', title: 'Password', description: 'Password of the integration user.', example: 'a long random word', isRequired: true, isSecret: true, for: ['basic'] },
    { name: 'clientId', title: 'Client ID', description: 'Client ID of the OAuth application registry.', example: 'f3a1c0de9b7a4f6d8c2e5b1a09d8e7f6', isRequired: true, isSecret: false, for: ['oauth2_client'] },
    { name: 'clientSecret', title: 'Client secret', description: 'Client secret of the OAuth application registry.', example: 'a long random word', isRequired: true, isSecret: true, for: ['oauth2_client'] },
  ],
  oauth: { authorizeUrl: '{baseUrl}/oauth_auth.do', tokenUrl: '{baseUrl}/oauth_token.do', defaultScopes: [], clientAuth: 'body' },
  hosts: ['.service-now.com'],
  baseUrlExample: 'https://example.service-now.com',
  mapping: {
    status: { open: '1', assigned: '1', in_progress: '2', waiting: '3', resolved: '6', closed: '7' },
    priority: { critical: '1-1', high: '1-2', medium: '2-2', low: '2-3', info: '3-3' },
    place: { closeCode: 'Solution provided' },
  },
  guide: {
    steps: [
      'Create a user for the integration (User Administration > Users): user ID `alert.whisperer`, time zone GMT, "Web service access only" and "Internal Integration User" set, no e-mail address that is read by people.',
      'Give this user the role itil, or sn_incident_write and sn_incident_read where your instance has them; sn_change_write if change requests are to be made; knowledge and cmdb_read for the look-ups. Do not give admin.',
      'For OAuth: set the system property glide.oauth.inbound.client.credential.grant_type.enabled to true, then System OAuth > Application Registry > New > Create an OAuth API endpoint for external clients; set its OAuth application user to the integration user; copy client ID and client secret here.',
      'For basic: set a password that never expires and paste it here. OAuth is better: it can be withdrawn by itself.',
      'Look at the resolution codes of your instance (an incident\'s Resolution code list): put the one to use as place `closeCode`. Put the sys_id of the group that gets the incidents as place `assignmentGroup`, and of the caller to show as place `callerId` where your form demands one.',
      'Priority is made by ServiceNow from impact and urgency: the mapping holds them as `impact-urgency`, such as 1-2.',
    ],
    permissions: [
      'Tables incident (read, create, write) and sys_journal_field (read): work notes and comments',
      'sys_attachment (read, create on incident) for files',
      'sys_choice, sys_user, sys_user_group and core_company (read): choice values, technicians, groups and companies',
      'cmdb_ci (read) and task_ci (read, create): configuration items and affected items',
      'kb_knowledge (read) for the knowledge base; change_request (read, create, write) for change requests',
    ],
    webhook: [
      'System Definition > Business Rules > New: table Incident, advanced, when: async, on insert and update, condition: correlation_id starts with AW-.',
      'Script: var r = new sn_ws.RESTMessageV2(); r.setEndpoint(\'<the address shown for this connection>\'); r.setHttpMethod(\'POST\'); r.setRequestHeader(\'Content-Type\', \'application/json\'); r.setRequestBody(JSON.stringify({ sys_id: current.getUniqueValue(), number: current.getValue(\'number\') })); r.executeAsync();',
      'The body is a hint only: the incident is read back before anything is believed. The long random part of the address is the proof; keep the rule readable by administrators alone.',
      'Without a rule the connection is polled, which costs calls and is later.',
    ],
    troubleshooting: [
      { error: 'unauthorized', means: '401 User Not Authenticated: user, password or token are wrong, or the user is locked out or inactive.', mend: 'Try the user in a private browser window or the REST API Explorer; enter the credentials again.' },
      { error: 'forbidden', means: '403, Operation Failed, ACL Exception: the user lacks a role for the table that is named.', mend: 'Give the role that the check names. A table or field ACL of your own may be in the way: debug security rules as that user.' },
      { error: 'not_found', means: '404 No Record found: the incident was deleted, or an ACL or the domain of the user hides it.', mend: 'Open the incident as the integration user; give it the domain of the company, or a role that may see it.' },
      { error: 'Data Policy Exception', means: '403 at a create or a resolve: your instance demands a field on create or resolve, often caller, category, resolution code or resolution notes.', mend: 'Set it in the mapping under place (callerId, category, subcategory, closeCode), or relax the data policy for the integration user.' },
      { error: 'invalid', means: 'A choice value, a group or a record that is written does not exist in this instance, or an id is no sys_id.', mend: 'Run the check: it names each mapped value that does not exist.' },
      { error: 'rate_limited', means: '429 with X-RateLimit-Rule: an inbound REST rate limit rule of your instance was hit.', mend: 'It waits by itself. Raise the rule for the integration user under System Web Services > Rate Limit Rules.' },
    ],
  },
  api: { version: 'Table API v1, Attachment API v1', page: 'https://www.servicenow.com/docs/r/api-reference/rest-apis/c_TableAPI.html' },
}
