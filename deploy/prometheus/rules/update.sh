#!/bin/sh
# Writes arkouda-rules.yaml, the rules for a Prometheus without the operator, from the PrometheusRule
# that is their source. With --check it only compares, and exits with 1 when they differ.
set -eu
cd "$(dirname "$0")/../../.."
source=deploy/prometheus/rules/prometheusrule.yaml
rules=deploy/prometheus/rules/arkouda-rules.yaml

generate() {
  echo "# Generated from $source: sh deploy/prometheus/rules/update.sh"
  sed '1,/^spec:$/d; s/^  //' "$source"
}

case "$*" in
  '') generate >"$rules" ;;
  --check)
    generate | cmp -s - "$rules" || {
      echo "$rules is not what $source gives: sh deploy/prometheus/rules/update.sh writes it again." >&2
      exit 1
    }
    ;;
  *)
    echo "usage: sh deploy/prometheus/rules/update.sh [--check]" >&2
    exit 2
    ;;
esac
