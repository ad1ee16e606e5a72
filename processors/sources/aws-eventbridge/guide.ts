import type { SourceGuide } from '../source.ts'

/** How EventBridge is pointed at us. */
export const guide: SourceGuide = {
  name: 'Amazon EventBridge',
  family: 'cloud',
  setup: [
    'In the EventBridge console open API destinations, tab Connections, and click Create connection: authorization type API key, API key name Authorization, value Bearer {key}.',
    'Tab API destinations, Create API destination: endpoint {url}, HTTP method POST, and that connection.',
    'Open Rules, Create rule on the default event bus. A pattern for a start: {"source": ["aws.health", "aws.backup", "aws.rds", "aws.autoscaling", "aws.ecs", "aws.codepipeline", "aws.inspector2", "aws.guardduty", "aws.cloudwatch"]}.',
    'Let successes pass too where you want problems to end by themselves: a backup job that completes ends the one that failed.',
    'Select targets: EventBridge API destination, the one just made. Under Additional settings leave Configure target input at Matched events; an input transformer hides the fields we read.',
    'Health events of global services arrive in us-east-1 only, so make the rule there as well.',
    'Where the account may not make API destinations, choose an SNS topic as target and subscribe {url}?api_key={key} to it with the protocol HTTPS.',
  ],
  authentication: 'An API destination sends the header of its connection (API key, Basic or OAuth2) and signs nothing: leave the signature requirement off. Through SNS the message is signed by Amazon, and the subscription is confirmed by us.',
  proof: 'optional',
  template: null,
  references: [
    'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html',
    'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html',
    'https://docs.aws.amazon.com/eventbridge/latest/ref/events.html',
    'https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html',
    'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html',
  ],
}
