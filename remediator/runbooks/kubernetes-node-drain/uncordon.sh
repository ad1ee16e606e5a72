# Roll-back: lets the node take pods again, where it was this runbook that kept it from them.
aw_kube_begin
node=$(aw_kube get node --ignore-not-found --output 'jsonpath={.metadata.name}|{.spec.unschedulable}|{.metadata.annotations.alert-whisperer\.io/cordoned}' -- "$AW_INPUT_NODE" 2>/dev/null) || aw_fail no_cluster 'the cluster does not answer'
[ "${node%%|*}" = "$AW_INPUT_NODE" ] || aw_refuse node_unknown 'the cluster has no node of that name'
if [ "${node##*|}" != yes ]; then aw_ok 'this runbook did not take the node out of service; nothing was changed'; fi
aw_kube uncordon "$AW_INPUT_NODE" >/dev/null 2>&1 || aw_fail uncordon_failed 'the node could not be uncordoned'
aw_changed "uncordoned $AW_INPUT_NODE"
aw_kube annotate node "$AW_INPUT_NODE" alert-whisperer.io/cordoned- >/dev/null 2>&1 || aw_fail uncordon_failed 'the mark could not be taken off'
aw_changed "took the mark off $AW_INPUT_NODE"
aw_ok "$AW_INPUT_NODE takes pods again"
