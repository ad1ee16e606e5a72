import type { SourceGuide } from '../source.ts'

/** How to subscribe to a status page of Atlassian Statuspage. */
export const guide: SourceGuide = {
  name: 'Atlassian Statuspage',
  family: 'cloud',
  setup: [
    'Open the status page of the service you depend on and press Subscribe to updates.',
    'Choose the tab with the angle brackets (webhook). It is there only if the owner of the page allows it (Subscribers, Options, Settings, Webhook).',
    'Paste {url}?api_key={key} as the URL and give an e-mail address, to which a failing webhook is reported.',
    'Press Subscribe, and choose the components where the page asks for them.',
  ],
  authentication: 'A status page sends no headers of your choice and no signature: the key goes into the URL as ?api_key=. Leave the signature requirement off.',
  proof: 'none',
  template: null,
  references: ['https://support.atlassian.com/statuspage/docs/enable-webhook-notifications/', 'https://support.atlassian.com/statuspage/docs/top-level-status-and-incident-impact-calculations/'],
}
