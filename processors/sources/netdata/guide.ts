import type { SourceGuide } from '../source.ts'

/** How Netdata is pointed at us. */
export const guide: SourceGuide = {
  name: 'Netdata',
  family: 'metrics',
  setup: [
    'Netdata Cloud: open Space settings (the cog) > Alerts & Notifications > + Add configuration and choose Webhook.',
    'Choose the rooms and the notifications (All Alerts and unreachable), set Webhook URL to {url}, and under Extra headers add X-API-Key with the value {key}. Choose Bearer or Basic as the authentication mechanism only if a gateway before us asks for it.',
    'Choose Test: the token it sends is shown in the receipt of the delivery (Deliveries, body); paste it into Verification and save.',
    'Agent without the Cloud: run sudo ./edit-config health_alarm_notify.conf in /etc/netdata, set SEND_CUSTOM="YES" and DEFAULT_RECIPIENT_CUSTOM="alert-whisperer", and paste the function below.',
    'Try it with sudo su -s /bin/bash netdata -c "/usr/libexec/netdata/plugins.d/alarm-notify.sh test": three deliveries of test_alarm arrive and make no alert.',
  ],
  authentication: 'The Cloud sends extra headers, so X-API-Key carries the key; it signs nothing (mutual TLS is its alternative). The agent\'s function sends the same header. Switch the HMAC off for this integration.',
  proof: 'none',
  template: `custom_sender() {
  httpcode=$(docurl -X POST -H "X-API-Key: {key}" \\
    --data-urlencode "host=\${host}" --data-urlencode "alarm_id=\${alarm_id}" --data-urlencode "event_id=\${event_id}" --data-urlencode "unique_id=\${unique_id}" \\
    --data-urlencode "name=\${name}" --data-urlencode "chart=\${chart}" --data-urlencode "family=\${family}" --data-urlencode "status=\${status}" \\
    --data-urlencode "old_status=\${old_status}" --data-urlencode "value_string=\${value_string}" --data-urlencode "when=\${when}" \\
    --data-urlencode "non_clear_duration=\${non_clear_duration}" --data-urlencode "info=\${info}" --data-urlencode "classification=\${classification}" \\
    --data-urlencode "component=\${component}" --data-urlencode "type=\${type}" --data-urlencode "goto_url=\${goto_url}" \\
    "{url}")
  if [ "\${httpcode}" = "202" ] || [ "\${httpcode}" = "200" ]; then
    info "sent custom notification for: \${host} \${chart}.\${name} is \${status}"
    sent=$((sent + 1))
  else
    error "failed to send custom notification for: \${host} \${chart}.\${name} is \${status}, with HTTP response status code \${httpcode}."
  fi
}`,
  references: ['https://learn.netdata.cloud/docs/alerts-&-notifications/notifications/centralized-cloud-notifications/webhook', 'https://learn.netdata.cloud/docs/alerts-&-notifications/notifications/agent-dispatched-notifications/custom'],
}
