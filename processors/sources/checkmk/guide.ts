import type { SourceGuide } from '../source.ts'

/** How Checkmk is pointed at us. */
export const guide: SourceGuide = {
  name: 'Checkmk',
  family: 'metrics',
  setup: [
    'Save the script below as ~/local/share/check_mk/notifications/alert_whisperer of your site and make it executable (chmod +x).',
    'Open Setup > Events > Notifications and choose Add rule.',
    'Under Notification method choose Alert Whisperer and Call with the following parameters; leave Bulk off.',
    'Under Contact selection choose one user who shall stand for the rule, for instance cmkadmin; under Conditions restrict hosts, services and states as you like, but leave the recovery (OK, UP) in.',
    'Apply, activate the changes, and try it with Test notifications, or Fake check results on a service.',
  ],
  authentication: 'The script sends the key in the header X-API-Key. To sign, let it add X-Timestamp and X-Signature with openssl; otherwise switch the HMAC off for this integration.',
  proof: 'optional',
  template: `#!/bin/bash
# Alert Whisperer
# Bulk: no
curl -sS -m 10 -H 'X-API-Key: {key}' \\
  --data-urlencode "WHAT=$NOTIFY_WHAT" --data-urlencode "NOTIFICATIONTYPE=$NOTIFY_NOTIFICATIONTYPE" \\
  --data-urlencode "HOSTNAME=$NOTIFY_HOSTNAME" --data-urlencode "HOSTADDRESS=$NOTIFY_HOSTADDRESS" \\
  --data-urlencode "HOSTSTATE=$NOTIFY_HOSTSTATE" --data-urlencode "HOSTOUTPUT=$NOTIFY_HOSTOUTPUT" \\
  --data-urlencode "SERVICEDESC=$NOTIFY_SERVICEDESC" --data-urlencode "SERVICESTATE=$NOTIFY_SERVICESTATE" \\
  --data-urlencode "SERVICEOUTPUT=$NOTIFY_SERVICEOUTPUT" --data-urlencode "LASTSERVICESTATECHANGE=$NOTIFY_LASTSERVICESTATECHANGE" \\
  --data-urlencode "LASTHOSTSTATECHANGE=$NOTIFY_LASTHOSTSTATECHANGE" --data-urlencode "OMD_SITE=$NOTIFY_OMD_SITE" \\
  --data-urlencode "NOTIFICATIONAUTHOR=$NOTIFY_NOTIFICATIONAUTHOR" --data-urlencode "NOTIFICATIONCOMMENT=$NOTIFY_NOTIFICATIONCOMMENT" \\
  {url}`,
  references: ['https://docs.checkmk.com/latest/en/notifications.html#scripts', 'https://docs.checkmk.com/latest/en/notifications.html#environment_variables'],
}
