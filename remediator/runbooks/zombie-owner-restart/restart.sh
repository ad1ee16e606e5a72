# Restarts one service, named by a person, when processes of it have left zombies. They go when their parent goes.
unit=$AW_INPUT_UNIT
aw_need systemctl awk
case $unit in
  systemd-* | dbus* | ssh* | *ssm-agent* | walinuxagent* | waagent* | google-* | getty* | serial-getty* | user@* | NetworkManager* | networking* | network* | firewalld* | docker* | containerd* | crio* | kubelet* | libvirt* | auditd* | polkit* | pacemaker* | corosync*)
    aw_refuse service_protected "$unit carries the system, its network or this very command." ;;
esac
number=0
for stat in /proc/[0-9]*/status; do
  parent=$(awk '$1 == "State:" { state = $2 } $1 == "PPid:" { parent = $2 } END { if (state == "Z" && parent > 1) print parent }' "$stat" 2>/dev/null)
  [ -n "$parent" ] || continue
  owner=$(sed -n 's#^\(0::\|[0-9]*:name=systemd:\)/system\.slice/\(system-[^/]*\.slice/\)\{0,1\}\([A-Za-z0-9@_.:-]*\.service\)$#\3#p' "/proc/$parent/cgroup" 2>/dev/null | head -n 1)
  if [ "$owner" = "$unit" ]; then number=$((number + 1)); fi
done
aw_fact zombiesOfUnit "$number"
if [ "$number" -eq 0 ]; then aw_ok "$unit has left no zombie processes; nothing to do."; fi
state=$(aw_timed 20 systemctl show --property=LoadState --property=ActiveState --property=RefuseManualStart --property=RefuseManualStop -- "$unit" 2>/dev/null | sort | tr '\n' ' ')
[ "$state" = 'ActiveState=active LoadState=loaded RefuseManualStart=no RefuseManualStop=no ' ] || aw_refuse service_state "$unit is not simply running: $state"
aw_changed "restarted $unit"
aw_timed 150 systemctl restart -- "$unit" 2>/dev/null || aw_fail restart_failed "$unit could not be restarted; look at journalctl -u $unit."
[ "$(aw_timed 20 systemctl is-active -- "$unit" 2>/dev/null)" = active ] || aw_fail not_active "$unit was restarted and is not active."
aw_ok "Restarted $unit, which had left $number zombie processes."
