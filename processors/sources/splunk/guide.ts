import type { SourceGuide } from '../source.ts'

/** How to point Splunk at us. */
export const guide: SourceGuide = {
  name: 'Splunk',
  family: 'logs',
  setup: [
    'Splunk Enterprise 9.0 and newer: under Settings > Server settings > Webhook allow list add the address of this server.',
    'Open Search & Reporting > Alerts, choose Edit > Edit Alert (or Save As > Alert for a new search).',
    'Under Trigger Actions choose Add Actions > Webhook.',
    'URL: {url}?api_key={key}. Save.',
    'Trigger: For each result sends one alert per host; Once sends the first row only. Let the search keep the field host.',
  ],
  authentication: 'The webhook action sends neither headers nor a signature, so the key stands in the address. Switch the signature off for this integration and limit its addresses to those of your search heads.',
  proof: 'none',
  template: null,
  references: [
    'https://help.splunk.com/en/splunk-enterprise/alert-and-respond/alerting-manual/10.0/configure-alert-actions/use-a-webhook-alert-action',
    'https://help.splunk.com/en/splunk-enterprise/alert-and-respond/alerting-manual/10.0/configure-alert-actions/configure-webhook-allow-list',
  ],
}
