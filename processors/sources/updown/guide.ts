import type { SourceGuide } from '../source.ts'

/** How to point updown.io at us. */
export const guide: SourceGuide = {
  name: 'updown.io',
  family: 'uptime',
  setup: [
    'Open Settings, Alerts (Recipients) and choose Webhook under Add a recipient.',
    'Paste {url}?api_key={key} as the URL and add it.',
    'Select the recipient in the alert settings of each check; new checks have it already.',
  ],
  authentication: 'updown.io sends no headers of its own choice and no signature: the key goes into the URL as ?api_key=. Its addresses are listed at updown.io/api/nodes, should you keep an allow-list. Leave the signature requirement off.',
  proof: 'none',
  template: null,
  references: ['https://updown.io/api#webhooks'],
}
