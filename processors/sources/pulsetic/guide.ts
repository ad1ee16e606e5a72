import type { SourceGuide } from '../source.ts'

/** How to point Pulsetic at us. */
export const guide: SourceGuide = {
  name: 'Pulsetic',
  family: 'uptime',
  setup: [
    'Open Integrations and choose Webhook.',
    'Paste {url}?api_key={key} as the webhook URL and save.',
    'Switch the webhook on in the notification settings of each monitor.',
  ],
  authentication: 'Pulsetic documents no headers of its own choice and no signature: the key goes into the URL as ?api_key=. Leave the signature requirement off.',
  proof: 'none',
  template: null,
  references: ['https://pulsetic.com/integrations/'],
}
