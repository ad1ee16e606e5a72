import type { SourceGuide } from '../source.ts'

/** How Datadog is pointed at us. */
export const guide: SourceGuide = {
  name: 'Datadog',
  family: 'metrics',
  setup: [
    'Open Integrations > Integrations, choose Webhooks, and under Webhooks choose New.',
    'Name it alert-whisperer, set URL to {url}, and paste the body below into Payload; leave Encode as form off.',
    'Tick Custom Headers and write {"X-API-Key": "{key}"}.',
    'In each monitor write @webhook-alert-whisperer into the notification message; outside of conditional blocks such as {{#is_alert}}, so that recoveries are sent too. For all monitors at once make a notification rule (Monitors > Settings > Notification Rules) with this recipient.',
    'Set the priority of the monitors (P1 to P5): it is the severity that is sent.',
    'Choose Test Notifications in a monitor, once for Alert and once for Recovered, to try it.',
  ],
  authentication: 'A custom header carries the key (X-API-Key). Datadog does not sign webhooks, so switch the HMAC off for this integration; requests come from the webhook ranges of ip-ranges.datadoghq.com, which can be allowed alone.',
  proof: 'none',
  template: '{"alert_id":"$ALERT_ID","alert_cycle_key":"$ALERT_CYCLE_KEY","aggreg_key":"$AGGREG_KEY","alert_scope":"$ALERT_SCOPE","alert_title":"$ALERT_TITLE","event_title":"$EVENT_TITLE","alert_transition":"$ALERT_TRANSITION","alert_priority":"$ALERT_PRIORITY","alert_type":"$ALERT_TYPE","alert_metric":"$ALERT_METRIC","hostname":"$HOSTNAME","tags":"$TAGS","text_only_msg":"$TEXT_ONLY_MSG","date":"$DATE","link":"$LINK","org_name":"$ORG_NAME"}',
  references: ['https://docs.datadoghq.com/integrations/webhooks/', 'https://docs.datadoghq.com/monitors/notify/', 'https://docs.datadoghq.com/monitors/configuration/'],
}
