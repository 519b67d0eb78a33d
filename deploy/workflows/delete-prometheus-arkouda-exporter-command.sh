#!/bin/sh
# Deletes what deploy-prometheus-arkouda-exporter-command.sh has deployed, by Argo; --help says what it reads.
set -eu
folder=$(readlink -f -- "$0")
folder=${folder%/*}
# shellcheck source=/dev/null
. "$folder/submit.sh"

begin Workflow delete-prometheus-arkouda-exporter "$@"
required arkouda-namespace 'ARKOUDA_EXPORTER_NAMESPACE ARKOUDA_NAMESPACE' is_dns_label arkouda \
  'the namespace, which is also that of the workflow'
required exporter-service-name ARKOUDA_EXPORTER_SERVICE_NAME is_service_name arkouda-on-slurm-exporter \
  'the name of the Service, with which that of the ServiceMonitor begins'
required exporter-app-name ARKOUDA_EXPORTER_APP_NAME is_dns_label arkouda-on-slurm-exporter \
  'the name of the Deployment'
extra service-monitor ARKOUDA_SERVICE_MONITOR is_boolean true \
  'whether there was a ServiceMonitor; false where there is no Prometheus operator'
submit
