# Empties the caches of the resolvers that run on this machine. What they forget they ask for again.
aw_need systemctl timeout
flushed=0
failed=''
for service in systemd-resolved nscd dnsmasq unbound; do
  [ "$(timeout 10 systemctl is-active -- "$service.service" 2>/dev/null)" = active ] || continue
  status=0
  case $service in
    systemd-resolved)
      if command -v resolvectl >/dev/null 2>&1; then timeout 20 resolvectl flush-caches >/dev/null 2>&1 || status=1; else timeout 20 systemd-resolve --flush-caches >/dev/null 2>&1 || status=1; fi ;;
    nscd) timeout 20 nscd -i hosts >/dev/null 2>&1 || status=1 ;;
    # It empties its cache when it is told to read its files again.
    dnsmasq) timeout 20 systemctl kill --signal=HUP --kill-who=main -- dnsmasq.service >/dev/null 2>&1 || status=1 ;;
    unbound) timeout 20 unbound-control flush_zone . >/dev/null 2>&1 || status=1 ;;
  esac
  if [ "$status" -eq 0 ]; then
    aw_changed "emptied the cache of $service"
    flushed=$((flushed + 1))
  else
    failed="$failed $service"
  fi
done
aw_fact flushed "$flushed"
[ -z "$failed" ] || aw_fail flush_failed "these could not be emptied:$failed"
[ "$flushed" -gt 0 ] || aw_refuse no_cache 'no resolver with a cache that is known runs on this machine'
aw_ok "emptied $flushed caches"
