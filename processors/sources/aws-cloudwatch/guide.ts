import type { SourceGuide } from '../source.ts'

/** How CloudWatch alarms are pointed at us. */
export const guide: SourceGuide = {
  name: 'Amazon CloudWatch',
  family: 'cloud',
  setup: [
    'In the Amazon SNS console open Topics, Create topic, type Standard, and give it a name such as alert-whisperer.',
    'In the topic click Create subscription: protocol HTTPS, endpoint {url}?api_key={key}. Leave Enable raw message delivery off. The subscription becomes Confirmed within a minute, without a click.',
    'In the CloudWatch console open All alarms, choose an alarm, Actions, Edit, Configure actions.',
    'Under Notification add the state In alarm with that topic, and with Add notification the state OK with the same topic; without OK a problem never ends by itself.',
    'Add Insufficient data as well only if you want to see that an alarm went blind; it opens no problem.',
    'For all alarms at once make an EventBridge rule on {"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"]} with an API destination of {url}?api_key={key} or the topic as its target.',
  ],
  authentication: 'SNS signs every message, but for everybody who has an account: name yours in `authentication.snsTopics` (12 digits, or the ARN of the topic), because the key stands in the address. An EventBridge API destination signs nothing: leave the signature requirement off for one.',
  proof: 'optional',
  template: null,
  references: [
    'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html',
    'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html',
    'https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html',
    'https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html',
  ],
}
