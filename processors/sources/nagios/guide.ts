import type { SourceGuide } from '../source.ts'

/** How Nagios is pointed at us. */
export const guide: SourceGuide = {
  name: 'Nagios (Core and XI)',
  family: 'metrics',
  setup: [
    'Nagios has no webhook of its own: a notification command calls curl. In Nagios Core add the two commands of the body below to objects/commands.cfg; in Nagios XI add them under Configure > Core Config Manager > Commands with command type misc command.',
    'Add a contact alert-whisperer with service_notification_commands notify-service-by-alert-whisperer and host_notification_commands notify-host-by-alert-whisperer, service_notification_options w,u,c,r,f and host_notification_options d,u,r,f, and both notification periods 24x7.',
    'Add that contact to the contact group your hosts and services use (define contactgroup, members), or to the generic templates.',
    'Check the configuration with nagios -v /usr/local/nagios/etc/nagios.cfg and reload Nagios.',
    'Open a service in the web interface and choose Send custom service notification to try it.',
  ],
  authentication: 'curl sends the key in the header X-API-Key. A command can sign as well: X-Timestamp and X-Signature with openssl in a small script; with the plain curl line below switch the HMAC off for this integration.',
  proof: 'optional',
  template: `define command {
  command_name notify-service-by-alert-whisperer
  command_line /usr/bin/curl -sS -m 10 -H 'X-API-Key: {key}' --data-urlencode 'NOTIFICATIONTYPE=$NOTIFICATIONTYPE$' --data-urlencode 'HOSTNAME=$HOSTNAME$' --data-urlencode 'HOSTADDRESS=$HOSTADDRESS$' --data-urlencode 'SERVICEDESC=$SERVICEDESC$' --data-urlencode 'SERVICESTATE=$SERVICESTATE$' --data-urlencode 'SERVICEOUTPUT=$SERVICEOUTPUT$' --data-urlencode 'SERVICEPROBLEMID=$SERVICEPROBLEMID$' --data-urlencode 'LASTSERVICESTATECHANGE=$LASTSERVICESTATECHANGE$' --data-urlencode 'NOTIFICATIONNUMBER=$SERVICENOTIFICATIONNUMBER$' --data-urlencode 'NOTIFICATIONAUTHOR=$NOTIFICATIONAUTHOR$' --data-urlencode 'NOTIFICATIONCOMMENT=$NOTIFICATIONCOMMENT$' {url}
}
define command {
  command_name notify-host-by-alert-whisperer
  command_line /usr/bin/curl -sS -m 10 -H 'X-API-Key: {key}' --data-urlencode 'NOTIFICATIONTYPE=$NOTIFICATIONTYPE$' --data-urlencode 'HOSTNAME=$HOSTNAME$' --data-urlencode 'HOSTADDRESS=$HOSTADDRESS$' --data-urlencode 'HOSTSTATE=$HOSTSTATE$' --data-urlencode 'HOSTOUTPUT=$HOSTOUTPUT$' --data-urlencode 'HOSTPROBLEMID=$HOSTPROBLEMID$' --data-urlencode 'LASTHOSTSTATECHANGE=$LASTHOSTSTATECHANGE$' --data-urlencode 'NOTIFICATIONNUMBER=$HOSTNOTIFICATIONNUMBER$' --data-urlencode 'NOTIFICATIONAUTHOR=$NOTIFICATIONAUTHOR$' --data-urlencode 'NOTIFICATIONCOMMENT=$NOTIFICATIONCOMMENT$' {url}
}`,
  references: ['https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/macrolist.html', 'https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/notifications.html', 'https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/objectdefinitions.html'],
}
