import type { SourceGuide } from '../source.ts'

/** How UniFi Protect is pointed at us. */
export const guide: SourceGuide = {
  name: 'UniFi Protect',
  family: 'network',
  setup: [
    'In UniFi Protect open Alarm Manager in the left side bar and click Create Alarm.',
    'Choose a Trigger, a Scope of devices and, under Action, Webhook, Custom Webhook.',
    'Delivery URL: {url}. Under Advanced Settings choose Method POST and add the header Authorization with the value Bearer {key}.',
    'Click Test Alarm, then Create. Set Ignore repeated actions to at least a minute, or every motion is an alert.',
    'Prefer triggers about devices (offline, tampered, storage) to motion: an alarm has no end and has to be closed here.',
  ],
  authentication: 'POST requests can carry headers of your own, so the key goes into Authorization. UniFi signs nothing; a GET request sends no body and cannot be read.',
  proof: 'none',
  template: null,
  references: [
    'https://help.ui.com/hc/en-us/articles/27721287753239',
  ],
}
