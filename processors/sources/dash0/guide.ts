import type { SourceGuide } from '../source.ts'

/** How to point Dash0 at us. */
export const guide: SourceGuide = {
  name: 'Dash0',
  family: 'apm',
  setup: [
    'In Dash0 open Organization Settings > Notification Channels and choose Add Channel, type Webhook.',
    'URL: {url}. Under Headers add X-API-Key with the value {key}. Keep Follow redirects and the frequency as they are. Send a test, then Save.',
    'Open Alerting > Check Rules, edit each rule and add the channel under Notifications (or route by label in the channel).',
  ],
  authentication: 'Custom headers carry the key. Dash0 does not sign; switch the signature off for this integration.',
  proof: 'none',
  template: null,
  references: ['https://www.dash0.com/documentation/dash0/alerting/notification-channels', 'https://www.dash0.com/documentation/dash0/alerting/check-rules'],
}
