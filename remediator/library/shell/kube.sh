# A Kubernetes cluster, as the machine itself may reach it. Sent with a script that names one of these functions.

# Finds the way to the cluster; refuses where this machine has none.
aw_kube_begin() {
  aw_need kubectl timeout
  for aw_kube_config in "${KUBECONFIG-}" /etc/kubernetes/admin.conf /etc/rancher/k3s/k3s.yaml /etc/rancher/rke2/rke2.yaml /root/.kube/config; do
    if [ -n "$aw_kube_config" ] && [ -f "$aw_kube_config" ]; then
      export KUBECONFIG="$aw_kube_config"
      return 0
    fi
  done
  aw_refuse no_cluster 'this machine has no access to a cluster'
}

# kubectl with a time limit.
aw_kube() { timeout 30 kubectl --request-timeout=20s "$@"; }
