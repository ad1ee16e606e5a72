import type { SourceGuide } from '../source.ts'

/** How to point ElastAlert at us. */
export const guide: SourceGuide = {
  name: 'ElastAlert',
  family: 'logs',
  setup: [
    'ElastAlert 2: add the lines below to each rule (or to the main configuration, which rules inherit).',
    'Use query_key: host.name in the rule, so that each host is an alert of its own.',
    'The address is {url} and the header X-API-Key carries {key}. Older ElastAlert knows only alert: post with http_post_url and http_post_payload; write {url}?api_key={key} there.',
    'Try it with elastalert-test-rule --alert rule.yaml.',
  ],
  authentication: 'http_post2_headers carries the key (plain http_post_headers in the older alerter). ElastAlert does not sign; switch the signature off for this integration.',
  proof: 'none',
  template: `alert: http_post2
http_post2_url: "{url}"
http_post2_headers:
  X-API-Key: "{key}"
http_post2_payload:
  rule: "{{ elastalert_rule_name }}"
  title: "{{ elastalert_rule_name }}"
  severity: warning
  host: "{{ host.name }}"
  message: "{{ message }}"
  "@timestamp": "{{ _data['@timestamp'] }}"`,
  references: ['https://elastalert2.readthedocs.io/en/latest/alerts.html#http-post-2', 'https://elastalert2.readthedocs.io/en/latest/alerts.html#pagertree'],
}
