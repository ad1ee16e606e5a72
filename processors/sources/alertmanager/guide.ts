import type { SourceGuide } from '../source.ts'

/** How to point Alertmanager, or Prometheus itself, at us. */
export const guide: SourceGuide = {
  name: 'Prometheus and Alertmanager',
  family: 'metrics',
  setup: [
    'With an Alertmanager: add the receiver below to alertmanager.yml and route to it; then reload (`curl -X POST http://alertmanager:9093/-/reload`).',
    'Without one: Prometheus sends to us as to an Alertmanager (`POST /api/v2/alerts`). Add the block `alerting` below to prometheus.yml, with host and port of {url}, and reload.',
    'Both may point at one integration: an alert has the same fingerprint on both ways, so it is one problem.',
    'vmalert: `-notifier.url=BASE -notifier.bearerToken={key}`, where BASE is {url} without `/api/webhooks/alertmanager`. Rulers of Loki, Mimir and Thanos: their Alertmanager address is BASE, with the key as basic-auth password.',
    'Where a tool lets you set nothing but a path: path_prefix /in/{key}.',
    'amtool: `amtool --alertmanager.url=BASE --http.config.file=http.yml alert add alertname=Test`, with `authorization: { credentials: "{key}" }` in http.yml.',
  ],
  authentication: 'Both send `authorization` (a bearer token) or `basic_auth` (the key {key} as password). Neither signs: switch the signature off for this integration.',
  proof: 'none',
  template: [
    '# alertmanager.yml', 'receivers:', '  - name: alert-whisperer', '    webhook_configs:', '      - url: {url}', '        send_resolved: true', '        http_config:', '          authorization:', '            credentials: "{key}"',
    '', '# prometheus.yml', 'alerting:', '  alertmanagers:', '    - scheme: https', '      api_version: v2', '      authorization:', '        credentials: "{key}"', '      static_configs:', '        - targets: ["HOST:PORT"]',
  ].join('\n'),
  references: [
    'https://prometheus.io/docs/alerting/latest/configuration/#webhook_config', 'https://prometheus.io/docs/prometheus/latest/configuration/configuration/#alertmanager_config',
    'https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml', 'https://prometheus.io/docs/alerting/latest/alerts_api/',
  ],
}
