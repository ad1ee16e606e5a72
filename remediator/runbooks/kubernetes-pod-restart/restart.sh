# Has one pod taken away that a controller makes anew. Asks for an eviction, so the cluster itself keeps to its disruption budgets.
case $AW_INPUT_NAMESPACE in
  kube-* | openshift-* | cattle-* | calico-system | tigera-operator | istio-system | linkerd | cert-manager | rook-ceph | longhorn-system) aw_refuse namespace_protected "pods of $AW_INPUT_NAMESPACE carry the cluster" ;;
esac
aw_kube_begin
pod=$(aw_kube get pod --namespace "$AW_INPUT_NAMESPACE" --ignore-not-found --output 'jsonpath={.metadata.name}|{.metadata.uid}|{.metadata.deletionTimestamp}|{.metadata.ownerReferences[?(@.controller==true)].kind}|{.metadata.ownerReferences[?(@.controller==true)].name}|{.status.phase}|{.metadata.annotations.kubernetes\.io/config\.mirror}' -- "$AW_INPUT_POD" 2>/dev/null) || aw_refuse no_cluster 'the cluster does not answer'
[ -n "$pod" ] || aw_refuse pod_unknown 'the cluster has no pod of that name; it may have been made anew already'
name=${pod%%|*} rest=${pod#*|}
uid=${rest%%|*} rest=${rest#*|}
leaving=${rest%%|*} rest=${rest#*|}
kind=${rest%%|*} rest=${rest#*|}
owner=${rest%%|*} rest=${rest#*|}
phase=${rest%%|*} mirror=${rest#*|}
[ "$name" = "$AW_INPUT_POD" ] || aw_refuse pod_unknown 'there is no pod of exactly that name'
[ -z "$leaving" ] || aw_refuse pod_leaving 'the pod is being taken away already'
[ -z "$mirror" ] || aw_refuse pod_static 'the pod belongs to its node, which would start it again as it is'
case $kind in
  ReplicaSet | StatefulSet | ReplicationController | DaemonSet) ;;
  '') aw_refuse pod_bare 'no controller owns this pod, so nothing would make it anew' ;;
  *) aw_refuse pod_owner "the pod belongs to a $kind, which need not make it anew" ;;
esac
case $phase in Running | Pending | Failed | Unknown) ;; *) aw_refuse pod_over "the pod is $phase" ;; esac
case $uid in '' | *[!A-Za-z0-9-]*) aw_refuse pod_unknown 'the pod has no identifier that can be read' ;; esac
aw_fact controller "$kind/$owner"
aw_fact phase "$phase"

# The identifier makes sure that it is this pod and not the next of the same name.
answer=$(printf '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"%s","namespace":"%s"},"deleteOptions":{"preconditions":{"uid":"%s"}}}' "$name" "$AW_INPUT_NAMESPACE" "$uid" |
  aw_kube create --raw "/api/v1/namespaces/$AW_INPUT_NAMESPACE/pods/$name/eviction" --filename - 2>&1) || {
  case $answer in
    *'disruption budget'* | *TooManyRequests*) aw_refuse budget_blocks 'a disruption budget does not allow to take the pod away now' ;;
    *) aw_fail eviction_failed "the cluster refused: $(printf '%s' "$answer" | head -c 200)" ;;
  esac
}
aw_changed "evicted pod $AW_INPUT_NAMESPACE/$name ($uid) of $kind/$owner"
aw_ok "the pod was taken away; $kind/$owner makes it anew"
