import type { SourceGuide } from '../source.ts'

/** How to point Dynatrace at us. */
export const guide: SourceGuide = {
  name: 'Dynatrace',
  family: 'apm',
  setup: [
    'In Dynatrace open Settings > Integration > Problem notifications and choose Add notification.',
    'Notification type: Custom integration. Give it a display name.',
    'Webhook URL: {url}. Choose Add additional HTTP header: name X-API-Key, value {key}.',
    'Switch on Call webhook if new events merge into existing problems and Call webhook if problem is closed.',
    'Paste the body below into Custom payload and choose the Alerting profile whose problems are to be sent.',
    'Choose Send test notification, then Save changes.',
  ],
  authentication: 'Additional HTTP headers carry the key; basic authentication in a header and OAuth 2.0 are possible too. Dynatrace does not sign. Switch the signature off for this integration.',
  proof: 'none',
  template: `{
  "State": "{State}",
  "PID": "{PID}",
  "ProblemID": "{ProblemID}",
  "ProblemTitle": "{ProblemTitle}",
  "ProblemSeverity": "{ProblemSeverity}",
  "ProblemImpact": "{ProblemImpact}",
  "ProblemURL": "{ProblemURL}",
  "ProblemDetailsText": "{ProblemDetailsText}",
  "ImpactedEntities": {ImpactedEntities},
  "ProblemDetailsJSONv2": {ProblemDetailsJSONv2},
  "Tags": "{Tags}"
}`,
  references: [
    'https://docs.dynatrace.com/docs/analyze-explore-automate/notifications-and-alerting/problem-notifications/webhook-integration',
    'https://docs.dynatrace.com/docs/dynatrace-intelligence/root-cause-analysis/event-analysis-and-correlation/event-categories',
  ],
}
