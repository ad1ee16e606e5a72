import type { SourceGuide } from '../source.ts'

/** How to point Fastly at us. */
export const guide: SourceGuide = {
  name: 'Fastly',
  family: 'network',
  setup: [
    'In the Fastly control panel open Observability > Integrations (or Account > Integrations), choose Create integration and the type Webhook.',
    'Give it a name and write {url}?api_key={key} as webhook URL. Create.',
    'Open Observability > Alerts, create or edit an alert definition, and choose the integration under Notifications. Name the service in the alert\'s title, because the message does not tell it.',
  ],
  authentication: 'The webhook has nothing but its address, so the key stands there. Fastly documents no signature for alerts; switch the signature off for this integration.',
  proof: 'none',
  template: null,
  references: ['https://www.fastly.com/documentation/reference/api/observability/alerts/definitions/', 'https://www.fastly.com/documentation/guides/observability/monitoring-alerting/about-alerts/'],
}
