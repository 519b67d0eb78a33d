#!/bin/sh
# Reports whether a namespace has what the workflows need, one line each, with the command that mends what is
# missing; --help says what it reads. Exits with 1 when something is missing, or the cluster does not say. A
# registry that cannot be asked from here may well answer the nodes.
#
# shellcheck disable=SC2154,SC2016  # settings.sh sets them, and kubectl expands Go templates
set -eu
folder=$(readlink -f -- "$0")
folder=${folder%/*}
# shellcheck source=/dev/null
. "$folder/settings.sh"

# Empty where they are not given; the first is not asked for the exporter alone.
collect_metrics=
service_monitor=
read_options 'Reports what the workflows need: what is there, and what is missing with the command that mends it.
  --exporter-only  for the workflows of the exporter alone, without those of Arkouda on Kubernetes' \
  '--exporter-only' "$@"
required arkouda-namespace ARKOUDA_NAMESPACE is_dns_label arkouda \
  'the namespace of Arkouda and the workflows'
extra service-monitor ARKOUDA_SERVICE_MONITOR is_boolean true \
  'whether there is a ServiceMonitor; false where there is no Prometheus operator'
optional prometheus-match-label ARKOUDA_PROMETHEUS_MATCH_LABEL is_match_label 'release: kube-stack' \
  'the label by which Prometheus selects ServiceMonitors'
optional exporter-image ARKOUDA_EXPORTER_IMAGE is_image_without_tag bearsrus/prometheus-arkouda-exporter \
  'the image of the exporter, whose tag is ARKOUDA_EXPORTER_VERSION'
optional exporter-release-version ARKOUDA_EXPORTER_VERSION is_image_tag 0.1.0 \
  'the tag of that image'
if ! has_option --exporter-only; then
  required arkouda-ssh-secret ARKOUDA_SSH_SECRET is_object_name arkouda-ssh \
    'the Secret with id_rsa and id_rsa.pub'
  optional arkouda-serviceaccount-name ARKOUDA_SERVICEACCOUNT_NAME is_object_name arkouda \
    'the ServiceAccount of Arkouda'
  optional arkouda-serviceaccount-token-name ARKOUDA_SERVICEACCOUNT_TOKEN_NAME is_object_name arkouda-token \
    'the Secret with the token of that account'
  extra collect-metrics ARKOUDA_COLLECT_METRICS is_boolean true \
    'whether there is an exporter'
fi
check_settings
command -v kubectl >/dev/null || fail 1 "kubectl is not on the PATH"
kubectl get --raw /version >/dev/null || fail 1 "kubectl does not reach the cluster: see above"

namespace=$arkouda_namespace
status=0
answer=
argo="kubectl create namespace argo; kubectl apply -n argo --server-side \
-f https://github.com/argoproj/argo-workflows/releases/latest/download/install.yaml"
operator="helm upgrade --install kube-stack kube-prometheus-stack --namespace monitoring --create-namespace \
--repo https://prometheus-community.github.io/helm-charts"

ok() { # what
  printf 'ok       %s\n' "$1"
}

missing() { # what command
  printf 'missing  %s: %s\n' "$1" "$2"
  status=1
}

# Asks the cluster for something, and reports it as unknown when it does not say.
ask() { # what kubectl-argument…
  what=$1
  shift
  if ! answer=$(kubectl "$@" 2>/dev/null); then
    printf 'unknown  %s: %s\n' "$what" "$(kubectl "$@" 2>&1 >/dev/null | tr '\n' ' ')"
    status=1
    return 1
  fi
}

check_namespace() {
  ask "namespace $namespace" get namespace "$namespace" --ignore-not-found -o name || return 0
  if [ -n "$answer" ]; then
    ok "namespace $namespace"
  else
    missing "namespace $namespace" "kubectl create namespace $namespace"
  fi
}

# The objects of a file of this folder; the cluster may have them from another version.
check_file() { # file kind/name…
  apply="kubectl apply -n $namespace -f '$folder/$1'"
  # It ends with 1 where something differs, and names in its headers what; with more where it can't compare.
  differing=$(KUBECTL_EXTERNAL_DIFF='' kubectl diff -n "$namespace" -f "$folder/$1" 2>/dev/null) ||
    [ $? = 1 ] || differing=
  shift
  for object in "$@"; do
    what="${object%/*} ${object#*/}"
    ask "$what" get "${object%/*}" "${object#*/}" -n "$namespace" --ignore-not-found -o name || continue
    case $answer-$differing in
      -*) missing "$what" "$apply" ;;
      *".${object%/*}.$namespace.${object#*/}"[!a-z0-9.-]*) missing "$what as it is in this folder" "$apply" ;;
      *) ok "$what" ;;
    esac
  done
}

