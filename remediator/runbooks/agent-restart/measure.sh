# Reads the unit of the agent; changes nothing.
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
running=0 all=0
for unit in $known; do
  aw_unit_read "$unit"
  aw_unit_facts
  all=$((all + 1))
  if [ "$AW_UNIT_ACTIVE" = active ]; then running=$((running + 1)); fi
done
if [ "$running" -eq "$all" ]; then aw_fact isRunning true; else aw_fact isRunning false; fi
aw_ok "$running of $all units of $AW_INPUT_AGENT run:$known"
