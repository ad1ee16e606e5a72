import type { SourceGuide } from '../source.ts'

/** How NetBox is pointed at us. */
export const guide: SourceGuide = {
  name: 'NetBox',
  family: 'network',
  setup: [
    'In NetBox open Operations, Integrations, Webhooks, and click Add.',
    'Name: Alert Whisperer. URL: {url}. HTTP method: POST. HTTP content type: application/json. Leave the body template empty.',
    'Additional headers: Authorization: Bearer {key}. Secret: the HMAC secret of this integration.',
    'Open Operations, Integrations, Event Rules, and click Add: the object types whose jobs you want to hear of (scripts, data sources), and under Event types Job completed, Job failed and Job errored.',
    'Action type: Webhook, and the webhook just made. Events about objects may be sent too; they carry no alert.',
  ],
  authentication: 'The key goes into an additional header. With a secret NetBox sends X-Hook-Signature, the hex HMAC-SHA512 of the body, which we verify. Without one leave the signature requirement off.',
  proof: 'optional',
  template: null,
  references: [
    'https://netboxlabs.com/docs/netbox/en/stable/integrations/webhooks/',
    'https://netboxlabs.com/docs/netbox/en/stable/features/event-rules/',
  ],
}
