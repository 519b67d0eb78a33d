# shellcheck shell=sh
# How the scripts of this folder submit a workflow. A script sets $folder, where it is, and calls
#   begin Workflow|CronWorkflow NAME "$@"
# and then the rows of settings.sh, and then submit. The object is that of the file NAME-workflow.yaml or
# NAME-cronworkflow.yaml, with the namespace and the arguments.
# shellcheck disable=SC2154  # settings.sh sets them
# shellcheck source=/dev/null
. "$folder/settings.sh"

work=
follower= # what follow waits for
watcher=  # what shows a workflow meanwhile

begin() { # kind template argument…
  kind=$1
  template=$2
  shift 2
  if [ "$kind" = Workflow ]; then
    file=$folder/$template-workflow.yaml
    read_options "Submits the workflow $template to Argo, with argo or else with kubectl.
  --dry-run  prints the Workflow instead, and needs neither
  --wait     waits until it has ended, and fails unless it has succeeded
  --watch    does the same, and shows its progress" '--dry-run --wait --watch' "$@"
    if has_option --wait && has_option --watch; then
      fail 2 "--wait cannot be combined with --watch"
    fi
  else
    file=$folder/$template-cronworkflow.yaml
    for argument in "$@"; do
      case $argument in
        -w | --wait | --watch) fail 2 "$argument is for the -command.sh: a CronWorkflow is run later" ;;
      esac
    done
    read_options "Creates or changes the CronWorkflow $template, with argo or else with kubectl.
  --dry-run  prints it instead, and needs neither" '--dry-run' "$@"
  fi
  if has_option --dry-run && { has_option --wait || has_option --watch; }; then
    fail 2 "--dry-run submits nothing, so that --wait and --watch cannot be combined with it"
  fi
}

submit() {
  check_settings
  if has_option --dry-run; then
    # All of it, or nothing.
    text=$(render)
    printf '%s\n' "$text"
    return
  fi
  if command -v argo >/dev/null; then
    by=argo
  elif command -v kubectl >/dev/null; then
    by=kubectl
  else
    fail 1 "neither argo nor kubectl is on the PATH; --dry-run prints what they would be given"
  fi
  trap clean_up EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  work=$(mktemp -d)
  object=$work/$template.yaml
  render >"$object"
  "submit_$kind" "$by"
}

# With KILL, because argo 4.0 ignores INT and TERM.
clean_up() {
  for child in $follower $watcher; do
    { kill -KILL "$child" && wait "$child"; } 2>/dev/null || true
  done
  [ -z "$work" ] || rm -rf "$work"
}

# Runs what may take long in the background, where it can be ended: a shell does not act on signals while it
# waits for a program in the foreground.
follow() { # program argument…
  "$@" &
  follower=$!
  ended_with=0
  wait "$follower" || ended_with=$?
  follower=
  return "$ended_with"
}

# Prints the file's object with the namespace in metadata, and the arguments beside workflowTemplateRef.
render() {
  places=
  above= # the line above, where it is not empty
  while IFS= read -r line || [ -n "$line" ]; do
    case ${line#"${line%%[! ]*}"} in
      '#'*) continue ;;
      workflowTemplateRef:)
        places=$places-arguments
        indent=${line%workflowTemplateRef:}
        printf '%sarguments:\n%s  parameters:\n' "$indent" "$indent"
        printf '%s' "$parameters" | while IFS= read -r parameter; do
          printf '%s    %s\n' "$indent" "$parameter"
        done
        ;;
    esac
    if [ -n "$line" ]; then
      [ "$above" != spec: ] || indent_of_spec=${line%%[! ]*}
      above=$line
    fi
    case $line in
      "${indent_of_spec-?}schedule:"*)
        fail 1 "$file has $(quoted "${line#"$indent_of_spec"}"), which Argo 4 dropped: name it schedules, a list, which \
Argo has from 3.6 on (example: schedules: [\"0 7 * * *\"])"
        ;;
    esac
    printf '%s\n' "$line"
    if [ "$line" = metadata: ]; then
      places=$places-namespace
      printf '  namespace: "%s"\n' "$arkouda_namespace"
    fi
  done <"$file"
  [ "$places" = -namespace-arguments ] ||
    fail 1 "$file must have one line 'metadata:', and later one line 'workflowTemplateRef:'"
}

submit_Workflow() { # by
  if [ "$1" = argo ]; then
    if has_option --watch; then
      # argo submit --watch would end with 0 whatever becomes of the workflow, as argo watch does.
      created=$(argo submit -n "$arkouda_namespace" -o name "$object")
      follow argo watch -n "$arkouda_namespace" "$created"
      follow argo wait -n "$arkouda_namespace" "$created"
    elif has_option --wait; then
      follow argo submit -n "$arkouda_namespace" --wait "$object"
    else
      argo submit -n "$arkouda_namespace" "$object"
    fi
    return
  fi
  created=$(kubectl create -n "$arkouda_namespace" -f "$object" -o name)
  echo "$created created"
  if has_option --watch; then
    kubectl get -n "$arkouda_namespace" "$created" --watch &
    watcher=$!
  elif ! has_option --wait; then
    return
  fi
  # A negative time-out is a week, which is longer than any of the workflows may take.
  follow kubectl wait -n "$arkouda_namespace" "$created" --for=condition=Completed --timeout=-1s >/dev/null
  phase=$(kubectl get -n "$arkouda_namespace" "$created" -o 'jsonpath={.status.phase}')
  echo "$created $phase"
  [ "$phase" = Succeeded ]
}

submit_CronWorkflow() { # by
  if [ "$1" = kubectl ]; then
    kubectl apply -n "$arkouda_namespace" -f "$object"
    # One that was made in another way, by the Python exporter's script for example, keeps its schedule of old, by
    # which Argo 3 goes, whatever its schedules are.
    kubectl patch cronworkflow "$template" -n "$arkouda_namespace" --type=merge \
      -p '{"spec": {"schedule": null}}' >/dev/null
  elif there=$(argo cron get -n "$arkouda_namespace" "$template" -o yaml 2>/dev/null); then
    # A suspended one stays suspended, as with kubectl apply, unless the file decides.
    case $there in
      *"$newline  suspend: true"*)
        grep -q '^  suspend:' "$object" || echo '  suspend: true' >>"$object"
        ;;
    esac
    argo cron update -n "$arkouda_namespace" "$object"
  else
    argo cron create -n "$arkouda_namespace" "$object"
  fi
}
