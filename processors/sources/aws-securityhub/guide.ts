import type { SourceGuide } from '../source.ts'

/** How Security Hub is pointed at us. */
export const guide: SourceGuide = {
  name: 'AWS Security Hub',
  family: 'security',
  setup: [
    'In the EventBridge console open API destinations, tab Connections, and click Create connection: authorization type API key, API key name Authorization, value Bearer {key}.',
    'Tab API destinations, Create API destination: endpoint {url}, HTTP method POST, and that connection.',
    'Open Rules, Create rule on the default event bus, with the event pattern {"source": ["aws.securityhub"], "detail-type": ["Security Hub Findings - Imported"]}; for the Security Hub of 2025 the detail type is Findings Imported V2.',
    'To take only what matters, add "detail": {"findings": {"Severity": {"Label": ["HIGH", "CRITICAL"]}}} to the pattern. Do not filter by Workflow or RecordState, or ends never arrive.',
    'Select targets: EventBridge API destination, the one just made. Leave Configure target input at Matched events.',
    'Do this in the aggregation region of the administrator\'s account. For findings sent by hand make a custom action in Security Hub and match Security Hub Findings - Custom Action.',
  ],
  authentication: 'An EventBridge API destination sends the header of its connection (API key, Basic or OAuth2) and signs nothing: leave the signature requirement off. Through SNS the message is signed by Amazon, and the subscription is confirmed by us.',
  proof: 'optional',
  template: null,
  references: [
    'https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cwe-event-formats.html',
    'https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format-syntax.html',
    'https://docs.aws.amazon.com/securityhub/latest/userguide/findings-workflow-status.html',
    'https://schema.ocsf.io/',
  ],
}
