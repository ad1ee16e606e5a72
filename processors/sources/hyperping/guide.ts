import type { SourceGuide } from '../source.ts'

/** How to point Hyperping at us. */
export const guide: SourceGuide = {
  name: 'Hyperping',
  family: 'uptime',
  setup: [
    'Open Integrations and press Connect on the Webhooks card.',
    'Paste {url}?api_key={key} as the webhook URL and save.',
    'Let a monitor of a missing page fail once, to see it arrive.',
  ],
  authentication: 'Hyperping sends no headers of its own choice and no signature: the key goes into the URL as ?api_key=. Leave the signature requirement off.',
  proof: 'none',
  template: null,
  references: ['https://hyperping.com/docs/integrations/webhooks'],
}
