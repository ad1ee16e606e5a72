import type { SourceGuide } from '../source.ts'

/** How GuardDuty is pointed at us. */
export const guide: SourceGuide = {
  name: 'Amazon GuardDuty',
  family: 'security',
  setup: [
    'In the EventBridge console open API destinations, tab Connections, and click Create connection: authorization type API key, API key name Authorization, value Bearer {key}.',
    'Tab API destinations, Create API destination: endpoint {url}, HTTP method POST, and that connection.',
    'Open Rules, Create rule on the default event bus, with the event pattern {"source": ["aws.guardduty"]}.',
    'Select targets: EventBridge API destination, the one just made. Leave Configure target input at Matched events.',
    'In GuardDuty, Settings, set Frequency for updated findings to 15 minutes, or repeats are told only every 6 hours.',
    'To try it, click Settings, Generate sample findings; their label `sample` is true.',
    'Do this in the delegated administrator\'s account and in every region in use. An SNS topic with an HTTPS subscription to {url}?api_key={key} works as well.',
  ],
  authentication: 'An EventBridge API destination sends the header of its connection (API key, Basic or OAuth2) and signs nothing: leave the signature requirement off. Through SNS the message is signed by Amazon, and the subscription is confirmed by us.',
  proof: 'optional',
  template: null,
  references: [
    'https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html',
    'https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html',
    'https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-summary.html',
    'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html',
  ],
}
