/** All that is to be said of Autotask PSA before it is called: form, checks and the page for technicians are made of it. */
import type { ConnectorConfig } from '../port.ts'

export const config: ConnectorConfig = {
  title: 'Autotask PSA',
  auth: ['api_key'],
  fields: [
    { name: 'userName', title: 'User name (key)', description: 'Generated user name of the API user, which looks like an e-mail address. The part behind @ tells which database it is: all connections to it share 10,000 calls an hour.', example: 'q2w4e6r8t0@NORTHWIND.COM', isRequired: true, isSecret: false, pattern: '[^@\\s]+@[^@\\s]+' },
    { name: 'secret', title: 'Password (secret)', description: 'Generated secret of the API user; shown once.', example: 'x7#Kp~2m$Wq9', isRequired: true, isSecret: true },
    { name: 'integrationCode', title: 'Tracking identifier', description: 'Integration code of the API user: the one of the vendor list, or the custom one Autotask generated.', example: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ2', isRequired: true, isSecret: true },
    { name: 'resourceId', title: 'Id of the API user', description: 'Its resource id; needed only where the check cannot find it by the user name. What it writes is known as ours.', example: '29682885', isRequired: false, isSecret: false, pattern: '\\d{1,12}' },
    { name: 'database', title: 'Database', description: 'A name of your own for the database; give the same one to all connections to it if their user names end differently.', example: 'northwind', isRequired: false, isSecret: false, pattern: '[\\w.-]{1,60}' },
  ],
  hosts: ['.autotask.net'],
  baseUrlExample: 'https://webservices.autotask.net/ATServicesRest',
  mapping: {
    status: { open: 'New', assigned: 'Dispatched', in_progress: 'In Progress', waiting: 'Waiting Customer', resolved: 'Complete', closed: 'Complete' },
    priority: { critical: 'Critical', high: 'High', medium: 'Medium', low: 'Low', info: 'Low' },
    place: { queue: 'Monitoring Alert', ticketType: 'Incident' },
  },
  guide: {
    steps: [
      'Admin > Admin Categories > Company Settings & Users > Resources/Users (HR) > Security > Security Levels: copy the level "API User (system)" and name it "Alert Whisperer"; take away what is not listed below.',
      'Resources/Users (HR) > Resources/Users: New > New API User. Give it that security level, press "Generate Key" and "Generate Secret" and copy both.',
      'Under "API Tracking Identifier" choose "Custom (Internal Integration)", name it "Alert Whisperer", and copy the identifier. All integrations of your database share 10,000 calls an hour, whatever their user or identifier.',
      'Leave the base URL at https://webservices.autotask.net/ATServicesRest: the zone your database lives in is asked for by itself.',
      'Mapping: enter statuses, priorities, queue ("queue") and type ("ticketType") by their labels or by their ids; ids differ in every database. The queue is the one your technicians look at.',
      'Enter the id of a company as place "company" if tickets of companies that are not matched yet are to go there; 0 is your own company. Autotask takes no ticket without a company.',
      'Optional places: "source", "issueType", "subIssueType", "ticketCategory", "noteType" (type of our notes), "publicPublish" and "internalPublish" (who sees notes).',
      'To book the time of runbooks enter place "timeResource": the id of the resource it is booked on, with a default service desk role. An API user cannot book time on itself.',
      'Title, description and Resolution of a ticket are seen by clients who use the Client Portal. Notes, files and times are for technicians, unless public notes are switched on for a company.',
    ],
    permissions: [
      'Service Desk: tickets View All, Add All, Edit All; ticket notes and attachments Add All; no Delete',
      'Service Desk: time entries Add and View (only where runbook time is booked)',
      'CRM: companies View All; configuration items View All',
      'Admin: resources View (names of technicians)',
      'Web Services API: "Can login to Web Services API"; no permission to edit protected data, none to impersonate',
    ],
    webhook: [
      'Autotask makes webhooks through its interface alone, by an API user whose level allows webhooks. ZONE is the address the check shows.',
      '`curl -X POST ZONE/V1.0/TicketWebhooks -H "ApiIntegrationCode: CODE" -H "UserName: USER" -H "Secret: SECRET" -H "Content-Type: application/json" -d \'{"name":"Alert Whisperer","isActive":true,"webhookUrl":"HOOK_ADDRESS","deactivationUrl":"HOOK_ADDRESS","secretKey":"WEBHOOK_SECRET","isSubscribedToCreateEvents":false,"isSubscribedToUpdateEvents":true,"isSubscribedToDeleteEvents":true,"sendThresholdExceededNotification":false}\'`',
      'HOOK_ADDRESS is what `aw connection show` gives. WEBHOOK_SECRET is made and shown once with `--make-webhook-secret`, or is one of your own given with `--webhook-secret-file`; Autotask takes 64 characters at most. The call answers the webhook’s id.',
      'Find the ids of the fields: `curl ZONE/V1.0/TicketWebhooks/entityInformation/fields` with the same headers. Then subscribe at least the status, the assigned resource and the priority: `curl -X POST ZONE/V1.0/TicketWebhooks/ID/Fields … -d \'{"fieldID":FIELD,"isSubscribedField":true}\'`. A webhook without a subscribed field never becomes ready.',
      'Notes of technicians change no field of the ticket. To hear of them at once make a second webhook the same way at ZONE/V1.0/TicketNoteWebhooks with "isSubscribedToCreateEvents":true, and subscribe the field of the description. Without it they are seen by polling.',
      'Run the check again: it says when the webhook is ready.',
    ],
    troubleshooting: [
      { error: 'unauthorized', means: 'User name, secret or tracking identifier is wrong, the user is inactive, or the zone is not its own.', mend: 'Generate a new secret at the API user and copy the tracking identifier again; leave the base URL at webservices.autotask.net.' },
      { error: 'invalid: zone', means: 'Autotask knows no zone of that user name.', mend: 'Copy the user name (key) with the part behind @; after a new user it takes a few minutes.' },
      { error: 'forbidden', means: 'The security level of the API user lacks a right, or it may not see that company’s tickets.', mend: 'Give the level what the check names, and see the line of business of the user.' },
      { error: 'invalid', means: 'Autotask answers 500 with a text where a field is wrong or missing: a label that is gone, a required user-defined field, a resource without a role.', mend: 'Read the text. Correct the mapping, or make user-defined fields of the ticket category optional.' },
      { error: 'rate_limited', means: 'More than 3 calls at once, or the 10,000 calls an hour of the whole database are used up.', mend: 'Nothing: calls wait, those of critical incidents go first. If it stays, look who else calls: Admin > Features & Settings > API usage.' },
      { error: 'not_found', means: 'The ticket was deleted, or merged and removed.', mend: 'Nothing: it is taken for gone.' },
      { error: 'server_error', means: 'Autotask is in trouble or under maintenance.', mend: 'Nothing: it is asked again. See status.datto.com.' },
      { error: 'too_large', means: 'Autotask takes files of about 6 MB.', mend: 'Nothing: the file stays in Alert Whisperer.' },
    ],
  },
  api: { version: '1.0', page: 'https://www.autotask.net/help/developerhelp/Content/APIs/REST/REST_API_Home.htm' },
}
