#!/bin/sh
# What a newcomer does: the README's commands, one after the other.
set -eu
cd "$(dirname "$0")/../.."

fail() {
  echo "FAILED: $1" >&2
  exit 1
}

step() { # command…
  began=$(date +%s)
  echo
  echo "\$ $*"
  { "$@" || : >../failed; } 2>&1 | tee -a ../log
  [ ! -e ../failed ] || fail "$*"
  echo "That took $(($(date +%s) - began)) s."
}

sed -n 's/^PRETTY_NAME=//p' /etc/os-release
if command -v c++ || command -v cmake; then fail 'it is not fresh'; fi
commands=$(sed -n '/^## Try it/,/^## /s/^\(sh .*\)/\1/p' README.md)
[ "$commands" = "sh deploy/local/run.sh
sh test/run.sh" ] || fail "the README's commands are \"$commands\""

step sh test/local-run.sh # which types the first one, and Ctrl-C
step sh test/run.sh
# What only root may do.
skipped=$(sed -n 's/^[[:blank:]]*[0-9]* - \([^ ]*\).* (Skipped)$/\1/p' ../log | paste -s -d '|')
if [ -n "$skipped" ]; then
  : >../log
  step sudo ctest --preset release --tests-regex "^($skipped)"
  if grep '\*\*\*Skipped' ../log; then fail 'these tests do not run as root either'; fi
fi

twice=$(awk '$4 ~ /\.(o|a)$/ { print $4 }' build/release/.ninja_log | sort | uniq -d)
[ -z "$twice" ] || fail "built twice: $twice"
echo
build/release/exporter/prometheus-arkouda-exporter --version
