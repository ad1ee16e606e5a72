import type { SourceGuide } from '../source.ts'

/** How PagerDuty is pointed at us. */
export const guide: SourceGuide = {
  name: 'PagerDuty (outgoing webhooks)',
  family: 'on-call',
  setup: [
    'Open Integrations > Generic Webhooks (v3) and choose New Webhook.',
    'Set Webhook URL to {url} and choose the scope: account, team or service.',
    'Under Event Subscription choose at least incident.triggered, incident.acknowledged, incident.unacknowledged, incident.resolved and incident.reopened; incident.priority_updated, incident.escalated and incident.reassigned keep the labels fresh.',
    'Under Custom Headers add X-API-Key with the value {key}, then choose Add Webhook.',
    'Copy the signing secret that is shown once and store it as the vendor secret of this integration.',
    'Choose Send Test Event on the webhook: it answers 202 and makes no alert.',
  ],
  authentication: 'Version 3 signs every request: X-PagerDuty-Signature holds v1=<hex HMAC-SHA256 of the body>, several separated by commas while a secret rotates. The custom header X-API-Key names the company. Versions 1 and 2 are not signed: give the key as ?api_key={key} in the URL and switch the HMAC off for that integration.',
  proof: 'vendor-secret',
  template: null,
  references: ['https://developer.pagerduty.com/docs/webhooks-overview', 'https://developer.pagerduty.com/docs/verifying-webhook-signatures', 'https://support.pagerduty.com/main/docs/webhooks'],
}
