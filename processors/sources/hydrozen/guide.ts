import type { SourceGuide } from '../source.ts'

/** How to point Hydrozen.io at us. */
export const guide: SourceGuide = {
  name: 'Hydrozen.io',
  family: 'uptime',
  setup: [
    'Open Notification handlers (Integrations) and create one of the type Webhook.',
    'Set the name to "Alert Whisperer" and paste {url}?api_key={key} as the webhook URL.',
    'Select the handler under Notifications of each monitor, heartbeat and domain name.',
  ],
  authentication: 'Hydrozen sends no headers of its own choice and no signature: the key goes into the URL as ?api_key=. Leave the signature requirement off.',
  proof: 'none',
  template: null,
  references: ['https://docs.hydrozen.io/overview/integrations/webhooks'],
}
