import type { SourceGuide } from '../source.ts'

/** How to point Kibana at us. */
export const guide: SourceGuide = {
  name: 'Elastic Kibana',
  family: 'logs',
  setup: [
    'In Kibana open Stack Management > Connectors, choose Create connector and Webhook. Give it a name.',
    'Method POST, URL {url}. Authentication: None. Under Add header choose a secret header X-API-Key with the value {key}. Save.',
    'Open Stack Management > Rules (or the rule of your app) and edit the rule. Under Actions add the Webhook connector.',
    'Action frequency: For each alert, On status changes. Run when: the alert group. Paste the body below.',
    'Add the same action once more with Run when: Recovered and the same body. Save the rule.',
  ],
  authentication: 'The Webhook connector sends secret headers, basic authentication or a TLS client certificate; Kibana does not sign. Switch the signature off for this integration.',
  proof: 'none',
  template: `{
  "rule": {"id": "{{rule.id}}", "name": "{{rule.name}}", "type": "{{rule.type}}", "spaceId": "{{rule.spaceId}}", "tags": "{{rule.tags}}", "url": "{{rule.url}}"},
  "alert": {"id": "{{alert.id}}", "uuid": "{{alert.uuid}}", "actionGroup": "{{alert.actionGroup}}", "actionGroupName": "{{alert.actionGroupName}}"},
  "context": {"reason": "{{context.reason}}", "message": "{{context.message}}", "group": "{{context.group}}", "host": "{{context.host.name}}", "alertState": "{{context.alertState}}", "alertDetailsUrl": "{{context.alertDetailsUrl}}"},
  "date": "{{date}}"
}`,
  references: [
    'https://www.elastic.co/guide/en/kibana/current/webhook-action-type.html',
    'https://www.elastic.co/guide/en/kibana/current/rule-action-variables.html',
  ],
}
