#!/bin/sh
# Deploys the exporter for an Arkouda elsewhere, on Slurm for example, by Argo; --help says what it reads.
set -eu
folder=$(readlink -f -- "$0")
folder=${folder%/*}
# shellcheck source=/dev/null
. "$folder/submit.sh"

begin Workflow deploy-prometheus-arkouda-exporter "$@"
extra exporter-image ARKOUDA_EXPORTER_IMAGE is_image_without_tag bearsrus/prometheus-arkouda-exporter \
  'the image of the exporter, whose tag is ARKOUDA_EXPORTER_VERSION'
extra exporter-release-version ARKOUDA_EXPORTER_VERSION is_image_tag 0.1.0 \
  'the tag of that image'
optional arkouda-release-version ARKOUDA_VERSION is_image_tag unknown \
  'the release of Arkouda, which is recorded as an annotation of the Deployment'
required arkouda-namespace ARKOUDA_NAMESPACE is_dns_label arkouda \
  'the namespace, which is also that of the workflow'
required exporter-app-name ARKOUDA_EXPORTER_APP_NAME is_dns_label arkouda-on-slurm-exporter \
  'the name of the Deployment'
required exporter-service-name ARKOUDA_EXPORTER_SERVICE_NAME is_service_name arkouda-on-slurm-exporter \
  'the name of the Service, with which that of the ServiceMonitor begins'
optional exporter-polling-interval ARKOUDA_EXPORTER_POLLING_INTERVAL is_seconds 15 \
  'how often the exporter asks Arkouda, in seconds'
required arkouda-metrics-service-host ARKOUDA_METRICS_SERVICE_HOST is_host_elsewhere arkouda-metrics.arkouda \
  'where the metrics of Arkouda are'
optional arkouda-metrics-service-port ARKOUDA_METRICS_SERVICE_PORT is_port 5556 \
  'the port of that host'
required arkouda-server-name ARKOUDA_SERVER_NAME is_label_value arkouda-on-slurm \
  'the labels arkouda_instance and arkouda_server_name of the series'
extra service-monitor ARKOUDA_SERVICE_MONITOR is_boolean true \
  'whether there is a ServiceMonitor; false where there is no Prometheus operator'
optional prometheus-match-label ARKOUDA_PROMETHEUS_MATCH_LABEL is_match_label 'release: kube-stack' \
  'the label by which Prometheus selects ServiceMonitors'
optional arkouda-launcher ARKOUDA_LAUNCHER is_label_value slurm \
  'the label launcher of the series'
# shellcheck source=/dev/null
. "$folder/pods-parameters.sh"
submit