# A kind that the API server knows; everybody may ask for those.
check_kinds() { # group command kind…
  group=$1
  command=$2
  shift 2
  kinds=$(kubectl api-resources --api-group="$group" -o name 2>/dev/null) || true
  for kind in "$@"; do
    if echo "$kinds" | grep -qxF "$kind.$group"; then
      ok "CustomResourceDefinition $kind.$group"
    else
      missing "CustomResourceDefinition $kind.$group" "$command"
    fi
  done
}

# Of each Deployment its namespace and name, and whether it runs.
deployments='{{range .items}}{{.metadata.namespace}} {{.metadata.name}} {{if .status.availableReplicas}}runs{{else}}'
deployments="$deployments"'{{if .spec.replicas}}starts{{else}}is stopped{{end}}{{end}}
{{end}}'

# Helm puts the name of its release before that of the controller.
check_controller() {
  what='running workflow controller'
  ask "$what" get deployments.apps --all-namespaces -o "go-template=$deployments" || return 0
  command=$argo
  while read -r where name state; do
    case "$name $state" in
      *workflow-controller*' runs')
        ok "$what: $name in $where"
        return
        ;;
      *workflow-controller*' starts') command="kubectl rollout status deployment $name -n $where" ;;
      *workflow-controller*' is stopped') command="kubectl scale deployment $name -n $where --replicas=1" ;;
    esac
  done <<END
$answer
END
  missing "$what" "$command"
}

# Of a Secret its type, the account that it is of, and the names of what it has.
secret='{{.type}} {{with .metadata.annotations}}{{index . "kubernetes.io/service-account.name"}}{{end}} '
secret="$secret"'{{range $key, $_ := .data}}{{$key}} {{end}}'

check_account() {
  file=$folder/arkouda-service-account.yaml
  make="kubectl apply -n $namespace -f '$file'"
  if [ "$arkouda_serviceaccount_name $arkouda_serviceaccount_token_name" != 'arkouda arkouda-token' ]; then
    make="sed -e 's/name: arkouda-token\$/name: $arkouda_serviceaccount_token_name/;t' \
-e 's/name: arkouda\$/name: $arkouda_serviceaccount_name/' '$file' | kubectl apply -n $namespace -f -"
  fi

  what="ServiceAccount $arkouda_serviceaccount_name"
  if ask "$what" get serviceaccount "$arkouda_serviceaccount_name" -n "$namespace" --ignore-not-found \
    -o 'go-template={{.metadata.name}} {{.automountServiceAccountToken}}'; then
    case $answer in
      '') missing "$what" "$make" ;;
      *' false') ok "$what" ;;
      *) missing "$what with automountServiceAccountToken: false" "kubectl patch serviceaccount \
$arkouda_serviceaccount_name -n $namespace -p '{\"automountServiceAccountToken\": false}'" ;;
    esac
  fi

  what="Secret $arkouda_serviceaccount_token_name with the token of $arkouda_serviceaccount_name"
  if ask "$what" get secret "$arkouda_serviceaccount_token_name" -n "$namespace" --ignore-not-found \
    -o "go-template=$secret"; then
    case $answer in
      "kubernetes.io/service-account-token $arkouda_serviceaccount_name "*'ca.crt '*'token '*) ok "$what" ;;
      '') missing "$what" "$make" ;;
      *) missing "$what" "kubectl delete secret $arkouda_serviceaccount_token_name -n $namespace; $make" ;;
    esac
  fi
}

check_ssh_secret() {
  what="Secret $arkouda_ssh_secret with id_rsa and id_rsa.pub"
  make="ARKOUDA_NAMESPACE=$namespace ARKOUDA_SSH_SECRET=$arkouda_ssh_secret sh '$folder/make-ssh-secret.sh'"
  ask "$what" get secret "$arkouda_ssh_secret" -n "$namespace" --ignore-not-found \
    -o "go-template=$secret" || return 0
  case $answer in
    *' id_rsa '*'id_rsa.pub '*) ok "$what" ;;
    '') missing "$what" "$make" ;;
    *) missing "$what" "kubectl delete secret $arkouda_ssh_secret -n $namespace; $make" ;;
  esac
}

