# Tells whether the interface has an address from DHCP and for how long; changes nothing.
aw_need ip awk
line=$(timeout 10 ip -4 -o addr show dev "$AW_INPUT_INTERFACE" scope global dynamic 2>/dev/null | head -n 1)
if timeout 10 ip link show dev "$AW_INPUT_INTERFACE" >/dev/null 2>&1; then :; else aw_refuse interface_unknown 'this machine has no such interface'; fi
address=$(printf '%s\n' "$line" | awk '{ print $4 }')
seconds=$(printf '%s\n' "$line" | awk '{ for (i = 1; i < NF; i++) if ($i == "valid_lft") { v = $(i + 1); sub(/sec$/, "", v); print v } }')
if [ -n "$address" ]; then aw_fact hasLease true; else aw_fact hasLease false; fi
aw_fact address "$address"
case $seconds in '' | *[!0-9]*) ;; *) aw_fact leaseSeconds "$seconds" ;; esac
aw_ok "$AW_INPUT_INTERFACE has ${address:-no address from DHCP}"
