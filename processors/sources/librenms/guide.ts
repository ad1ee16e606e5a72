import type { SourceGuide } from '../source.ts'

/** How LibreNMS is pointed at us. */
export const guide: SourceGuide = {
  name: 'LibreNMS',
  family: 'network',
  setup: [
    'Open Alerts > Alert Transports and choose Create alert transport.',
    'Set the transport type to API, API Method to POST and API URL to {url}.',
    'Under Headers write X-API-Key={key} and, on a line of its own, Content-Type=application/json.',
    'Paste the body below into body. Leave it empty only if you want every field LibreNMS has; that is read too.',
    'Make it a default transport, or choose it in each rule under Transports, and switch on Recovery alerts in the rules.',
    'Choose the check mark (Test transport): it answers and makes no alert.',
  ],
  authentication: 'The API transport sends headers of your own (X-API-Key) or Basic credentials (give the key as the password). It cannot sign, so switch the HMAC off for this integration.',
  proof: 'none',
  template: '{"title":"{{ $title }}","hostname":"{{ $hostname }}","sysName":"{{ $sysName }}","name":"{{ $name }}","severity":"{{ $severity }}","state":"{{ $state }}","alert_id":"{{ $alert_id }}","device_id":"{{ $device_id }}","rule_id":"{{ $rule_id }}","os":"{{ $os }}","hardware":"{{ $hardware }}","location":"{{ $location }}","ip":"{{ $ip }}","elapsed":"{{ $elapsed }}","msg":"{{ $msg }}"}',
  references: ['https://docs.librenms.org/Alerting/Transports/API/', 'https://docs.librenms.org/Alerting/Templates/', 'https://docs.librenms.org/Alerting/Rules/'],
}
