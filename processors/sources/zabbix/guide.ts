import type { SourceGuide } from '../source.ts'

/** How Zabbix is pointed at us. */
export const guide: SourceGuide = {
  name: 'Zabbix',
  family: 'metrics',
  setup: [
    'Open Alerts > Media types (Administration > Media types before 6.4) and choose Create media type: name Alert Whisperer, type Webhook.',
    'Remove the default parameters and add these, name and value: url {url}, key {key}, event_id {EVENT.ID}, trigger_id {TRIGGER.ID}, event_value {EVENT.VALUE}, event_update_status {EVENT.UPDATE.STATUS}, event_update_action {EVENT.UPDATE.ACTION}, event_ack_status {EVENT.ACK.STATUS}, event_name {EVENT.NAME}, severity {EVENT.SEVERITY}, event_timestamp {EVENT.TIMESTAMP}, host_name {HOST.NAME}, host_ip {HOST.IP}, host_group {TRIGGER.HOSTGROUP.NAME}, item_name {ITEM.NAME}, item_value {ITEM.VALUE}, event_tags {EVENT.TAGSJSON}, message {ALERT.MESSAGE}, subject {ALERT.SUBJECT}.',
    'Paste the script below, and on the tab Message templates add Problem, Problem recovery and Problem update with their defaults.',
    'Open Users > Users, make or choose a user with read permission on the host groups, and on its tab Media add Alert Whisperer with any text under Send to.',
    'Open Alerts > Actions > Trigger actions and make an action with the operation Send message to that user, only to Alert Whisperer; add the same under Recovery operations and Update operations.',
    'Choose Test beside the media type to try it: macros that were not filled in count as absent.',
  ],
  authentication: 'The script sends the key in X-API-Key. It can sign as well: from Zabbix 6.0 on with hmac(\'sha256\', secret, timestamp + \'.\' + body) in X-Signature and the timestamp in X-Timestamp; with the script below switch the HMAC off for this integration.',
  proof: 'optional',
  template: `var params = JSON.parse(value), request = new HttpRequest(), url = params.url;
request.addHeader('Content-Type: application/json');
request.addHeader('X-API-Key: ' + params.key);
delete params.url;
delete params.key;
var answer = request.post(url, JSON.stringify(params));
if (request.getStatus() !== 202 && request.getStatus() !== 200) {
  throw 'answered ' + request.getStatus() + ': ' + answer;
}
return 'OK';`,
  references: ['https://www.zabbix.com/documentation/current/en/manual/config/notifications/media/webhook', 'https://www.zabbix.com/documentation/current/en/manual/appendix/macros/supported_by_location', 'https://www.zabbix.com/documentation/current/en/manual/config/triggers/severity'],
}
