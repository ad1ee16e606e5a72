import type { SourceGuide } from '../source.ts'

/** How to point a client of the REST endpoint of VictorOps (Splunk On-Call) at us. */
export const guide: SourceGuide = {
  name: 'VictorOps / Splunk On-Call REST endpoint (clients)',
  family: 'on-call',
  setup: [
    'This is for tools that can send to VictorOps and let you set the address. Ours is {base}, which is {url} without `/api/webhooks/victorops`.',
    'In place of https://alert.victorops.com/integrations/generic/20131114/alert/API_KEY/ROUTING_KEY write {base}/integrations/generic/20131114/alert/{key}/ROUTING_KEY. The routing key may be any word or be left out; it stays with the alert as a label.',
    'Alertmanager: under `global` set `victorops_api_url: {base}/integrations/generic/20131114/alert/` and `victorops_api_key: "{key}"`, in the receiver `victorops_configs: [{ routing_key: team, send_resolved: true }]`.',
    'Grafana contact point VictorOps: URL {base}/integrations/generic/20131114/alert/{key}/team.',
  ],
  authentication: 'The key {key} is a part of the path, as VictorOps has it; our logs leave it out, and so should those of a proxy in front. These clients do not sign: switch the signature off for this integration.',
  proof: 'none',
  template: null,
  references: ['https://help.victorops.com/knowledge-base/rest-endpoint-integration-guide/', 'https://help.victorops.com/knowledge-base/incident-fields-glossary/'],
}
