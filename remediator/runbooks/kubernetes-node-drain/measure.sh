# Tells how the node and the rest of the cluster are; changes nothing.
aw_kube_begin
node=$(aw_kube get node --ignore-not-found --output 'jsonpath={.metadata.name}|{.spec.unschedulable}|{.status.conditions[?(@.type=="Ready")].status}' -- "$AW_INPUT_NODE" 2>/dev/null) || aw_refuse no_cluster 'the cluster does not answer'
[ "${node%%|*}" = "$AW_INPUT_NODE" ] || aw_refuse node_unknown 'the cluster has no node of that name'
rest=${node#*|}
if [ "${rest%%|*}" = true ]; then aw_fact isCordoned true; else aw_fact isCordoned false; fi
aw_fact ready "${rest#*|}"
# Pods that a drain would move: not those of daemon sets, of the node itself, or over.
pods=$(aw_kube get pods --all-namespaces --field-selector "spec.nodeName=$AW_INPUT_NODE,status.phase!=Succeeded,status.phase!=Failed" --output 'jsonpath={range .items[*]}{.metadata.ownerReferences[?(@.controller==true)].kind}{"\n"}{end}' 2>/dev/null) || aw_refuse no_cluster 'the cluster does not answer'
left=$(printf '%s\n' "$pods" | head -n 2000 | awk '$0 != "DaemonSet" && $0 != "Node" && $0 != "" { n++ } END { print n + 0 }')
aw_fact podsLeft "$left"
aw_ok "$left pods are to be moved from $AW_INPUT_NODE"
