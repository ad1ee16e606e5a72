import type { SourceGuide } from '../source.ts'

/** How Google Cloud Monitoring is pointed at us. */
export const guide: SourceGuide = {
  name: 'Google Cloud Monitoring',
  family: 'cloud',
  setup: [
    'In the Google Cloud console open Monitoring, Alerting, and click Edit notification channels.',
    'In the section Webhooks click Add new.',
    'Endpoint URL: {url}. Display Name: Alert Whisperer.',
    'Check Use HTTP Basic Auth; any user name, and {key} as the password.',
    'Click Test Connection, then Save.',
    'Open each alerting policy, Edit, Notifications and name, and choose the channel; check Notify on incident closure, or the end of a problem is never told.',
    'In the same step choose a Policy severity level: without one every alert arrives without severity.',
    'Instead of a webhook a Pub/Sub channel may be used: create a push subscription of its topic with the endpoint {url}.',
  ],
  authentication: 'The webhook channel sends HTTP Basic authentication, or a token in the address; it cannot set headers and signs nothing. A Pub/Sub push subscription sends a JWT of its service account as a bearer token (Enable authentication).',
  proof: 'none',
  template: null,
  references: [
    'https://cloud.google.com/monitoring/support/notification-options',
    'https://cloud.google.com/monitoring/alerts/concepts-indepth',
    'https://cloud.google.com/pubsub/docs/push',
  ],
}