# Of each Prometheus its name, and what it asks of a ServiceMonitor and of its namespace, a line each: a
# selector that is empty takes all, and one that is not there none, or its own namespace.
selectors='{{range .items}}prometheus {{.metadata.namespace}} {{.metadata.name}}
{{if eq (printf "%v" .spec.serviceMonitorSelector) "<nil>"}}monitor - none
{{end}}{{with .spec.serviceMonitorSelector}}{{range $key, $value := .matchLabels}}monitor {{$key}} In {{$value}}
{{end}}{{range .matchExpressions}}monitor {{.key}} {{.operator}}{{range .values}} {{.}}{{end}}
{{end}}{{end}}{{if eq (printf "%v" .spec.serviceMonitorNamespaceSelector) "<nil>"}}namespace - own
{{end}}{{with .spec.serviceMonitorNamespaceSelector}}{{range $key, $value := .matchLabels}}namespace {{$key}} In {{$value}}
{{end}}{{range .matchExpressions}}namespace {{.key}} {{.operator}}{{range .values}} {{.}}{{end}}
{{end}}{{end}}{{end}}'

# Whether labels, as KEY=VALUE between spaces, are as a selector asks.
holds() { # labels key operator values
  case $1 in
    *" $2="*)
      set -- "${1#*" $2="}" "$3" "$4"
      case $2 in
        Exists) ;;
        DoesNotExist) return 1 ;;
        In) case " $3 " in *" ${1%% *} "*) ;; *) return 1 ;; esac ;;
        *) case " $3 " in *" ${1%% *} "*) return 1 ;; esac ;;
      esac
      ;;
    *) case $3 in NotIn | DoesNotExist) ;; *) return 1 ;; esac ;;
  esac
}

