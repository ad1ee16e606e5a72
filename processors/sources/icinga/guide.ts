import type { SourceGuide } from '../source.ts'

/** How Icinga is pointed at us. */
export const guide: SourceGuide = {
  name: 'Icinga 2',
  family: 'metrics',
  setup: [
    'Icinga 2 has no webhook of its own: a NotificationCommand calls curl. Put the objects of the body below into /etc/icinga2/conf.d/alert-whisperer.conf (or a global zone), or build the same in Icinga Director under Commands and Notifications.',
    'The user alert-whisperer needs no address; enable_notifications must be true and its states and types must not leave out Recovery.',
    'Check with icinga2 daemon -C and reload with systemctl reload icinga2.',
    'With Icinga Notifications instead: Configuration > Channels > Create Channel, type Webhook, method POST, URL {url}?api_key={key}, and the request body template {{ . }} as JSON (the default); name the channel in an event rule.',
    'Try it in Icinga Web: open a service and choose Notification (send custom notification).',
  ],
  authentication: 'curl sends the key in the header X-API-Key; Icinga Notifications has no custom header, so there the key stands in the URL as api_key. Neither signs, so switch the HMAC off for this integration.',
  proof: 'none',
  template: `object NotificationCommand "alert-whisperer-service" {
  command = [
    "/usr/bin/curl", "-sS", "-m", "10", "-H", "X-API-Key: {key}",
    "--data-urlencode", "notification.type=$notification.type$",
    "--data-urlencode", "host.name=$host.name$",
    "--data-urlencode", "host.address=$host.address$",
    "--data-urlencode", "service.name=$service.name$",
    "--data-urlencode", "service.state=$service.state$",
    "--data-urlencode", "service.output=$service.output$",
    "--data-urlencode", "service.last_state_change=$service.last_state_change$",
    "--data-urlencode", "service.state_type=$service.state_type$",
    "--data-urlencode", "notification.author=$notification.author$",
    "--data-urlencode", "notification.comment=$notification.comment$",
    "--data-urlencode", "icinga.long_date_time=$icinga.long_date_time$",
    "--data-urlencode", "icinga.timet=$icinga.timet$",
    "{url}"
  ]
}
object NotificationCommand "alert-whisperer-host" {
  command = [
    "/usr/bin/curl", "-sS", "-m", "10", "-H", "X-API-Key: {key}",
    "--data-urlencode", "notification.type=$notification.type$",
    "--data-urlencode", "host.name=$host.name$",
    "--data-urlencode", "host.address=$host.address$",
    "--data-urlencode", "host.state=$host.state$",
    "--data-urlencode", "host.output=$host.output$",
    "--data-urlencode", "host.last_state_change=$host.last_state_change$",
    "--data-urlencode", "notification.author=$notification.author$",
    "--data-urlencode", "notification.comment=$notification.comment$",
    "--data-urlencode", "icinga.long_date_time=$icinga.long_date_time$",
    "--data-urlencode", "icinga.timet=$icinga.timet$",
    "{url}"
  ]
}
object User "alert-whisperer" { }
apply Notification "alert-whisperer-service" to Service {
  command = "alert-whisperer-service"
  users = [ "alert-whisperer" ]
  types = [ Problem, Recovery, Acknowledgement, FlappingStart, FlappingEnd, Custom ]
  states = [ OK, Warning, Critical, Unknown ]
  assign where true
}
apply Notification "alert-whisperer-host" to Host {
  command = "alert-whisperer-host"
  users = [ "alert-whisperer" ]
  types = [ Problem, Recovery, Acknowledgement, FlappingStart, FlappingEnd, Custom ]
  states = [ Up, Down ]
  assign where true
}`,
  references: ['https://icinga.com/docs/icinga-2/latest/doc/03-monitoring-basics/#notification-commands', 'https://icinga.com/docs/icinga-2/latest/doc/12-icinga2-api/#event-streams', 'https://icinga.com/docs/icinga-notifications/latest/doc/10-Channels/'],
}
