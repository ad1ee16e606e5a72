import type { SourceGuide } from '../source.ts'

/** How to point Axiom at us. */
export const guide: SourceGuide = {
  name: 'Axiom',
  family: 'logs',
  setup: [
    'In Axiom open Monitors > Manage notifiers (the Notifiers tab) and choose New notifier.',
    'Choose Custom webhook (Webhook in older consoles). URL: {url}. Headers: X-API-Key with the value {key}.',
    'Leave the body as it is: it has action, and event with monitorID, title, body and timestamp. Create.',
    'Open each monitor and add the notifier. Tick Notify by group where each group is a problem of its own.',
  ],
  authentication: 'Headers of a custom webhook carry the key; the plain webhook notifier has only its address, so write {url}?api_key={key} there. Axiom does not sign; switch the signature off for this integration.',
  proof: 'none',
  template: null,
  references: ['https://axiom.co/docs/monitor-data/notifiers/webhook-notifier', 'https://axiom.co/docs/monitor-data/notifiers/custom-webhook-notifier'],
}
