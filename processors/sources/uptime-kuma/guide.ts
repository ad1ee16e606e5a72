import type { SourceGuide } from '../source.ts'

/** How to point Uptime Kuma at us. */
export const guide: SourceGuide = {
  name: 'Uptime Kuma',
  family: 'uptime',
  setup: [
    'Open Settings, Notifications and choose Setup Notification.',
    'Set Notification Type to Webhook and Friendly Name to "Alert Whisperer"; paste {url} into Post URL.',
    'Leave Request Body at "Preset - application/json".',
    'Switch Additional Headers on and paste {"X-API-Key": "{key}"}.',
    'Switch on Default enabled and Apply on all existing monitors, press Test, then Save. The test is received and carries no alert.',
    'To hear of a monitor that stays down, set Resend Notification if Down in the monitor.',
  ],
  authentication: 'The key goes into Additional Headers as X-API-Key. Uptime Kuma does not sign: leave the signature requirement off.',
  proof: 'none',
  template: null,
  references: ['https://github.com/louislam/uptime-kuma/wiki/Notification-Methods', 'https://github.com/louislam/uptime-kuma/blob/master/server/notification-providers/webhook.js'],
}
