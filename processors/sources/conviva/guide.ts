import type { SourceGuide } from '../source.ts'

/** How to point Conviva at us. */
export const guide: SourceGuide = {
  name: 'Conviva',
  family: 'apm',
  setup: [
    'In Conviva Pulse open Alerts > Settings and the integrations for notifications, and add a webhook.',
    'Webhook URL: {url}?api_key={key}, or {url} where your account may set a header X-API-Key. Send a test, then Save.',
    'Edit each alert policy (AI alerts, custom alerts) and add the webhook to its notifications.',
  ],
  authentication: 'Conviva documents no signature; the key stands in the address (or in a header where the account has them). Switch the signature off for this integration.',
  proof: 'none',
  template: null,
  references: ['https://docs.conviva.com/learning-center-files/content/ei_application/ei-video/alerts/alerts.htm'],
}
