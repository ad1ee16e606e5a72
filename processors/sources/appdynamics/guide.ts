import type { SourceGuide } from '../source.ts'

/** How to point AppDynamics at us. */
export const guide: SourceGuide = {
  name: 'AppDynamics',
  family: 'apm',
  setup: [
    'In AppDynamics open Alert & Respond > HTTP Request Templates and choose New. Give it a name.',
    'Request URL: Method POST, Raw URL {url}. Authentication: Type NONE. Under Custom Request Headers add X-API-Key with the value {key}.',
    'Payload: MIME Type application/json, and paste the body below. Under Settings tick One Request Per Event. Save, then Test.',
    'Open Alert & Respond > Actions, create an action Make an HTTP Request with the template.',
    'Open Alert & Respond > Policies, tick the health rule violation events (Started, Continues, Upgraded, Downgraded, Ended, Canceled; both Warning and Critical) and add the action.',
  ],
  authentication: 'Custom request headers or basic authentication carry the key. AppDynamics does not sign; switch the signature off for this integration.',
  proof: 'none',
  template: `{
  "incident_id": "\${latestEvent.incident.id}",
  "event_type": "\${latestEvent.eventType}",
  "event_name": "\${latestEvent.displayName}",
  "severity": "\${latestEvent.severity}",
  "health_rule_name": "\${latestEvent.healthRule.name}",
  "policy_name": "\${policy.name}",
  "application_name": "\${latestEvent.application.name}",
  "tier_name": "\${latestEvent.tier.name}",
  "node_name": "\${latestEvent.node.name}",
  "summary": "\${latestEvent.summaryMessage}",
  "event_time": "\${latestEvent.eventTime}",
  "deep_link": "\${latestEvent.deepLink}"
}`,
  references: [
    'https://help.splunk.com/en/appdynamics-saas/get-started/26.4.0/alert-and-respond/actions/http-request-actions-and-templates',
    'https://help.splunk.com/en/appdynamics-saas/get-started/26.4.0/alert-and-respond/actions/predefined-templating-variables',
  ],
}
