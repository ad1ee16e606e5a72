import type { SourceGuide } from '../source.ts'

/** How to point Graylog at us. */
export const guide: SourceGuide = {
  name: 'Graylog',
  family: 'logs',
  setup: [
    'In Graylog open Alerts > Notifications and choose Create notification. Give it a title.',
    'Notification Type: HTTP Notification. URL: {url}. API Key: X-API-Key, API Secret: {key}, sent as header (untick Send as query parameter where it is shown).',
    'If the URL is refused, add it under System > Configurations > URL Whitelist (now Allowlist). Execute Test Notification, then Create.',
    'Open Alerts > Event Definitions, edit each definition, and add the notification in the step Notifications. Group by source, so that each host is an event of its own.',
  ],
  authentication: 'The HTTP Notification carries an API key as header or query parameter, or basic authentication. Graylog does not sign; switch the signature off for this integration.',
  proof: 'none',
  template: null,
  references: ['https://go2docs.graylog.org/current/interacting_with_your_log_data/notifications.html', 'https://go2docs.graylog.org/current/interacting_with_your_log_data/event_definitions.html'],
}
