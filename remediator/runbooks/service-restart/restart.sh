# Starts a service that failed, or that is enabled and came to an end by itself. A running one is left alone.
aw_unit_read "$AW_INPUT_UNIT"
if [ "$AW_UNIT_ACTIVE" = active ]; then
  aw_unit_facts
  aw_ok "$AW_UNIT runs already; nothing was changed"
fi
case $AW_UNIT in
  postgresql* | mysql* | mariadb* | redis* | mongod* | cassandra* | clickhouse* | elasticsearch* | opensearch* | etcd* | rabbitmq* | kafka* | mssql*) aw_refuse holds_data "$AW_UNIT keeps data; use the runbook for databases, or a person" ;;
esac
if [ "$AW_INPUT_STOPPED_TOO" = true ]; then aw_unit_may_start stopped_too; else aw_unit_may_start; fi
aw_unit_call start
aw_changed "start $AW_UNIT (was $AW_UNIT_WAS)"
aw_unit_settle
aw_ok "$AW_UNIT runs"
