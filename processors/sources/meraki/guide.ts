import type { SourceGuide } from '../source.ts'

/** How the Meraki dashboard is pointed at us. */
export const guide: SourceGuide = {
  name: 'Cisco Meraki',
  family: 'network',
  setup: [
    'In the Meraki dashboard open Network-wide, Configure, Alerts, section Webhooks, and click Add an HTTPS receiver.',
    'Name: Alert Whisperer. URL: {url}?api_key={key}. Shared secret: a text of your own of 8 characters or more, which this integration stores as its vendor secret. Payload template: Meraki (included).',
    'Click Send test webhook; the answer must be 202.',
    'Above, choose the alerts and add Webhook: Alert Whisperer as their recipient, or add it to Default recipients. Choose both sides of each pair, such as goes offline and comes online, so that problems end.',
    'Click Save Changes, and repeat it for each network; with configuration templates once per template, with the API once per organisation.',
  ],
  authentication: 'The key stands in the address. Meraki puts the shared secret into the body as sharedSecret and signs nothing. Without one leave the signature requirement off.',
  proof: 'vendor-secret',
  template: null,
  references: [
    'https://developer.cisco.com/meraki/webhooks/introduction/',
    'https://developer.cisco.com/meraki/webhooks/webhook-sample-alerts/',
    'https://github.com/meraki/webhook-payload-templates',
  ],
}
