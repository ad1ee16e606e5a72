# Asks the machine's own resolver for a name; changes nothing.
aw_need getent timeout
if address=$(timeout 15 getent ahosts "$AW_INPUT_NAME" | head -n 1) && [ -n "$address" ]; then
  aw_fact isResolving true
  aw_fact address "${address%% *}"
  aw_ok "$AW_INPUT_NAME has an address"
fi
aw_fact isResolving false
aw_ok "$AW_INPUT_NAME has no address"
