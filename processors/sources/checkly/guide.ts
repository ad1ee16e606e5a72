import type { SourceGuide } from '../source.ts'

/** How to point Checkly at us. */
export const guide: SourceGuide = {
  name: 'Checkly',
  family: 'uptime',
  setup: [
    'Open Alert Settings (Alerts, Alert channels), press Add more channels and pick Webhook.',
    'Set Name to "Alert Whisperer", the method to POST and paste {url} into URL.',
    'On the tab Headers add X-API-Key with the value {key}. Fill in Webhook secret with the HMAC secret of this integration.',
    'On the tab Body paste the body below.',
    'Select when to send: check fails, check degrades, check recovers, SSL certificate expires. Press Send test, then Save.',
    'Subscribe the checks and groups that should use the channel.',
  ],
  authentication: 'The header X-API-Key carries the key. Checkly can also sign: with Webhook secret filled in it sends x-checkly-signature, the hex HMAC-SHA256 of the body. Without one leave the signature requirement off.',
  proof: 'optional',
  template: `{
  "event": "{{ALERT_TITLE}}",
  "alert_type": "{{ALERT_TYPE}}",
  "check_name": "{{CHECK_NAME}}",
  "check_id": "{{CHECK_ID}}",
  "check_type": "{{CHECK_TYPE}}",
  "group_name": "{{GROUP_NAME}}",
  "check_result_id": "{{CHECK_RESULT_ID}}",
  "check_error_message": "{{CHECK_ERROR_MESSAGE}}",
  "response_time": "{{RESPONSE_TIME}}",
  "run_location": "{{RUN_LOCATION}}",
  "ssl_days_remaining": "{{SSL_DAYS_REMAINING}}",
  "ssl_check_domain": "{{SSL_CHECK_DOMAIN}}",
  "started_at": "{{STARTED_AT}}",
  "tags": "{{TAGS}}",
  "link": "{{RESULT_LINK}}"
}`,
  references: ['https://www.checklyhq.com/docs/integrations/alerts/webhooks/', 'https://www.checklyhq.com/docs/communicate/alerts/states/'],
}
