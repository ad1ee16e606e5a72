import type { SourceGuide } from '../source.ts'

/** How to point ServerGuard24 at us. */
export const guide: SourceGuide = {
  name: 'ServerGuard24',
  family: 'uptime',
  setup: [
    'Open Notifications and add a contact of the type Webhook.',
    'Set the name to "Alert Whisperer" and paste {url}?api_key={key} as the URL.',
    'Assign the contact to the servers and services, for Warning, Critical and OK, and save.',
  ],
  authentication: 'ServerGuard24 documents no headers and no signature: the key goes into the URL as ?api_key=. Leave the signature requirement off.',
  proof: 'none',
  template: null,
  references: ['https://www.serverguard24.com/'],
}
