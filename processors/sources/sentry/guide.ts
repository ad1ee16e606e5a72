import type { SourceGuide } from '../source.ts'

/** How to point Sentry at us. */
export const guide: SourceGuide = {
  name: 'Sentry',
  family: 'apm',
  setup: [
    'In Sentry open Settings > Developer Settings (in newer versions Custom Integrations), choose Create New Integration and Internal Integration.',
    'Webhook URL: {url}?api_key={key}. Switch on Alert Rule Action, so that alert rules can use the integration.',
    'Permissions: Issue & Event Read. Under Webhooks tick issue (and error only if you want every single event). Save Changes.',
    'Store the Client Secret as the vendor secret of this integration: Sentry signs every hook with it.',
    'Open Alerts, edit or create a rule, and choose Send a notification via an integration with the name of yours. Metric alerts send their end too.',
  ],
  authentication: 'Sentry signs the body: Sentry-Hook-Signature holds the hex HMAC-SHA256 of the raw body with the Client Secret. The older WebHooks plugin does not sign; switch the signature off for it.',
  proof: 'vendor-secret',
  template: null,
  references: [
    'https://docs.sentry.io/organization/integrations/integration-platform/webhooks/',
    'https://docs.sentry.io/organization/integrations/integration-platform/webhooks/issues/',
    'https://docs.sentry.io/organization/integrations/integration-platform/webhooks/issue-alerts/',
    'https://docs.sentry.io/organization/integrations/integration-platform/webhooks/metric-alerts/',
  ],
}
