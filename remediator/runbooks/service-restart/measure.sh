# Reads the service; changes nothing.
aw_unit_read "$AW_INPUT_UNIT"
aw_unit_facts
aw_fact isRunning "$AW_UNIT_RUNNING"
aw_ok "$AW_UNIT is $AW_UNIT_ACTIVE"
