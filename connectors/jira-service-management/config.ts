/** What a Jira Service Management connection needs, and what a technician does there first. */
import type { ConnectorConfig } from '../port.ts'

/** Form, validation and docs page are made from this. Status names are those of the incident workflow of a new service project. */
export const config: ConnectorConfig = {
  title: 'Jira Service Management',
  auth: ['basic', 'oauth2_code'],
  fields: [
    { name: 'email', title: 'E-mail address', description: 'Address of the Atlassian account the API token belongs to.', example: 'alert.whisperer@msp.example', isRequired: true, isSecret: false, for: ['basic'], pattern: '[^\\s:@]+@[^\\s:@]+' },
    { name: 'apiToken', title: 'API token', description: 'Token of that account (id.atlassian.com > Security > API tokens).', example: 'a long random word', isRequired: true, isSecret: true, for: ['basic'] },
    { name: 'clientId', title: 'Client ID', description: 'Client ID of the OAuth 2.0 app in the developer console.', example: 'aB3dE5fG7hJ9kL1mN3pQ5rS7', isRequired: true, isSecret: false, for: ['oauth2_code'] },
    { name: 'clientSecret', title: 'Client secret', description: 'Client secret of the same app.', example: 'a long random word', isRequired: true, isSecret: true, for: ['oauth2_code'] },
    { name: 'siteUrl', title: 'Address of the site', description: 'With OAuth the base URL is api.atlassian.com; links for people need the site itself.', example: 'https://example.atlassian.net', isRequired: false, isSecret: false, for: ['oauth2_code'], pattern: 'https://[a-z0-9-]+\\.atlassian\\.net' },
  ],
  oauth: {
    authorizeUrl: 'https://auth.atlassian.com/authorize', tokenUrl: 'https://auth.atlassian.com/oauth/token', clientAuth: 'body',
    defaultScopes: ['read:jira-work', 'write:jira-work', 'read:jira-user', 'read:servicedesk-request', 'write:servicedesk-request', 'manage:servicedesk-customer', 'offline_access'],
    authorizeQuery: { audience: 'api.atlassian.com', prompt: 'consent' },
  },
  hosts: ['.atlassian.net', 'api.atlassian.com', 'auth.atlassian.com'],
  baseUrlExample: 'https://example.atlassian.net',
  mapping: {
    status: { open: 'Open', assigned: 'Open', in_progress: 'Work in progress', waiting: 'Pending', resolved: 'Completed', closed: 'Closed' },
    priority: { critical: 'Highest', high: 'High', medium: 'Medium', low: 'Low', info: 'Lowest' },
    place: { resolution: 'Done', parentLink: 'Problem/Incident', duplicateLink: 'Duplicate' },
  },
  guide: {
    steps: [
      'Make an Atlassian account for the integration and give it a Jira Service Management agent licence; add it to the service project with the role Service Desk Team.',
      'API token: log in as this account, id.atlassian.com > Security > Create API token; paste it here with the account\'s address. The base URL is the site, such as https://example.atlassian.net.',
      'Or OAuth (3LO): developer.atlassian.com > Console > Create > OAuth 2.0 integration; add the APIs "Jira API" and "Jira Service Management API" with the scopes below, and the call-back address that is shown when you connect. The base URL is https://api.atlassian.com/ex/jira/ and the cloud id (https://example.atlassian.net/_edge/tenant_info shows it); put the site into "Address of the site".',
      'Choose service desk and request type for incidents: run the check, it lists their ids; put them as places `serviceDeskId` and `requestTypeId`.',
      'Add Labels and Priority to that request type (Project settings > Request types > the type > fields; they may be hidden from the portal). Without Labels our reference stands in the summary.',
      'Compare the status names of the workflow with the mapping: each state needs a status, and a transition that leads to it from where a ticket may be.',
      'If the workflow asks for a resolution, put its name as place `resolution`. Link types for parents and duplicates are the places `parentLink` and `duplicateLink`.',
    ],
    permissions: [
      'In the service project: Browse projects, Create issues, Edit issues, Add comments, Transition issues, Assign issues, Create attachments, Work on issues, Link issues, Service desk agent',
      'Browse users and groups (global): technicians',
      'With OAuth: read:jira-work, write:jira-work, read:jira-user, read:servicedesk-request, write:servicedesk-request, manage:servicedesk-customer (organisations can be listed with no smaller one), offline_access',
      'No administration of Jira is needed, and none should be given',
    ],
    webhook: [
      'A Jira administrator: Settings > System > WebHooks > Create a WebHook.',
      'URL: the address shown for this connection. Secret: the webhook secret of this connection; with it Jira signs each post (X-Hub-Signature), and unsigned posts are refused.',
      'Issue filter (JQL): project = <key of the service project>. Events: issue updated and deleted, comment created and updated. Leave "Exclude body" off.',
      'Automation rules cannot sign: use a system webhook. Without one the connection is polled.',
    ],
    troubleshooting: [
      { error: 'unauthorized', means: '401: address or token are wrong, or the token ended: tokens live a year at most.', mend: 'Make a new token; with OAuth connect again.' },
      { error: 'forbidden', means: '403: the account has no agent licence, or lacks a permission in the project.', mend: 'Give the permission that the check names; see the project\'s permission helper.' },
      { error: 'not_found', means: '404: the ticket is gone, or the account may not browse it, or it is no request of a service project.', mend: 'Open it as the integration\'s account. A ticket that was moved out of the service project cannot get internal notes.' },
      { error: 'invalid', means: 'No transition leads to a status: the workflow does not lead from where the ticket is to the mapped status, or a condition forbids it to the account.', mend: 'Add a transition, or map the state to a status that can be reached.' },
      { error: 'Field cannot be set. It is not on the appropriate screen', means: 'The request type or the edit screen lacks the field.', mend: 'Add Priority and Labels to the request type and the edit screen.' },
      { error: 'rate_limited', means: '429 with RateLimit-Reason: the quota of the app, the burst limit of the token, or the limit of writes to one issue.', mend: 'It waits as long as Jira asks.' },
    ],
  },
  api: { version: 'Jira Cloud platform v2, Jira Service Management Cloud', page: 'https://developer.atlassian.com/cloud/jira/service-desk/rest/' },
}
