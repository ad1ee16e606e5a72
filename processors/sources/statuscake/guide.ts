import type { SourceGuide } from '../source.ts'

/** How to point StatusCake at us. */
export const guide: SourceGuide = {
  name: 'StatusCake',
  family: 'uptime',
  setup: [
    'Open Alerting, Contact Groups and press New Contact Group.',
    'Set Group Name to "Alert Whisperer", paste {url}?api_key={key} into Webhook URL and set Webhook Method to POST.',
    'Save the contact group.',
    'Edit each check, choose the group under Contact Groups, and save.',
  ],
  authentication: 'StatusCake sends no headers of its own choice: the key goes into the URL as ?api_key=. Its field Token, the MD5 of user name and API key, proves it where both, written together, are stored as the vendor secret of this integration (that MD5 does as well); it is never kept. Without them leave the signature requirement off.',
  proof: 'vendor-secret',
  template: null,
  references: ['https://www.statuscake.com/kb/knowledge-base/how-to-use-the-web-hook-url/'],
}
