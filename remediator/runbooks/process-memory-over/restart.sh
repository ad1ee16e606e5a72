# Restarts the systemd service that a process over its limit belongs to, when that service is one that may be restarted.
name=$AW_INPUT_PROCESS
limit_kb=$((AW_INPUT_LIMIT_MB * 1024))
wanted=${AW_INPUT_UNIT:-}
aw_need systemctl awk

units=
for dir in /proc/[0-9]*; do
  [ "$(cat "$dir/comm" 2>/dev/null)" = "$(printf '%.15s' "$name")" ] || continue
  kb=$(awk '$1 == "VmRSS:" { print $2 }' "$dir/status" 2>/dev/null)
  [ "${kb:-0}" -gt "$limit_kb" ] || continue
  # Anything but a service right below system.slice, such as a session, a container or a pod, is somebody else's to restart.
  unit=$(sed -n 's#^\(0::\|[0-9]*:name=systemd:\)/system\.slice/\(system-[^/]*\.slice/\)\{0,1\}\([A-Za-z0-9@_.:-]*\.service\)$#\3#p' "$dir/cgroup" 2>/dev/null | head -n 1)
  [ -n "$unit" ] || aw_refuse no_service "A process $name over ${AW_INPUT_LIMIT_MB} MB belongs to no service of the system."
  case " $units " in *" $unit "*) ;; *) units="$units $unit" ;; esac
done
units=${units# }
if [ -z "$units" ]; then
  aw_fact restarted false
  aw_ok "No process $name has more than ${AW_INPUT_LIMIT_MB} MB; nothing to do."
fi
case $units in *' '*) aw_refuse several_services "Processes over the limit belong to several services: $units." ;; esac

unit=$units
case $unit in
  systemd-* | dbus* | ssh* | *ssm-agent* | walinuxagent* | waagent* | google-* | getty* | serial-getty* | user@* | NetworkManager* | networking* | network* | firewalld* | nftables* | iptables* | docker* | containerd* | crio* | kubelet* | libvirt* | multipathd* | iscsi* | lvm2* | auditd* | polkit* | pacemaker* | corosync* | drbd*)
    aw_refuse service_protected "$unit carries the system, its network or this very command." ;;
  postgresql* | mysql* | mariadb* | mongod* | redis* | elasticsearch* | opensearch* | cassandra* | kafka* | rabbitmq* | etcd* | zookeeper* | influxdb* | clickhouse* | consul* | vault*)
    aw_refuse service_keeps_data "$unit keeps data; a person has to decide how it is restarted." ;;
  nginx.service | apache2.service | httpd.service | lighttpd.service | caddy.service | haproxy.service | varnish.service | squid.service | php*-fpm.service | tomcat*.service | jetty*.service | wildfly.service | gunicorn*.service | uwsgi*.service | puma*.service | unicorn*.service | sidekiq*.service | celery*.service | passenger*.service | pm2-*.service | node-*.service | memcached.service | supervisor.service | supervisord.service | rsyslog.service | syslog-ng.service | cron.service | crond.service | postfix.service | dovecot.service | clamav-daemon.service | grafana-server.service | prometheus*.service | node_exporter.service | telegraf.service | datadog-agent.service | zabbix-agent*.service | filebeat.service | metricbeat.service | logstash.service | fluent-bit.service | fluentd.service | td-agent.service | jenkins.service | snapd.service | packagekit.service | cups.service | cups-browsed.service | named.service | bind9.service | unbound.service | dnsmasq.service) ;;
  *) [ "$unit" = "$wanted" ] || aw_refuse service_unknown "$unit is not among the services known to restart well; a person may name it as unit." ;;
esac
if [ -n "$wanted" ] && [ "$unit" != "$wanted" ]; then aw_refuse other_service "The process belongs to $unit, not to $wanted."; fi

state=$(aw_timed 20 systemctl show --property=LoadState --property=ActiveState --property=RefuseManualStart --property=RefuseManualStop -- "$unit" 2>/dev/null | sort | tr '\n' ' ')
[ "$state" = 'ActiveState=active LoadState=loaded RefuseManualStart=no RefuseManualStop=no ' ] || aw_refuse service_state "$unit is not simply running: $state"
# A web server whose configuration does not load would not come up again.
loads=true
case $unit in
  nginx.service) aw_timed 60 nginx -t -q >/dev/null 2>&1 || loads=false ;;
  apache2.service) aw_timed 60 apache2ctl -t >/dev/null 2>&1 || loads=false ;;
  httpd.service) aw_timed 60 httpd -t >/dev/null 2>&1 || loads=false ;;
  haproxy.service) aw_timed 60 haproxy -c -q -f /etc/haproxy/haproxy.cfg >/dev/null 2>&1 || loads=false ;;
esac
[ "$loads" = true ] || aw_refuse configuration_invalid "the configuration of $unit does not load; it would not come up again"
aw_fact unit "$unit"
aw_changed "restarted $unit"
aw_timed 150 systemctl restart -- "$unit" 2>/dev/null || aw_fail restart_failed "$unit could not be restarted; look at journalctl -u $unit."
[ "$(aw_timed 20 systemctl is-active -- "$unit" 2>/dev/null)" = active ] || aw_fail not_active "$unit was restarted and is not active."
aw_fact restarted true
aw_ok "Restarted $unit, whose process $name was over ${AW_INPUT_LIMIT_MB} MB."
