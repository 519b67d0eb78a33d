#!/bin/sh
# Gives every alert the annotation runbook_url, which Alertmanager's templates, Grafana and other tools
# make a link of. The rules have none as they are: where your copy of docs/runbook.md can be read, only
# you know. Reads rules and writes them, for a Prometheus without the operator and with it:
#
#   sh deploy/prometheus/runbook-url.sh URL <deploy/prometheus/rules/arkouda-rules.yaml >arkouda-rules.yaml
#   kubectl kustomize deploy/prometheus/rules | sh deploy/prometheus/runbook-url.sh URL |
#     kubectl apply --namespace arkouda --filename -
#
# URL is the page, to which #arkoudadown and so on are added; an earlier one is replaced.
set -eu

usage() {
  echo "runbook-url.sh: $1" >&2
  echo "usage: sh deploy/prometheus/runbook-url.sh https://HOST/PATH <RULES >RULES" >&2
  exit 2
}

[ $# -eq 1 ] || usage "expected the address of the runbook, and nothing else"
case "$1" in
  *[!A-Za-z0-9._~:/?@!$\&\'\(\)*+,\;=%-]*) usage "\"$1\" is not an address: it has other characters, or a #" ;;
  http://?* | https://?*) ;;
  *) usage "\"$1\" does not begin with http:// or https://" ;;
esac

BASE=$1 awk '
  /^ *runbook_url:/ { next }
  { print }
  /^ *(- )?alert: / { name = tolower($NF) }
  # Not one that is an alias: it has what its anchor has.
  /^ *annotations:( &[a-z-]+)?$/ && name != "" {
    indent = $0
    sub(/[^ ].*/, "  ", indent)
    printf "%srunbook_url: \"%s#%s\"\n", indent, ENVIRON["BASE"], name
    name = ""
    found = 1
  }
  END { if (!found) { print "runbook-url.sh: there is no alert in the input" >"/dev/stderr"; exit 1 } }
'
