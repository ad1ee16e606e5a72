import type { SourceGuide } from '../source.ts'

/** How to point Cronitor at us. */
export const guide: SourceGuide = {
  name: 'Cronitor',
  family: 'uptime',
  setup: [
    'Open Settings, Integrations and choose Add beside Webhooks.',
    'Set the name to "Alert Whisperer", paste {url}?api_key={key} as the URL that receives POST requests and press Create Integration.',
    'Open Settings, Notification Lists (Alerts) and add the webhook to the list that your monitors use.',
  ],
  authentication: 'Cronitor sends no headers of its own choice and no signature: the key goes into the URL as ?api_key=. Leave the signature requirement off.',
  proof: 'none',
  template: null,
  references: ['https://cronitor.io/docs/using-webhooks'],
}
