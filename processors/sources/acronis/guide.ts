import type { SourceGuide } from '../source.ts'

/** How Acronis is pointed at us. */
export const guide: SourceGuide = {
  name: 'Acronis Cyber Protect',
  family: 'backup',
  setup: [
    'Acronis Cyber Protect Cloud has no webhook for alerts in every edition: a scheduled task reads the Alert Manager and posts what it finds.',
    'In the management portal open Settings > API clients > Create API client, and copy the client id, the secret and the data center address. Give the client a read-only role.',
    'Every minute get a token (POST <data center>/api/2/idp/token) and call GET <data center>/api/alert_manager/v1/alerts?limit=100&show_deleted=true&order=desc(created_at); post the answer as it is to {url} with the header X-API-Key: {key}. Its field items is read, and deleted alerts end here.',
    'Where an integration posts events itself (a CyberApp, a SIEM forwarder), point it at {url} with the same header: the alert may stand in alert, data or payload.',
    'Mail instead: Settings > Email notifications (Notifications about alerts), sent to a mail gateway that posts here with subject and text.',
  ],
  authentication: 'The script that posts sends the key in X-API-Key; it can also sign with X-Timestamp and X-Signature, else switch the HMAC off for this integration.',
  proof: 'optional',
  template: null,
  references: ['https://developer.acronis.com/doc/alerts/v1/reference/', 'https://developer.acronis.com/doc/connector/managing-alerts/reporting-alerts/index.html', 'https://www.acronis.com/en-us/support/documentation/CyberProtectionService/#alerts.html'],
}
