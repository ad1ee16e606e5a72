import type { SourceGuide } from '../source.ts'

/** How to point Kapacitor at us. */
export const guide: SourceGuide = {
  name: 'Kapacitor',
  family: 'metrics',
  setup: [
    'In kapacitor.conf add an [[httppost]] section: endpoint = "alert-whisperer", url = "{url}", headers = { X-API-Key = "{key}" }. Restart Kapacitor.',
    'In each TICKscript end the alert node with the line below; keep the group in the id, so that each host is a problem of its own.',
    'In Chronograf: Alerting > Manage Tasks, edit the rule, Send this Alert to: HTTP post, with the address {url} and the header X-API-Key.',
    'Without .stateChangesOnly() every point repeats the alert, which is harmless but noisy.',
  ],
  authentication: 'Headers of the endpoint or of the node carry the key; the [[httppost]] section also knows basic authentication. Kapacitor does not sign; switch the signature off for this integration.',
  proof: 'none',
  template: `|alert()
    .id('{{ .Name }}:{{ .Group }}')
    .stateChangesOnly()
    .post()
        .endpoint('alert-whisperer')`,
  references: ['https://docs.influxdata.com/kapacitor/v1/reference/event_handlers/post/', 'https://docs.influxdata.com/kapacitor/v1/reference/nodes/alert_node/'],
}
