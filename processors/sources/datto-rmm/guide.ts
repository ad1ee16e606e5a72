import type { SourceGuide } from '../source.ts'

/** How Datto RMM is pointed at us. */
export const guide: SourceGuide = {
  name: 'Datto RMM',
  family: 'rmm',
  setup: [
    'For all monitors at once open Setup > Integrations > Global Webhooks; for one monitor open its Response section and switch on Webhook.',
    'Set the URL to {url} and add the header X-API-Key with the value {key}.',
    'Paste the body below as the payload for raised alerts.',
    'Switch on the notification for resolved alerts and paste the same body there with "status":"resolved".',
    'Set the priority of each monitor: it is the severity that is sent. Let monitors resolve themselves (Auto-resolve) so that the end arrives.',
  ],
  authentication: 'Custom headers of the webhook carry the key (X-API-Key); where your release has none, add ?api_key={key} to the URL. Datto RMM documents no signature, so switch the HMAC off for this integration.',
  proof: 'none',
  template: '{"alert_uid":"[alert_uid]","status":"triggered","alert_type":"[alert_type]","alert_category":"[alert_category]","alert_priority":"[alert_priority]","alert_message":"[alert_message_en]","device_hostname":"[device_hostname]","device_uid":"[device_uid]","device_ip":"[device_ip]","device_os":"[device_os]","device_description":"[device_description]","last_user":"[last_user]","site_name":"[site_name]","site_uid":"[site_uid]","platform":"[platform]"}',
  references: ['https://rmm.datto.com/help/en/Content/3NEWUI/Monitors/Webhooks.htm', 'https://rmm.datto.com/help/en/Content/3NEWUI/Setup/GlobalWebhooks.htm', 'https://rmm.datto.com/help/en/Content/2SETUP/APIv2.htm'],
}
