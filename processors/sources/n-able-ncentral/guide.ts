import type { SourceGuide } from '../source.ts'

/** How N-able N-central is pointed at us. */
export const guide: SourceGuide = {
  name: 'N-able N-central',
  family: 'rmm',
  setup: [
    'At the service organization level open Configuration > Monitoring > Notifications and choose Add.',
    'Under Triggers choose the services and the states Failed, Warning, Stale and Misconfigured, and switch on Send return to normal notifications: the end arrives only with it.',
    'Under Recipients add a recipient whose method is HTTP (XML): set the address to {url}?api_key={key}.',
    'Under Targets (associated targets) choose the rules or filters whose devices shall notify, and save.',
    'Use one integration per N-central server; every customer of that server keeps its own name in the label CustomerName.',
  ],
  authentication: 'N-central posts XML to an address and can send neither headers nor a signature: the key stands in the URL as api_key. Switch the HMAC off for this integration and, where you can, allow only the address of your N-central server.',
  proof: 'none',
  template: null,
  references: ['https://documentation.n-able.com/N-central/userguide/Content/Configuration/Notifications/notifications.htm', 'https://documentation.n-able.com/N-central/userguide/Content/Services/services.htm'],
}
