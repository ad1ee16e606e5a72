import type { SourceGuide } from '../source.ts'

/** How to point New Relic at us. */
export const guide: SourceGuide = {
  name: 'New Relic',
  family: 'apm',
  setup: [
    'In New Relic open Alerts > Destinations, choose Webhook, and give it a name.',
    'Endpoint URL: {url}. Under Custom headers add X-API-Key with the value {key}. Save destination.',
    'Open Alerts > Workflows, choose Add a workflow (or edit one), filter the issues you want to send.',
    'Under Notify choose Webhook and the new destination. Keep the payload template as it is; the default is read.',
    'Keep all Additional settings on, so that acknowledged, closed and changed issues are sent too.',
    'Send test notification, then Activate workflow.',
  ],
  authentication: 'Webhook destinations send a custom header, basic authentication or a bearer token; New Relic does not sign. Switch the signature off for this integration.',
  proof: 'none',
  template: null,
  references: [
    'https://docs.newrelic.com/docs/alerts/get-notified/notification-integrations/#webhook',
    'https://docs.newrelic.com/docs/alerts/get-notified/custom-variables-incident-workflows/',
  ],
}
