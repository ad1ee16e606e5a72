import type { SourceGuide } from '../source.ts'

/** How to point a client of Opsgenie's Alert API at us. */
export const guide: SourceGuide = {
  name: 'Opsgenie Alert API (clients)',
  family: 'on-call',
  setup: [
    'This is for tools that can send to Opsgenie and let you set the address. Ours is {base}, which is {url} without `/api/webhooks/opsgenie-api`.',
    'In place of https://api.opsgenie.com (or https://api.eu.opsgenie.com) write {base}; as API key write {key}.',
    'Alertmanager: under `global` set `opsgenie_api_url: {base}/` and `opsgenie_api_key: "{key}"`, in the receiver `opsgenie_configs: [{ send_resolved: true }]`.',
    'Grafana contact point OpsGenie: Alert API URL {base}/v2/alerts, API Key {key}.',
    'Python SDK: `configuration.host = "{base}"`, `configuration.api_key["Authorization"] = "{key}"` with the prefix `GenieKey`. Go SDK: `client.Config{ApiKey: "{key}", OpsGenieAPIURL: "host:port"}`.',
    'Heartbeats: {base}/v2/heartbeats/NAME/ping with GET or POST; a ping carries no alert, but the integration has been heard.',
  ],
  authentication: 'Clients send Authorization: GenieKey {key}; X-API-Key, a bearer token, ?api_key= and {base}/in/{key}/v2/alerts count as well. They do not sign: switch the signature off for this integration.',
  proof: 'none',
  template: null,
  references: ['https://docs.opsgenie.com/docs/alert-api', 'https://docs.opsgenie.com/docs/heartbeat-api', 'https://docs.opsgenie.com/docs/alert-priority-settings'],
}
