# Tests the configuration, then starts the web server; one that runs is restarted only when a person said so.
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
verb=start
if [ "$AW_UNIT_ACTIVE" = active ]; then
  if [ "$AW_INPUT_RUNNING_TOO" != true ]; then
    aw_unit_facts
    aw_ok "$AW_UNIT runs already; nothing was changed"
  fi
  [ "$AW_UNIT_RELOAD" != yes ] || aw_refuse unit_changed "the file of $AW_UNIT was changed and systemd has not read it yet"
  verb=restart
elif [ "$AW_INPUT_STOPPED_TOO" = true ]; then aw_unit_may_start stopped_too; else aw_unit_may_start; fi

# Prints what is wrong with the configuration; ends with 0 where it loads, 2 where it cannot be tested.
test_configuration() {
  case $1 in
    nginx.service) command -v nginx >/dev/null 2>&1 || return 2; timeout 60 nginx -t -q 2>&1 ;;
    apache2.service) command -v apache2ctl >/dev/null 2>&1 || return 2; timeout 60 apache2ctl -t 2>&1 ;;
    httpd.service) command -v httpd >/dev/null 2>&1 || return 2; timeout 60 httpd -t 2>&1 ;;
    caddy.service) command -v caddy >/dev/null 2>&1 && [ -f /etc/caddy/Caddyfile ] || return 2; timeout 60 caddy validate --adapter caddyfile --config /etc/caddy/Caddyfile 2>&1 ;;
    haproxy.service) command -v haproxy >/dev/null 2>&1 && [ -f /etc/haproxy/haproxy.cfg ] || return 2; timeout 60 haproxy -c -q -f /etc/haproxy/haproxy.cfg 2>&1 ;;
    *) return 2 ;;
  esac
}
status=0
said=$(test_configuration "$AW_UNIT") || status=$?
case $status in
  0) ;;
  2) aw_refuse configuration_untested "the configuration of $AW_UNIT cannot be tested here, so it is left alone" ;;
  *) aw_refuse configuration_invalid "the configuration of $AW_UNIT does not load: $(printf '%s' "$said" | head -c 400 | tr -cd '[:print:]')" ;;
esac
aw_unit_call "$verb"
aw_changed "$verb $AW_UNIT (was $AW_UNIT_WAS)"
aw_unit_settle
aw_ok "$AW_UNIT runs"
