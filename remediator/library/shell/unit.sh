# Systemd units, read exactly by name. Sent with a script that names one of these functions.
# shellcheck disable=SC2034 # the script reads AW_UNIT_*

# Reads a service into AW_UNIT_* and refuses a name that is none, a template, and what systemd does not know.
aw_unit_read() {
  aw_unit_wanted=$1
  case $aw_unit_wanted in
    *.service | *.socket) ;;
    *) aw_unit_wanted=$aw_unit_wanted.service ;;
  esac
  case $aw_unit_wanted in
    -* | .* | *[!A-Za-z0-9_.:@-]*) aw_refuse unit_name_invalid 'the name is not one of a service' ;;
    *@.service | *@.socket) aw_refuse unit_is_template "$aw_unit_wanted is a template; name one instance of it" ;;
  esac
  command -v systemctl >/dev/null 2>&1 || aw_refuse no_systemd 'systemd does not run this machine'
  aw_unit_text=$(timeout 20 systemctl show --no-pager --property=Id,Names,LoadState,ActiveState,SubState,UnitFileState,Type,Result,NRestarts,MainPID,TriggeredBy,ConditionResult,CanStart,NeedDaemonReload,ExecMainStatus,ActiveEnterTimestampMonotonic,ActiveExitTimestampMonotonic,InactiveExitTimestampMonotonic,ExecMainExitTimestampMonotonic -- "$aw_unit_wanted" 2>/dev/null) ||
    aw_refuse no_systemd 'systemd does not answer'
  AW_UNIT='' AW_UNIT_NAMES='' AW_UNIT_LOAD='' AW_UNIT_ACTIVE='' AW_UNIT_SUB='' AW_UNIT_FILE='' AW_UNIT_TYPE='' AW_UNIT_RESULT='' AW_UNIT_RESTARTS=0 AW_UNIT_PID=0
  AW_UNIT_TRIGGERS='' AW_UNIT_CONDITION='' AW_UNIT_CAN_START=yes AW_UNIT_RELOAD=no AW_UNIT_STATUS=0 AW_UNIT_ENTERED=0 AW_UNIT_LEFT=0 AW_UNIT_BEGAN=0 AW_UNIT_EXITED=0
  while IFS='=' read -r aw_unit_key aw_unit_value; do
    case $aw_unit_key in
      Id) AW_UNIT=$aw_unit_value ;;
      Names) AW_UNIT_NAMES=$aw_unit_value ;;
      LoadState) AW_UNIT_LOAD=$aw_unit_value ;;
      ActiveState) AW_UNIT_ACTIVE=$aw_unit_value ;;
      SubState) AW_UNIT_SUB=$aw_unit_value ;;
      UnitFileState) AW_UNIT_FILE=$aw_unit_value ;;
      Type) AW_UNIT_TYPE=$aw_unit_value ;;
      Result) AW_UNIT_RESULT=$aw_unit_value ;;
      NRestarts) AW_UNIT_RESTARTS=${aw_unit_value:-0} ;;
      MainPID) AW_UNIT_PID=${aw_unit_value:-0} ;;
      TriggeredBy) AW_UNIT_TRIGGERS=$aw_unit_value ;;
      ConditionResult) AW_UNIT_CONDITION=$aw_unit_value ;;
      CanStart) AW_UNIT_CAN_START=$aw_unit_value ;;
      NeedDaemonReload) AW_UNIT_RELOAD=$aw_unit_value ;;
      ExecMainStatus) AW_UNIT_STATUS=${aw_unit_value:-0} ;;
      ActiveEnterTimestampMonotonic) AW_UNIT_ENTERED=${aw_unit_value:-0} ;;
      ActiveExitTimestampMonotonic) AW_UNIT_LEFT=${aw_unit_value:-0} ;;
      InactiveExitTimestampMonotonic) AW_UNIT_BEGAN=${aw_unit_value:-0} ;;
      ExecMainExitTimestampMonotonic) AW_UNIT_EXITED=${aw_unit_value:-0} ;;
    esac
  done <<AW_UNIT_END
$aw_unit_text
AW_UNIT_END
  case " $AW_UNIT_NAMES " in
    *" $aw_unit_wanted "*) ;;
    *) aw_refuse unit_unknown "systemd knows no $aw_unit_wanted" ;;
  esac
  if [ "$AW_UNIT_ACTIVE" = active ]; then AW_UNIT_RUNNING=true; else AW_UNIT_RUNNING=false; fi
  case $AW_UNIT_LOAD in
    loaded) ;;
    masked) aw_refuse unit_masked "$AW_UNIT is masked: a person wants it never to start" ;;
    not-found) aw_refuse unit_unknown "systemd knows no $aw_unit_wanted" ;;
    *) aw_refuse unit_broken "systemd cannot load $AW_UNIT ($AW_UNIT_LOAD)" ;;
  esac
}

# Tells the unit as facts.
aw_unit_facts() {
  aw_fact unit "$AW_UNIT"
  aw_fact activeState "$AW_UNIT_ACTIVE"
  aw_fact subState "$AW_UNIT_SUB"
  aw_fact result "$AW_UNIT_RESULT"
  aw_fact exitStatus "$AW_UNIT_STATUS"
  aw_fact restarts "$AW_UNIT_RESTARTS"
}

