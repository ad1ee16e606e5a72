# Takes a node out of service: no new pods, and the present ones moved by eviction, which keeps to disruption budgets. Never forces, never deletes data of pods unless told.
aw_kube_begin
nodes=$(aw_kube get nodes --output 'jsonpath={range .items[*]}{.metadata.name}|{.spec.unschedulable}|{.status.conditions[?(@.type=="Ready")].status}|{.metadata.annotations.alert-whisperer\.io/cordoned}{"\n"}{end}' 2>/dev/null) || aw_refuse no_cluster 'the cluster does not answer'
mine=$(printf '%s\n' "$nodes" | awk -F '|' -v node="$AW_INPUT_NODE" '$1 == node')
[ -n "$mine" ] || aw_refuse node_unknown 'the cluster has no node of that name'
others=$(printf '%s\n' "$nodes" | awk -F '|' -v node="$AW_INPUT_NODE" '$1 != node && $2 != "true" && $3 == "True"' | grep -c . || true)
aw_fact otherReadyNodes "$others"
[ "$others" -ge "$AW_INPUT_MIN_OTHER_NODES" ] || aw_refuse too_few_nodes "only $others other nodes can take pods; $AW_INPUT_MIN_OTHER_NODES are asked for"
case $(printf '%s\n' "$mine" | awk -F '|' '{ print $3 }') in
  True | False) ;;
  *) aw_refuse node_silent 'the node answers nothing, so its pods could not be seen to end; the cluster moves them by itself' ;;
esac
cordoned=$(printf '%s\n' "$mine" | awk -F '|' '{ print $2 }')
mark=$(printf '%s\n' "$mine" | awk -F '|' '{ print $4 }')
if [ "$cordoned" = true ] && [ "$mark" != yes ] && [ "$mark" != over ]; then aw_refuse cordoned_by_another 'somebody else has taken the node out of service already'; fi
away=$(printf '%s\n' "$nodes" | awk -F '|' -v node="$AW_INPUT_NODE" '$1 != node && $2 == "true"' | grep -c . || true)
[ "$away" -eq 0 ] || aw_refuse other_node_out "$away other nodes are out of service; one at a time"
if [ "$cordoned" != true ]; then
  mark=yes
  # The mark first: whoever rolls back knows by it that nobody else did this.
  aw_kube annotate node "$AW_INPUT_NODE" --overwrite alert-whisperer.io/cordoned=yes >/dev/null 2>&1 || aw_fail cordon_failed 'the node could not be marked'
  aw_changed "marked $AW_INPUT_NODE"
  aw_kube cordon "$AW_INPUT_NODE" >/dev/null 2>&1 || aw_fail cordon_failed 'the node could not be cordoned'
  aw_changed "cordoned $AW_INPUT_NODE"
fi
emptydir=false
[ "$AW_INPUT_DELETE_EMPTY_DIR" != true ] || emptydir=true
status=0
said=$(timeout 930 kubectl drain "$AW_INPUT_NODE" --ignore-daemonsets --force=false --delete-emptydir-data="$emptydir" --timeout=900s 2>&1) || status=$?
moved=0
for pod in $(printf '%s\n' "$said" | head -n 2000 | sed -n 's/^pod\/\([a-z0-9.-]*\) evicted$/\1/p'); do
  aw_changed "evicted pod $pod"
  moved=$((moved + 1))
done
aw_fact movedPods "$moved"
# The mark would outlive whoever uncordons the node; as "over" it lets no later roll-back uncordon what somebody else has cordoned by then.
if [ "$status" -eq 0 ] && [ "$mark" != over ]; then aw_kube annotate node "$AW_INPUT_NODE" --overwrite alert-whisperer.io/cordoned=over >/dev/null 2>&1 || aw_fail mark_failed 'the node is empty, but its mark could not be set'; fi
[ "$status" -eq 0 ] || aw_fail drain_failed "the node could not be emptied: $(printf '%s' "$said" | tail -n 1 | head -c 250)"
aw_ok "$AW_INPUT_NODE is out of service, $moved pods were moved"
