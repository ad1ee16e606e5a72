import type { SourceGuide } from '../source.ts'

/** How Opsgenie is pointed at us. */
export const guide: SourceGuide = {
  name: 'Opsgenie (outgoing webhook)',
  family: 'on-call',
  setup: [
    'Open Settings > Integrations (in Jira Service Management: Operations > your team > Integrations), choose Add integration and then Webhook.',
    'Name it, choose the team if it shall see one team only, and continue to the integration\'s settings.',
    'Set Webhook URL to {url} and under Add custom headers add X-API-Key with the value {key}.',
    'Switch on Add alert description to payload and Add alert details to payload.',
    'Under Alert actions keep at least: alert is created, alert is acknowledged, alert is unacknowledged, alert is closed, alert is deleted; add priority updates and escalations if you want to see them.',
    'Choose Turn on integration.',
  ],
  authentication: 'The outgoing webhook carries custom headers only and cannot sign: send the key in X-API-Key and switch the HMAC off for this integration.',
  proof: 'none',
  template: null,
  references: ['https://support.atlassian.com/opsgenie/docs/integrate-opsgenie-with-webhook/', 'https://support.atlassian.com/opsgenie/docs/opsgenie-edge-connector-alert-action-data/', 'https://support.atlassian.com/opsgenie/docs/alert-priority-settings/'],
}
