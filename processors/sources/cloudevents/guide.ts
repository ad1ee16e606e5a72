import type { SourceGuide } from '../source.ts'

/** How to send CloudEvents to us. */
export const guide: SourceGuide = {
  name: 'CloudEvents 1.0 (HTTP)',
  family: 'format',
  setup: [
    'Send to {url}: structured (application/cloudevents+json), batched (application/cloudevents-batch+json) or binary (attributes as ce- headers).',
    'Senders that ask first with OPTIONS and WebHook-Request-Origin, such as Azure Event Grid with the schema CloudEvents v1.0, are answered with WebHook-Allowed-Origin.',
    'Azure Event Grid: Event Subscription, Endpoint type Web Hook, Endpoint {url}?access_token={key}, Event Schema Cloud Event Schema v1.0.',
    'Knative: a Trigger or SinkBinding whose subscriber is `uri: {url}?access_token={key}`.',
    'Falcosidekick: `cloudevents: { address: "{url}?access_token={key}" }`.',
  ],
  authentication: 'A bearer token or ?access_token= with {key}, as the specification of web hooks has it; X-API-Key and ?api_key= as well. CloudEvents senders do not sign, except Standard Webhooks ones: switch the signature off for this integration.',
  proof: 'optional',
  template: null,
  references: [
    'https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md', 'https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md',
    'https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md', 'https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/severity.md',
  ],
}
