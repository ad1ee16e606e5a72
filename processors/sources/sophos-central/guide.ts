import type { SourceGuide } from '../source.ts'

/** How Sophos Central is pointed at us. */
export const guide: SourceGuide = {
  name: 'Sophos Central',
  family: 'security',
  setup: [
    'Sophos Central sends no webhooks of its own: a small script reads its API and posts to {url}.',
    'In Sophos Central open Global Settings, Administration, API Credentials Management, click Add Credential, and choose the role Service Principal Read-Only. Copy Client ID and Client Secret.',
    'Install the SIEM integration script of Sophos (Sophos-Central-SIEM-Integration), put both into config.ini, and set format = json and endpoint = alert.',
    'Run it every five minutes and post each line it writes: curl -H "Authorization: Bearer {key}" -H "Content-Type: application/json" --data-binary @- {url}',
    'For endings such as real-time protection re-enabled set endpoint = all, so that events come too.',
  ],
  authentication: 'The script sends our API key in the header Authorization. Towards Sophos it uses OAuth2 client credentials and the header X-Tenant-ID, which never leave its machine.',
  proof: 'optional',
  template: null,
  references: [
    'https://developer.sophos.com/docs/siem-v1/1/routes/alerts/get',
    'https://developer.sophos.com/docs/common-v1/1/routes/alerts/get',
    'https://docs.sophos.com/central/Customer/help/en-us/central/Customer/common/concepts/ManagementEventTypes.html',
  ],
}
