import type { SourceGuide } from '../source.ts'

/** How Atera is pointed at us. */
export const guide: SourceGuide = {
  name: 'Atera',
  family: 'rmm',
  setup: [
    'Atera has no outgoing webhook for alerts: a scheduled task reads its alerts API and posts what it finds. Any runner will do (a scheduled task, Power Automate, n8n).',
    'Open Admin > Data management > API and copy the API key.',
    'Every minute call GET https://app.atera.com/api/v3/alerts?itemsInPage=50 with the header X-API-KEY of Atera, and post the answer as it is to {url}; its field items is read, and repeats are counted, not doubled.',
    'Call it a second time with alertStatus=Resolved once in a while, so that resolved alerts (Archived in the answer) end here too.',
    'Two lines that do it: curl -s -H "X-API-KEY: $ATERA_KEY" "https://app.atera.com/api/v3/alerts?itemsInPage=50" | curl -s -H "X-API-Key: {key}" -H "Content-Type: application/json" --data-binary @- {url}',
  ],
  authentication: 'The script that posts sends the key in X-API-Key; it can also sign with X-Timestamp and X-Signature. With the plain line above switch the HMAC off for this integration.',
  proof: 'optional',
  template: null,
  references: ['https://app.atera.com/apidocs', 'https://support.atera.com/hc/en-us/articles/219083397-APIs', 'https://support.atera.com/hc/en-us/articles/115004168248-Alerts'],
}
