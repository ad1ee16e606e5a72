# Looks at the network of this machine: addresses, routes, resolver, gateway, and a host with a port where one is named. Changes nothing.
aw_need ip ping timeout awk
addresses=$(timeout 10 ip -o addr show scope global 2>/dev/null | awk 'NR <= 8 { printf "%s%s %s", (NR > 1 ? ", " : ""), $2, $4 }')
aw_fact addresses "$addresses"
aw_fact interfacesDown "$(timeout 10 ip -o link show 2>/dev/null | awk '$2 != "lo:" && / state DOWN / { n++ } END { print n + 0 }')"
aw_fact errors "$(timeout 10 ip -s -o link show 2>/dev/null | head -n 200 | awk '{ for (i = 1; i <= NF; i++) if ($i == "RX:" || $i == "TX:") { for (k = i + 1; k <= NF && $k !~ /^[0-9]+$/; k++); n += $(k + 2) } } END { print n + 0 }')"
aw_fact resolvers "$(awk '$1 == "nameserver" && n++ < 4 { printf "%s%s", (n > 1 ? " " : ""), $2 }' /etc/resolv.conf 2>/dev/null)"

# Five small packets; the loss in percent and the mean time in milliseconds, 100 and -1 where nothing comes back.
probe() {
  timeout 15 ping -n -q -c 5 -i 0.3 -W 2 -- "$1" 2>/dev/null | awk '
    match($0, /[0-9.]+% packet loss/) { loss = substr($0, RSTART, RLENGTH); sub(/%.*/, "", loss); seen = 1 }
    / = / { split($0, part, " = "); split(part[2], time, "/"); mean = time[2] }
    END { if (!seen) loss = 100; if (mean == "") mean = -1; printf "%d %.1f", loss, mean }'
}
gateway=$(timeout 10 ip route show default 2>/dev/null | awk '{ for (i = 1; i < NF; i++) if ($i == "via") { print $(i + 1); exit } }')
verdict='the network looks well from here'
if [ -n "$gateway" ]; then
  aw_fact gateway "$gateway"
  figures=$(probe "$gateway")
  aw_fact gatewayLossPercent "${figures% *}"
  aw_fact gatewayMs "${figures#* }"
  # Many gateways do not answer a ping; one whose hardware address is known is there all the same.
  if [ "${figures% *}" -ge 100 ] && ! timeout 10 ip neigh show to "$gateway" 2>/dev/null | grep -q lladdr; then verdict="the gateway $gateway does not answer"; fi
else
  aw_fact gateway none
  verdict='there is no default route'
fi
host=${AW_INPUT_HOST-}
if [ -n "$host" ]; then
  if address=$(timeout 15 getent ahosts "$host" 2>/dev/null | awk 'NR == 1 { print $1 }') && [ -n "$address" ]; then
    aw_fact isResolving true
    aw_fact address "$address"
    figures=$(probe "$address")
    aw_fact lossPercent "${figures% *}"
    aw_fact meanMs "${figures#* }"
    aw_fact via "$(timeout 10 ip route get "$address" 2>/dev/null | awk 'NR == 1 { for (i = 1; i < NF; i++) if ($i == "dev") print $(i + 1) }')"
    if [ "$AW_INPUT_PORT" -gt 0 ]; then
      open=unknown
      if command -v nc >/dev/null 2>&1; then
        if timeout 6 nc -z -w 5 "$address" "$AW_INPUT_PORT" >/dev/null 2>&1; then open=true; else open=false; fi
      elif command -v bash >/dev/null 2>&1; then
        # shellcheck disable=SC2016 # the second shell fills them in
        if timeout 6 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$address" "$AW_INPUT_PORT" >/dev/null 2>&1; then open=true; else open=false; fi
      fi
      aw_fact isPortOpen "$open"
      if [ "$open" = false ]; then verdict="$host does not take connections at port $AW_INPUT_PORT"; fi
    elif [ "${figures% *}" -ge 20 ]; then
      verdict="${figures% *}% of the packets to $host are lost"
    fi
  else
    aw_fact isResolving false
    verdict="$host has no address"
  fi
fi
aw_ok "$verdict"
