import type { SourceGuide } from '../source.ts'

/** How to point Librato at us. */
export const guide: SourceGuide = {
  name: 'Librato (AppOptics)',
  family: 'metrics',
  setup: [
    'In Librato (AppOptics) open Settings > Notification Services and choose Webhook.',
    'Give it a title and write {url}?api_key={key} as URL. Save.',
    'Open Alerts, edit each alert, choose the tab Notification Services, tick the webhook, and tick that a notification is sent when the alert clears.',
  ],
  authentication: 'The webhook has nothing but its address, so the key stands there. Librato does not sign; switch the signature off for this integration.',
  proof: 'none',
  template: null,
  references: ['https://www.librato.com/docs/kb/alert/webhook_format/', 'https://docs.appoptics.com/kb/alerts/integrations/'],
}
