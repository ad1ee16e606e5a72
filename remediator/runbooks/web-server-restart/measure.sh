# Finds the one web server this machine is meant to run and tells whether it runs, listens and has a configuration that loads.
# Without a name: the one web server that is enabled here; more than one is a question for a person.
server=${AW_INPUT_SERVER%.service}
if [ "$server" = auto ]; then
  server=''
  for candidate in nginx apache2 httpd caddy haproxy; do
    case $(timeout 10 systemctl is-enabled -- "$candidate.service" 2>/dev/null) in enabled | enabled-runtime | generated) ;; *) continue ;; esac
    [ -z "$server" ] || aw_refuse server_ambiguous "both $server and $candidate are enabled; name one"
    server=$candidate
  done
  [ -n "$server" ] || aw_refuse server_unknown 'no web server that is known is enabled here'
fi
case $server in nginx | apache2 | httpd | caddy | haproxy) ;; *) aw_refuse server_unknown 'that is no web server this knows on Linux' ;; esac
aw_unit_read "$server.service"
case $AW_UNIT in nginx.service | apache2.service | httpd.service | caddy.service | haproxy.service) ;; *) aw_refuse server_unknown "$server stands for $AW_UNIT here" ;; esac
aw_unit_facts
aw_fact isRunning "$AW_UNIT_RUNNING"
listening=0
if [ "$AW_UNIT_ACTIVE" = active ] && command -v ss >/dev/null 2>&1; then
  listening=$(timeout 10 ss -H -l -t -n -p 2>/dev/null | head -n 2000 | grep -c -F ",pid=$AW_UNIT_PID," || true)
fi
aw_fact listeningSockets "$listening"
aw_ok "$AW_UNIT is $AW_UNIT_ACTIVE"
