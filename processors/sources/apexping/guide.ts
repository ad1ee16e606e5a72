import type { SourceGuide } from '../source.ts'

/** How to point Apex Ping at us. */
export const guide: SourceGuide = {
  name: 'Apex Ping',
  family: 'uptime',
  setup: [
    'Open Alerts and press the plus sign.',
    'Choose webhook as the action and paste {url}?api_key={key} as its URL.',
    'Choose whether it is for every check or one, select the metric (Downtime, Total Response Time, …), and press Save.',
  ],
  authentication: 'Apex Ping sends no headers of its own choice and no signature: the key goes into the URL as ?api_key=. Leave the signature requirement off.',
  proof: 'none',
  template: null,
  references: ['https://apex.sh/ping/docs/alerting/'],
}
