# shellcheck shell=sh
# What the two scripts that deploy Arkouda on Kubernetes read: rows as settings.sh has them, in the order of
# the template's parameters.
required arkouda-namespace ARKOUDA_NAMESPACE is_dns_label arkouda \
  'the namespace, which is also that of the workflow'
required arkouda-instance-name ARKOUDA_INSTANCE_NAME is_instance_name arkouda-on-k8s \
  'the name of the Service that clients connect to, and what other names begin with'
required arkouda-release-version ARKOUDA_VERSION is_image_tag v2024.06.21 \
  'the release of Arkouda, which is the tag of its image'
required arkouda-ssh-secret ARKOUDA_SSH_SECRET is_object_name arkouda-ssh \
  'the Secret with id_rsa and id_rsa.pub'
required arkouda-number-of-locales ARKOUDA_NUMBER_OF_LOCALES is_count 2 \
  'how many locale pods'
required arkouda-total-number-of-locales ARKOUDA_TOTAL_NUMBER_OF_LOCALES is_one_more_than_locales 3 \
  'the locale pods and the pod of the server, which is a locale too'
required kubernetes-api-url 'KUBERNETES_URL KUBERNETES_API' is_url_of_cluster https://kubernetes.default.svc \
  'where Arkouda registers'
required num-cpu-cores ARKOUDA_CPU_CORES is_cpu 2000m \
  'the processor cores of each pod'
required memory ARKOUDA_MEMORY is_memory 2048Mi \
  'the memory of each pod'
required chpl-mem-max CHPL_MEM_MAX is_bytes_of_memory 1000000000 \
  'what each locale may use for arrays, in bytes'
optional chpl-num-threads-per-locale CHPL_NUM_THREADS_PER_LOCALE is_count 2 \
  'the threads of each locale'
optional arkouda-serviceaccount-name ARKOUDA_SERVICEACCOUNT_NAME is_object_name arkouda \
  'the ServiceAccount of Arkouda'
optional arkouda-serviceaccount-token-name ARKOUDA_SERVICEACCOUNT_TOKEN_NAME is_object_name arkouda-token \
  'the Secret with the token of that account'
optional arkouda-user ARKOUDA_USER is_posix_name ubuntu \
  'the user that Arkouda runs as'
optional arkouda-uid ARKOUDA_UID is_uid 1000 \
  'the id of that user'
optional arkouda-group ARKOUDA_GROUP is_posix_name ubuntu \
  'the group of that user'
optional arkouda-gid ARKOUDA_GID is_gid 1000 \
  'the id of that group'
extra arkouda-log-level ARKOUDA_LOG_LEVEL is_log_level LogLevel.INFO \
  'how much Arkouda logs'
optional image-pull-policy 'ARKOUDA_IMAGE_POLICY ARKOUDA_IMAGE_PULL_POLICY' is_pull_policy IfNotPresent \
  'when the images are fetched'
extra collect-metrics ARKOUDA_COLLECT_METRICS is_boolean true \
  'whether there is an exporter'
optional metrics-polling-interval-seconds ARKOUDA_METRICS_POLLING_INTERVAL is_seconds 15 \
  'how often the exporter asks Arkouda, in seconds'
optional metrics-service-host ARKOUDA_METRICS_SERVICE_HOST is_own_metrics_host localhost \
  'where the exporter, which is in the pod of the server, finds the metrics of Arkouda'
optional metrics-service-port ARKOUDA_METRICS_SERVICE_PORT is_free_port 5556 \
  'the port of that host'
optional arkouda-server-name ARKOUDA_SERVER_NAME is_label_value ARKOUDA_INSTANCE_NAME \
  'the label arkouda_server_name of the series'
optional launcher ARKOUDA_LAUNCHER is_label_value kubernetes \
  'the label launcher of the series'
extra service-monitor ARKOUDA_SERVICE_MONITOR is_boolean true \
  'whether there is a ServiceMonitor; false where there is no Prometheus operator'
optional prometheus-match-label ARKOUDA_PROMETHEUS_MATCH_LABEL is_match_label 'release: kube-stack' \
  'the label by which Prometheus selects ServiceMonitors'
optional exporter-app-name ARKOUDA_EXPORTER_APP_NAME is_dns_label ARKOUDA_INSTANCE_NAME-exporter \
  'the label app of the Service of the exporter'
optional exporter-service-name ARKOUDA_EXPORTER_SERVICE_NAME is_free_service_name ARKOUDA_INSTANCE_NAME-metrics-exporter \
  'the name of the Service of the exporter'
extra exporter-image ARKOUDA_EXPORTER_IMAGE is_image_without_tag bearsrus/prometheus-arkouda-exporter \
  'the image of the exporter, whose tag is ARKOUDA_EXPORTER_VERSION'
extra exporter-release-version ARKOUDA_EXPORTER_VERSION is_image_tag 0.1.0 \
  'the tag of that image'
extra arkouda-image ARKOUDA_IMAGE is_image_without_tag bearsrus/arkouda-udp-server \
  'the image of Arkouda, whose tag is ARKOUDA_VERSION'
extra arkouda-volume ARKOUDA_VOLUME is_volume arkouda-files \
  'the files that users write and read: the name of a claim, or a path of the nodes'
optional arkouda-volume-mount-path ARKOUDA_VOLUME_MOUNT_PATH is_mount_path /mnt/arkouda \
  'where Arkouda has them'
# shellcheck source=/dev/null disable=SC2154  # folder is the script's
. "$folder/pods-parameters.sh"
