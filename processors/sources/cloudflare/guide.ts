import type { SourceGuide } from '../source.ts'

/** How Cloudflare is pointed at us. */
export const guide: SourceGuide = {
  name: 'Cloudflare',
  family: 'network',
  setup: [
    'In the Cloudflare dashboard open Notifications, tab Destinations.',
    'In the card Webhooks click Create (plan Professional and higher).',
    'Name: Alert Whisperer. URL: {url}?api_key={key}. Secret (optional): a text of your own of 8 characters or more, which this integration stores as its vendor secret. Click Save and Test; the test message opens nothing.',
    'Tab All Notifications, Add: choose a product and notification, give it a name, and under Webhooks choose Alert Whisperer. Edit those that exist as well.',
    'For health checks and pools choose both directions of the change, so that problems end.',
  ],
  authentication: 'The key stands in the address. Cloudflare sends the secret as it is in the header cf-webhook-auth and signs nothing; without a secret leave the signature requirement off.',
  proof: 'vendor-secret',
  template: null,
  references: [
    'https://developers.cloudflare.com/notifications/get-started/configure-webhooks/',
    'https://developers.cloudflare.com/notifications/reference/webhook-payload-schema/',
    'https://developers.cloudflare.com/notifications/notification-available/',
  ],
}
