import type { SourceGuide } from '../source.ts'

/** How to point UptimeRobot at us. */
export const guide: SourceGuide = {
  name: 'UptimeRobot',
  family: 'uptime',
  setup: [
    'Open Integrations & API and choose Add under Webhook (in the older screens: My Settings, Add Alert Contact, type Webhook).',
    'Give it the Friendly Name "Alert Whisperer" and paste {url}?api_key={key} into URL to Notify; plans with custom headers take {url} and the header X-API-Key: {key} instead.',
    'Tick Send as JSON (application/json) and paste the body below into POST Value, or tick Send default variables as POST parameters. Do not use the query string: the body is what is kept.',
    'Select notification for Up and Down events (and SSL & domain expiry reminders), then save.',
    'Edit each monitor, or use Bulk actions, and switch the integration on under How will we notify you.',
  ],
  authentication: 'UptimeRobot does not sign. Custom headers (X-API-Key: {key}) where the plan has them, else the key as ?api_key= of the URL. Leave the signature requirement off.',
  proof: 'none',
  template: `{
  "monitorID": "*monitorID*",
  "monitorURL": "*monitorURL*",
  "monitorFriendlyName": "*monitorFriendlyName*",
  "alertType": "*alertType*",
  "alertTypeFriendlyName": "*alertTypeFriendlyName*",
  "alertDetails": "*alertDetails*",
  "alertDuration": "*alertDuration*",
  "alertDateTime": "*alertDateTime*",
  "sslExpiryDate": "*sslExpiryDate*",
  "sslExpiryDaysLeft": "*sslExpiryDaysLeft*"
}`,
  references: ['https://help.uptimerobot.com/en/articles/14498593-webhook-integration'],
}
