import type { SourceGuide } from '../source.ts'

/** How Grafana is pointed at us. */
export const guide: SourceGuide = {
  name: 'Grafana Alerting',
  family: 'metrics',
  setup: [
    'Open Alerting > Contact points (in newer releases Alerting > Notification configuration) and choose Create contact point.',
    'Choose the integration Webhook, set URL to {url} and HTTP Method to POST.',
    'Under Optional Webhook settings set Authorization Header - Scheme to Bearer and Authorization Header - Credentials to {key}; leave Max Alerts at 0 and leave Title and Message as they are.',
    'Under Notification settings leave Disable resolved message off: the end arrives only with it.',
    'From Grafana 12 on set HMAC Signature > Secret to the HMAC secret of this integration, Header to X-Grafana-Alerting-Signature and Timestamp Header to X-Grafana-Alerting-Timestamp.',
    'Choose Test > Send test notification: an alert called TestAlert arrives. Then save and choose the contact point in Alerting > Notification policies (or in each rule).',
    'Give the rules a label severity (critical, warning, info): Grafana has no severity of its own. Legacy alerting (before Grafana 9): Alerting > Notification channels > type webhook, with the same URL and the key as the password.',
  ],
  authentication: 'Grafana sends the key as a bearer token (or as the password of Basic). From release 12 it signs: hex HMAC-SHA256 of the body, or of timestamp, a colon and the body, in X-Grafana-Alerting-Signature. For older releases switch the HMAC off for this integration.',
  proof: 'optional',
  template: null,
  references: ['https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/', 'https://grafana.com/docs/grafana/v8.5/alerting/old-alerting/notifications/'],
}
