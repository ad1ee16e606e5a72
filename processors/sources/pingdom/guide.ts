import type { SourceGuide } from '../source.ts'

/** How to point Pingdom at us. */
export const guide: SourceGuide = {
  name: 'Pingdom',
  family: 'uptime',
  setup: [
    'Open Integrations, Integrations and press Add integration.',
    'Set Type to Webhook, Name to "Alert Whisperer" and paste {url}?api_key={key} into URL.',
    'Leave Active on and save.',
    'Edit each uptime or transaction check and switch the integration on under Connect Integrations.',
  ],
  authentication: 'Pingdom sends no headers of its own choice and no signature: the key goes into the URL as ?api_key=. Leave the signature requirement off.',
  proof: 'none',
  template: null,
  references: ['https://www.pingdom.com/resources/webhooks/'],
}
