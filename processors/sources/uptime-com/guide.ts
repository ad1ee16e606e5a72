import type { SourceGuide } from '../source.ts'

/** How to point Uptime.com at us. */
export const guide: SourceGuide = {
  name: 'Uptime.com',
  family: 'uptime',
  setup: [
    'Open Notifications, Integrations, press New Profile and select Custom Postback URL (Webhook) as Provider type.',
    'Set Name to "Alert Whisperer" and paste {url} into URL.',
    'Put X-API-Key: {key} into Headers and leave Use Legacy Payload off.',
    'Assign the profile to the contacts that should use it, and Save.',
    'Make sure that the checks alert those contacts (Contacts of each check).',
  ],
  authentication: 'The custom header X-API-Key carries the key. Uptime.com does not sign: leave the signature requirement off.',
  proof: 'none',
  template: null,
  references: ['https://support.uptime.com/hc/en-us/articles/115002560845-Configuring-Custom-Postback-URL-Webhooks'],
}
