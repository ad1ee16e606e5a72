import type { SourceGuide } from '../source.ts'

/** How to point Honeycomb at us. */
export const guide: SourceGuide = {
  name: 'Honeycomb',
  family: 'apm',
  setup: [
    'In Honeycomb open Team Settings > Integrations, find Trigger and SLO Recipients and choose Add Integration.',
    'Provider: Webhook. Give it a name. Webhook URL: {url}. Add the custom header X-API-Key with the value {key}, or keep the Shared Secret as this integration\'s vendor secret.',
    'Leave the default payload, or keep the names id, name, status and summary in a template of your own. Choose Test, then Add.',
    'Open each trigger (Alert > Triggers) and each burn alert of an SLO and add the recipient.',
  ],
  authentication: 'The header X-Honeycomb-Webhook-Token carries the Shared Secret as it stands; custom headers may carry the key. Honeycomb does not sign; switch the signature off for this integration.',
  template: null,
  references: ['https://docs.honeycomb.io/notify/webhooks/', 'https://docs.honeycomb.io/integrations/webhooks/variables'],
}
