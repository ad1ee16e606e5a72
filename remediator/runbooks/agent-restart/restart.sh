# Restarts a monitoring agent from a closed list; the one that carries this command is not on it. One that was switched off is left so.
case $AW_INPUT_AGENT in
  datadog) units='datadog-agent.service' ;;
  zabbix) units='zabbix-agent.service' ;;
  zabbix2) units='zabbix-agent2.service' ;;
  telegraf) units='telegraf.service' ;;
  node-exporter) units='node_exporter.service prometheus-node-exporter.service' ;;
  checkmk) units='cmk-agent-ctl-daemon.service check-mk-agent-async.service' ;;
  ninjaone) units='ninjarmm-agent.service' ;;
  datto-rmm) units='cag.service' ;;
  atera) units='AteraAgent.service' ;;
  *) aw_refuse agent_unknown 'there is no such agent' ;;
esac
known=''
for unit in $units; do
  if [ "$(timeout 10 systemctl show --property=LoadState --value -- "$unit" 2>/dev/null)" = loaded ]; then known="$known $unit"; fi
done
[ -n "$known" ] || aw_refuse agent_missing "the agent $AW_INPUT_AGENT is not installed as a service here"
for unit in $known; do
  aw_unit_read "$unit"
  # Datto RMM carries commands too; a restart would end this script half-way.
  if grep -Fq -e "/$AW_UNIT" "/proc/$$/cgroup" 2>/dev/null; then aw_refuse carries_command "$AW_UNIT carries this command; restart it by another way"; fi
  case $AW_UNIT_FILE in
    enabled | enabled-runtime | generated | static | indirect) ;;
    *) aw_refuse unit_not_enabled "$AW_UNIT is not enabled ($AW_UNIT_FILE), so nobody expects it to run" ;;
  esac
  case $AW_UNIT_ACTIVE in
    active) ;;
    *) if [ "$AW_INPUT_STOPPED_TOO" = true ]; then aw_unit_may_start stopped_too; else aw_unit_may_start; fi ;;
  esac
done
for unit in $known; do
  aw_unit_read "$unit"
  aw_unit_call restart
  aw_changed "restart $AW_UNIT (was $AW_UNIT_WAS)"
  aw_unit_settle
done
aw_ok "restarted$known"
