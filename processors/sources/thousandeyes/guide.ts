import type { SourceGuide } from '../source.ts'

/** How to point ThousandEyes at us. */
export const guide: SourceGuide = {
  name: 'ThousandEyes',
  family: 'network',
  setup: [
    'Open Alerts, Alert Rules, expand a rule and select the tab Notifications.',
    'Under Webhooks press Configure Webhooks (or Edit webhooks), then Add New Webhook.',
    'Set Name to "Alert Whisperer" and paste {url} into URL.',
    'Set Auth Type to Basic, leave any user name and give {key} as the password. Press Test: the test is received and carries no alert.',
    'Press Add New Webhook, select the webhook in the list, tick "Send notification when alert clears" and save. Repeat the selection in each alert rule and in Agent Settings, Notifications.',
  ],
  authentication: 'Basic authentication with the key as the password, or a custom webhook with the header X-API-Key: {key}. ThousandEyes does not sign: leave the signature requirement off.',
  proof: 'none',
  template: null,
  references: ['https://docs.thousandeyes.com/product-documentation/alerts/standard-notification-methods/classic-webhooks-for-alert-notifs', 'https://docs.thousandeyes.com/product-documentation/integration-guides/custom-webhooks/webhook-vars'],
}
