import type { SourceGuide } from '../source.ts'

/** How to point Splunk Observability Cloud at us. */
export const guide: SourceGuide = {
  name: 'Splunk Observability Cloud (SignalFx)',
  family: 'metrics',
  setup: [
    'In Splunk Observability Cloud open Data Management > Available integrations, search for Webhook and choose New Integration.',
    'Give it a name. URL: {url}. Shared secret: the HMAC secret of this integration. Add the custom header X-API-Key with the value {key}.',
    'Leave Payload as it is (do not tick Customize payload). Save.',
    'Open the detector, edit each alert rule and under Alert recipients add Webhook with the new integration. Save the detector.',
  ],
  authentication: 'With a shared secret each message carries X-SFX-Signature: the base64 HMAC of the raw body with that secret. Custom headers carry the key. Without a secret leave the signature requirement off.',
  proof: 'optional',
  template: null,
  references: [
    'https://help.splunk.com/en/splunk-observability-cloud/manage-data/available-data-sources/available-data-sources-in-splunk-observability-cloud/send-alerts-to-third-party-services/send-alerts-to-a-webhook',
    'https://dev.splunk.com/observability/docs/integrations/webhook_integration_overview/',
  ],
}
