# Tells how many pods the workload of this pod should have and how many are ready; works after the pod is gone as well. Changes nothing.
aw_kube_begin
# A pod is named after its controller: name-<hash> of a replica set, name-<number> of a stateful set, name-<five letters> of a daemon set.
stem=${AW_INPUT_POD%-*}
found=''
for kind in replicaset statefulset daemonset replicationcontroller; do
  case $kind in daemonset) wanted=.status.desiredNumberScheduled ready=.status.numberReady ;; *) wanted=.spec.replicas ready=.status.readyReplicas ;; esac
  line=$(aw_kube get "$kind" --namespace "$AW_INPUT_NAMESPACE" --ignore-not-found --output "jsonpath={$wanted}|{$ready}" -- "$stem" 2>/dev/null) || aw_refuse no_cluster 'the cluster does not answer'
  if [ -n "$line" ]; then found=$kind; break; fi
done
[ -n "$found" ] || aw_refuse controller_unknown "no controller named $stem is in $AW_INPUT_NAMESPACE"
wanted=${line%%|*} ready=${line#*|}
aw_fact controller "$found/$stem"
aw_fact wantedPods "${wanted:-0}"
aw_fact readyPods "${ready:-0}"
if [ "${ready:-0}" -ge "${wanted:-0}" ]; then aw_fact isReady true; else aw_fact isReady false; fi
aw_ok "${ready:-0} of ${wanted:-0} pods of $found/$stem are ready"
