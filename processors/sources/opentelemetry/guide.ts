import type { SourceGuide } from '../source.ts'

/** How to send logs of OpenTelemetry to us. */
export const guide: SourceGuide = {
  name: 'OpenTelemetry logs (OTLP/HTTP)',
  family: 'logs',
  setup: [
    'Our address is {base}, which is {url} without `/api/webhooks/opentelemetry`; logs go to {base}/v1/logs, in protobuf or JSON, packed with gzip or not.',
    'Collector: add the exporter below and name it in the pipeline of logs: `service: { pipelines: { logs: { receivers: [otlp], processors: [filter/trouble, batch], exporters: [otlphttp/aw] } } }`.',
    'Send only what means trouble: without the filter below everything below WARN is read and dropped here, and counts for your limit.',
    'An SDK alone: `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT={base}/v1/logs`, `OTEL_EXPORTER_OTLP_LOGS_PROTOCOL=http/protobuf`, `OTEL_EXPORTER_OTLP_LOGS_HEADERS=x-api-key={key}`.',
    'Give a record that begins or ends a problem an event name and the attribute alert.id, the same in both, and alert.status (firing, resolved).',
  ],
  authentication: 'The exporter sends the header X-API-Key (or a bearer token) with {key}; it does not sign. Switch the signature off for this integration.',
  proof: 'none',
  template: [
    'exporters:', '  otlphttp/aw:', '    logs_endpoint: {base}/v1/logs', '    compression: gzip', '    headers:', '      x-api-key: {key}',
    'processors:', '  batch: { send_batch_size: 512, send_batch_max_size: 1024 }', '  filter/trouble:', '    logs:', '      log_record:', '        - severity_number < SEVERITY_NUMBER_WARN and event_name == ""',
  ].join('\n'),
  references: [
    'https://opentelemetry.io/docs/specs/otlp/#otlphttp', 'https://opentelemetry.io/docs/specs/otel/logs/data-model/',
    'https://opentelemetry.io/docs/collector/configuration/#exporters',
  ],
}