# Refuses a unit that something else starts, that is no lasting service, that a restart could cut us off with, or that is not at rest.
# With "stopped_too" one that a person has stopped is taken as well.
aw_unit_may_start() {
  case $AW_UNIT in
    amazon-ssm-agent* | snap.amazon-ssm-agent* | walinuxagent* | waagent* | google-*-agent* | google-osconfig* | azuremonitor* | systemd-* | dbus* | polkit* | init* | user@* | user-* | getty@* | serial-getty@* | console-getty* | \
      network* | NetworkManager* | wpa_supplicant* | ifup@* | dhcpcd* | firewalld* | iptables* | ip6tables* | nftables* | ufw* | lvm2-* | multipathd* | iscsi* | open-iscsi* | mdadm* | drbd* | corosync* | pacemaker* | pcsd* | keepalived* | emergency* | rescue* | plymouth* | kexec*)
      aw_refuse unit_protected "$AW_UNIT carries the machine, its network or its cluster; a person starts it" ;;
  esac
  [ "$AW_UNIT_TYPE" != oneshot ] || aw_refuse unit_is_job "$AW_UNIT is a job that ends, not a service"
  [ "$AW_UNIT_CAN_START" != no ] || aw_refuse unit_not_startable "$AW_UNIT refuses to be started by hand"
  [ "$AW_UNIT_RELOAD" != yes ] || aw_refuse unit_changed "the file of $AW_UNIT was changed and systemd has not read it yet; a person should look at it"
  case $AW_UNIT_ACTIVE in
    failed)
      # A service that ends with an error when it is told to stop (Java: 143) fails by that too. One whose last start came to nothing left "active" before that start began; a
      # watchdog and the want of memory have systemd stop it.
      case $AW_UNIT_RESULT/${1-} in
        watchdog/* | oom-kill/* | */stopped_too) ;;
        *) if [ "$AW_UNIT_LEFT" -gt "$AW_UNIT_BEGAN" ] && [ "$AW_UNIT_EXITED" -ge "$AW_UNIT_LEFT" ]; then aw_refuse stopped_on_purpose "$AW_UNIT was told to stop and ended with an error; a person has to say that it should run"; fi ;;
      esac
      return 0 ;;
    inactive) ;;
    activating)
      [ "$AW_UNIT_SUB" != auto-restart ] || aw_refuse restart_loop "$AW_UNIT ends again and again ($AW_UNIT_RESTARTS restarts); another start would not help"
      aw_refuse unit_starting "$AW_UNIT is being started" ;;
    *) aw_refuse unit_busy "$AW_UNIT is $AW_UNIT_ACTIVE" ;;
  esac
  case $AW_UNIT_FILE in
    enabled | enabled-runtime | generated) ;;
    *) aw_refuse unit_not_enabled "$AW_UNIT is stopped and not enabled ($AW_UNIT_FILE), so nobody expects it to run" ;;
  esac
  [ -z "$AW_UNIT_TRIGGERS" ] || aw_refuse unit_triggered "$AW_UNIT is started by $AW_UNIT_TRIGGERS when there is need"
  [ "$AW_UNIT_CONDITION" != no ] || [ "$AW_UNIT_ENTERED" != 0 ] || aw_refuse unit_condition "a condition of $AW_UNIT does not hold on this machine"
  # A service that ends by itself exits first and leaves "active" then; one that is told to stop leaves "active" before its process exits.
  if [ "${1-}" != stopped_too ] && [ "$AW_UNIT_LEFT" -gt 0 ] && [ "$AW_UNIT_EXITED" -ge "$AW_UNIT_LEFT" ]; then
    aw_refuse stopped_on_purpose "$AW_UNIT was told to stop; a person has to say that it should run"
  fi
}

# Starts or restarts the unit ($1 is the verb). AW_UNIT_WAS is the state it was in; the script tells the change, and calls aw_unit_settle then.
aw_unit_call() {
  AW_UNIT_WAS=$AW_UNIT_ACTIVE
  if [ "$AW_UNIT_ACTIVE" = failed ]; then timeout 20 systemctl reset-failed -- "$AW_UNIT" >/dev/null 2>&1 || aw_fail systemctl_failed "could not reset $AW_UNIT"; fi
  aw_unit_problem=''
  timeout 120 systemctl --no-ask-password "$1" -- "$AW_UNIT" >/dev/null 2>&1 || aw_unit_problem=yes
}

# Waits until the unit has been active for ten seconds with the same process; fails where it does not stay.
aw_unit_settle() {
  aw_unit_tries=0 aw_unit_steady=0 aw_unit_pid=''
  while [ -z "$aw_unit_problem" ] && [ "$aw_unit_tries" -lt 20 ] && [ "$aw_unit_steady" -lt 5 ]; do
    sleep 2
    aw_unit_read "$AW_UNIT"
    aw_unit_tries=$((aw_unit_tries + 1))
    if [ "$AW_UNIT_ACTIVE" = active ] && { [ -z "$aw_unit_pid" ] || [ "$aw_unit_pid" = "$AW_UNIT_PID" ]; }; then
      aw_unit_steady=$((aw_unit_steady + 1))
    else
      aw_unit_steady=0
    fi
    aw_unit_pid=$AW_UNIT_PID
    [ "$AW_UNIT_ACTIVE" != failed ] || aw_unit_problem=yes
  done
  aw_unit_read "$AW_UNIT"
  aw_unit_facts
  [ "$aw_unit_steady" -ge 5 ] || aw_fail unit_not_steady "$AW_UNIT did not stay up: $AW_UNIT_ACTIVE, $AW_UNIT_RESULT, exit status $AW_UNIT_STATUS"
}
