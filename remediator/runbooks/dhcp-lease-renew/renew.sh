# Asks the DHCP server to renew the lease of one interface. Never gives a lease back, never takes an interface down, so the machine stays reachable.
aw_need ip timeout awk
interface=$AW_INPUT_INTERFACE
[ "$interface" != lo ] || aw_refuse interface_unknown 'the loopback has no lease'
timeout 10 ip link show dev "$interface" >/dev/null 2>&1 || aw_refuse interface_unknown 'this machine has no such interface'
if timeout 10 ip -4 -o addr show dev "$interface" scope global permanent 2>/dev/null | grep -q .; then aw_refuse address_fixed 'the interface has a fixed address; DHCP could take it away'; fi
before=$(timeout 10 ip -4 -o addr show dev "$interface" scope global dynamic 2>/dev/null | awk '{ print $4; exit }')
is_active() { [ "$(timeout 10 systemctl is-active -- "$1.service" 2>/dev/null)" = active ]; }
how=''
if is_active systemd-networkd && command -v networkctl >/dev/null 2>&1 && timeout 10 networkctl list --no-legend --no-pager -- "$interface" 2>/dev/null | grep -q configured; then
  how=networkd
elif is_active NetworkManager && command -v nmcli >/dev/null 2>&1 && [ -n "$(timeout 10 nmcli -g GENERAL.CONNECTION device show "$interface" 2>/dev/null)" ]; then
  how=networkmanager
else
  for process in /proc/[0-9]*; do
    [ "$(head -c 60 "$process/comm" 2>/dev/null)" = dhclient ] || continue
    # Its arguments are set apart by NUL; the interface has to be one of them.
    if tr '\000' '\n' <"$process/cmdline" 2>/dev/null | grep -Fqx -- "$interface"; then
      aw_refuse renewal_unsafe 'dhclient cannot be asked to renew; a second one beside it would take the address away first'
    fi
  done
fi
[ -n "$how" ] || aw_refuse client_unknown 'none of the DHCP clients that are known looks after this interface'
failed=''
case $how in
  networkd) timeout 60 networkctl renew "$interface" >/dev/null 2>&1 || failed=yes ;;
  networkmanager) timeout 60 nmcli --wait 50 device reapply "$interface" >/dev/null 2>&1 || failed=yes ;;
esac
aw_changed "asked $how to renew the lease of $interface"
[ -z "$failed" ] || aw_fail renew_failed "$how could not renew the lease"
after='' tries=0
while [ -z "$after" ] && [ "$tries" -lt 15 ]; do
  after=$(timeout 10 ip -4 -o addr show dev "$interface" scope global dynamic 2>/dev/null | awk '{ print $4; exit }')
  [ -n "$after" ] || sleep 2
  tries=$((tries + 1))
done
aw_fact address "$after"
[ -n "$after" ] || aw_fail no_address 'the interface has no address after the renewal'
[ "$before" = "$after" ] || aw_changed "the address of $interface is $after (was ${before:-none})"
aw_ok "$interface has $after"
