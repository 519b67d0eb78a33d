# shellcheck shell=sh
# What the two scripts that delete Arkouda on Kubernetes read: rows as settings.sh has them. KUBERNETES_URL,
# which people set, is not needed.
required arkouda-namespace ARKOUDA_NAMESPACE is_dns_label arkouda \
  'the namespace, which is also that of the workflow'
required arkouda-instance-name ARKOUDA_INSTANCE_NAME is_instance_name arkouda-on-k8s \
  'the name under which Arkouda was deployed'
extra collect-metrics ARKOUDA_COLLECT_METRICS is_boolean true \
  'whether there was an exporter'
extra service-monitor ARKOUDA_SERVICE_MONITOR is_boolean true \
  'whether there was a ServiceMonitor; false where there is no Prometheus operator'
