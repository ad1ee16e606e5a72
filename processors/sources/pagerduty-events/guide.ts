import type { SourceGuide } from '../source.ts'

/** How to point a client of PagerDuty's Events API at us. */
export const guide: SourceGuide = {
  name: 'PagerDuty Events API (v2 and v1 clients)',
  family: 'on-call',
  setup: [
    'This is for tools that can send to PagerDuty and let you set the address. Ours is {base}, which is {url} without `/api/webhooks/pagerduty-events`.',
    'In place of https://events.pagerduty.com/v2/enqueue write {base}/v2/enqueue (v2), in place of https://events.pagerduty.com/generic/2010-04-15/create_event.json write {base}/generic/2010-04-15/create_event.json (v1). Change events go to {base}/v2/change/enqueue.',
    'As routing key, integration key or service key write {key}.',
    'Where the tool takes only 32 hexadecimal characters as a key, write any 32 there and put ours into the address: {base}/in/{key}/v2/enqueue, or {base}/v2/enqueue?api_key={key}; a header X-API-Key does as well.',
    'Alertmanager: under `global` set `pagerduty_url: {base}/v2/enqueue`, in the receiver `pagerduty_configs: [{ routing_key: "{key}", send_resolved: true }]`.',
    'Python (pagerduty, pdpyras): `session = EventsApiV2Client("{key}"); session.url = "{base}"`. Go (go-pagerduty): `pagerduty.NewClient("", pagerduty.WithV2EventsAPIEndpoint("{base}"))` and `RoutingKey: "{key}"`.',
  ],
  authentication: 'The key stands in the body as routing_key (v2) or service_key (v1) and is taken out before the event is stored; X-API-Key, a bearer token, ?api_key= and /in/<key>/ count before it. These clients do not sign: switch the signature off for this integration.',
  proof: 'none',
  template: null,
  references: [
    'https://developer.pagerduty.com/docs/events-api-v2/trigger-events/',
    'https://developer.pagerduty.com/docs/events-api-v2/send-change-events/',
    'https://developer.pagerduty.com/docs/events-api-v1/overview/',
    'https://support.pagerduty.com/main/docs/pd-cef',
  ],
}