# The command by which a Prometheus would select what it does not.
mend() { # namespace name subject key operator values
  case $3-$4-$5 in
    monitor-app.kubernetes.io/* | namespace-kubernetes.io/metadata.name-*) ;;
    monitor-*-In)
      set -- "$4" "${6%% *}"
      is_text_in_yaml "$2" || set -- "$1" "\"$2\""
      echo "export ARKOUDA_PROMETHEUS_MATCH_LABEL='$1: $2'"
      return
      ;;
    namespace-*-In)
      echo "kubectl label namespace $namespace $4=${6%% *} --overwrite"
      return
      ;;
  esac
  echo "kubectl edit prometheus $2 -n $1"
}

check_prometheus() {
  what="Prometheus that takes ServiceMonitors with $prometheus_match_label in namespace $namespace"
  ask "$what" get namespace "$namespace" --ignore-not-found \
    -o 'go-template={{range $key, $value := .metadata.labels}}{{$key}}={{$value}} {{end}}' || return 0
  namespace_labels=" $answer"
  ask "$what" get prometheuses.monitoring.coreos.com --all-namespaces -o "go-template=$selectors" || return 0
  value=$(echo "${prometheus_match_label#*: }" | tr -d '"')
  monitor_labels=" ${prometheus_match_label%%: *}=$value app.kubernetes.io/name=prometheus-arkouda-exporter \
app.kubernetes.io/component=exporter app.kubernetes.io/part-of=arkouda "

  candidate= # namespace and name of one that nothing has been found against
  command=
  while read -r subject key how values; do
    case $subject in
      prometheus)
        [ -z "$candidate" ] || break
        candidate="$key $how"
        continue
        ;;
      monitor) labels=$monitor_labels ;;
      *) labels=$namespace_labels ;;
    esac
    [ -n "$candidate" ] || continue
    case $how in
      none) false ;;
      own) [ "${candidate%% *}" = "$namespace" ] ;;
      *) holds "$labels" "$key" "$how" "$values" ;;
    esac && continue
    [ -n "$command" ] ||
      command=$(mend "${candidate%% *}" "${candidate#* }" "$subject" "$key" "$how" "$values")
    candidate=
  done <<END
$answer
END
  if [ -n "$candidate" ]; then
    ok "$what: ${candidate#* } in ${candidate%% *}"
  else
    missing "$what" "${command:-$operator}"
  fi
}

# Of each node a line with the images that it says it has; kubelet names fifty.
images='{{range .items}}node{{range .status.images}}{{range .names}} {{.}}{{end}}{{end}} .
{{end}}'

# With the registry that is meant where there is none.
full_name() { # image
  case ${1%%/*} in
    "$1") echo "docker.io/library/$1" ;;
    *[.:]* | localhost) echo "$1" ;;
    *) echo "docker.io/$1" ;;
  esac
}

check_image() {
  image=$(full_name "$exporter_image"):$exporter_release_version
  what="image $image"
  nodes=0
  having=0
  while read -r node names; do
    [ "$node" = node ] || continue
    nodes=$((nodes + 1))
    case " $names " in *" $image "*) having=$((having + 1)) ;; esac
  done <<END
$(kubectl get nodes -o "go-template=$images" 2>/dev/null)
END
  if [ "$nodes" -gt 0 ] && [ "$having" = "$nodes" ]; then
    ok "$what: the nodes have it, all $nodes"
    return
  fi
  [ "$having" = 0 ] || what="$what, which $having of $nodes nodes have"
  release="sh '${folder%/*}/image/release.sh'"
  ask_registry "$image"
  case $found in
    yes) ok "$what: its registry has it" ;;
    no)
      case $image in
        docker.io/bearsrus/*) missing "$what" "$release REGISTRY/REPOSITORY; export ARKOUDA_EXPORTER_IMAGE=REGISTRY/REPOSITORY" ;;
        *) missing "$what" "$release ${image%:*}" ;;
      esac
      ;;
    *) printf 'unknown  %s: %s; try on a node: crictl pull %s\n' "$what" "$why" "$image" ;;
  esac
}

# Whether a registry has an image: sets `found` to yes, no, or nothing, and then `why`.
ask_registry() { # image with its registry
  found=
  if command -v skopeo >/dev/null; then
    # Which has the logins of podman and docker.
    if why=$(skopeo inspect --raw "docker://$1" 2>&1 >/dev/null); then
      found=yes
    else
      case $why in *'manifest unknown'* | *'name unknown'* | *'not found'*) found=no ;; esac
      why=$(printf '%s' "$why" | tr '\n' ' ')
    fi
    return
  fi
  if ! command -v curl >/dev/null; then
    why='neither skopeo nor curl is on the PATH, to ask its registry'
    return
  fi
  registry=${1%%/*}
  repository=${1#*/}
  # As docker, podman and containerd do: without TLS on this machine alone.
  case $registry in
    localhost | localhost:* | 127.*) address=http://$registry ;;
    docker.io) address=https://registry-1.docker.io ;;
    *) address=https://$registry ;;
  esac
  address=$address/v2/${repository%:*}/manifests/${repository##*:}
  ask_address
  case $reply in
    *"$newline"'status 401'*)
      # Most registries give everybody a token for what is public.
      challenge=$(printf '%s\n' "$reply" | tr -d '\r' | sed -n 's/^[Ww][Ww][Ww]-[Aa]uthenticate: *[Bb]earer //p')
      parameter() { printf '%s\n' "$challenge" | sed -n "s/.*$1=\"\([^\"]*\)\".*/\1/p"; }
      realm=$(parameter realm)
      [ -z "$realm" ] || token=$(curl -sS --max-time 10 "$realm?service=$(parameter service)&scope=$(parameter scope)" 2>/dev/null |
        sed -n 's/.*"\(access_\)\{0,1\}token" *: *"\([^"]*\)".*/\2/p')
      [ -z "${token-}" ] || ask_address -H "Authorization: Bearer $token"
      ;;
  esac
  case $reply in
    *"$newline"'status 200'*) found=yes ;;
    *"$newline"'status 404'*) found=no ;;
    *"$newline"'status 40'[13]*) why='the registry wants a login, or has no such repository' ;;
    *) why=$(printf '%s' "$reply" | tr -d '\r' | tr '\n' ' ') ;;
  esac
}

ask_address() { # option-of-curl…
  reply=$(curl -sS -I --max-time 10 -w '\nstatus %{http_code}\n' \
    -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' \
    -H 'Accept: application/vnd.docker.distribution.manifest.list.v2+json' \
    -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
    -H 'Accept: application/vnd.oci.image.index.v1+json' "$@" "$address" 2>&1) || true
}

check_namespace
check_kinds argoproj.io "$argo" workflows workflowtemplates cronworkflows workflowtaskresults
check_controller
check_file arkouda-workflows-service-account.yaml ServiceAccount/arkouda-workflows-service-account \
  Role/arkouda-workflows-role RoleBinding/arkouda-workflows-rolebinding
templates='deploy-prometheus-arkouda-exporter delete-prometheus-arkouda-exporter'
if ! has_option --exporter-only; then
  templates="deploy-arkouda-on-kubernetes delete-arkouda-on-kubernetes $templates"
fi
for template in $templates; do
  check_file "$template-workflow-template.yaml" "WorkflowTemplate/$template"
done
if ! has_option --exporter-only; then
  check_account
  check_ssh_secret
fi
if [ "$collect_metrics" != false ]; then
  if [ "$service_monitor" != false ]; then
    check_kinds monitoring.coreos.com "$operator" servicemonitors prometheuses
    check_prometheus
  fi
  check_image
fi
exit "$status"
