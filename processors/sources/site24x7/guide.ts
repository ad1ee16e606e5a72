import type { SourceGuide } from '../source.ts'

/** How to point Site24x7 at us. */
export const guide: SourceGuide = {
  name: 'Site24x7',
  family: 'uptime',
  setup: [
    'Open Admin, Third-Party Integration, press Add Third-Party Integration and pick Webhooks.',
    'Set Integration Name to "Alert Whisperer", paste {url} into Hook URL and set HTTP Method to POST.',
    'Select Post as JSON and Send Incident Parameters.',
    'Under Custom Headers add X-API-Key with the value {key}.',
    'Under Alert Configuration select Down, Trouble, Critical and Up.',
    'Choose the monitors, tags or monitor groups to integrate, Save and Send Test Alert.',
  ],
  authentication: 'The custom header X-API-Key carries the key; or choose Basic under Authentication Method and give the key as the password. Site24x7 does not sign: leave the signature requirement off.',
  proof: 'none',
  template: null,
  references: ['https://www.site24x7.com/help/admin/third-party-integration/webhooks.html', 'https://www.site24x7.com/help/admin/configuration-profiles/incident-parameters.html'],
}
