# Reads the job; changes nothing.
aw_unit_read "$AW_INPUT_JOB"
aw_unit_facts
case $AW_UNIT_ACTIVE/$AW_UNIT_RESULT in
  activating/* | active/*) state=running ;;
  inactive/success) state=succeeded ;;
  *) state=failed ;;
esac
aw_fact jobState "$state"
aw_ok "$AW_UNIT: $state"
