import type { SourceGuide } from '../source.ts'

/** How to point Better Stack Uptime at us. */
export const guide: SourceGuide = {
  name: 'Better Stack',
  family: 'uptime',
  setup: [
    'In Uptime open Integrations, Exporting data and find Outgoing webhooks.',
    'Press Configure (or Add) and choose the type Incident.',
    'Paste {url} into Webhook URL and set Name to "Alert Whisperer".',
    'Switch on the events for a started, an acknowledged and a resolved incident.',
    'Under Advanced settings choose Basic authentication with any user name and the password {key}, or add the header X-API-Key: {key}. Where the form has neither, paste {url}?api_key={key}.',
    'Save. Webhooks of type Monitor and On-call contact are received too and carry no alert.',
  ],
  authentication: 'The key as the password of Basic authentication, as the header X-API-Key, or as ?api_key= of the URL. Better Stack does not sign: leave the signature requirement off.',
  proof: 'none',
  template: null,
  references: ['https://betterstack.com/docs/uptime/webhooks/', 'https://betterstack.com/docs/uptime/api/incidents-api-response-params/', 'https://betterstack.com/docs/errors/integrations/outgoing-webhooks/', 'https://betterstack.com/docs/uptime/api/incident-log-drain/', 'https://betterstack.com/docs/uptime/subscribing-to-status-updates/subscribing-with-webhooks'],
}
