import type { SourceGuide } from '../source.ts'

/** How to point Honeycomb at us. */
export const guide: SourceGuide = {
  name: 'Honeycomb',
  family: 'apm',
  setup: [
    'In Honeycomb open Team Settings > Integrations, find Trigger and SLO Recipients and choose Add Integration.',
    'Provider: Webhook. Give it a name. Webhook URL: {url}. Add the custom header X-API-Key with the value {key}. The Shared Secret is what this integration stores as its vendor secret.',
    'Leave the default payload, or keep the names id, name, status and summary in a template of your own. Choose Test, then Add.',
    'Open each trigger (Alert > Triggers) and each burn alert of an SLO and add the recipient.',
  ],
  authentication: 'The header X-Honeycomb-Webhook-Token carries the Shared Secret as it stands; a custom header carries the key. Honeycomb signs nothing; without a Shared Secret leave the signature requirement off.',
  proof: 'vendor-secret',
  template: null,
  references: ['https://docs.honeycomb.io/notify/webhooks/', 'https://docs.honeycomb.io/integrations/webhooks/variables'],
}
