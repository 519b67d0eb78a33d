#!/bin/sh
# Runs the README's first command as a person would, with its port taken, and ends it by Ctrl-C.
set -eu
cd "$(dirname "$0")/.."

work=$(mktemp -d)
pids=
trap 'kill $pids 2>/dev/null || true; rm -rf "$work"' EXIT

fail() {
  echo "FAILED: $1" >&2
  cat "$work"/* >&2
  exit 1
}

# Waits up to two minutes (a build may be part of it) for a line with the pattern.
await_line() { # file pattern
  tries=1200
  until grep -q -- "$2" "$1" 2>/dev/null; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || fail "no line \"$2\""
    sleep 0.1
  done
}

command=$(sed -n '/^## Try it/,/^## /s/^\(sh deploy.*\)/\1/p' README.md)
[ "$command" = "sh deploy/local/run.sh" ] || fail "the README's command is \"$command\""

# Something listens on the usual port; where somebody else does already, so much the better.
sh deploy/local/install-dependencies.sh build
cmake --preset release >/dev/null
cmake --build --preset release --target arkouda-metrics-simulator >/dev/null
build/release/test/simulator/arkouda-metrics-simulator --listen 127.0.0.1:5080 \
  >"$work/taker.log" 2>&1 &
pids="$pids $!"
await_line "$work/taker.log" 'listening\|in use'

# A group of its own, which gets the signal as the terminal's foreground group does. What a script
# starts in the background ignores SIGINT, unless told otherwise.
# shellcheck disable=SC2086  # the command's words
env --default-signal=INT setsid $command >"$work/run.log" 2>&1 &
group=$!
pids="$pids $group"
await_line "$work/run.log" 'Ctrl-C stops it all'
grep -q '^Port 5080 is taken' "$work/run.log" || fail "nothing said of the taken port"
grep -q '^  arkouda_up{.*} 1$' "$work/run.log" || fail "no live samples"
url=$(sed -n 's/^  Metrics *//p' "$work/run.log")
curl -fsS "$url" | grep -q '^arkouda_up{.*} 1$' || fail "nothing is served at \"$url\""
kill -s INT -- "-$group"
status=0
wait "$group" || status=$?
[ "$status" -eq 0 ] || fail "exit status $status after Ctrl-C"
[ -z "$(pgrep -g "$group" || true)" ] || fail "processes are left over"
if curl -fsS "$url" >/dev/null 2>&1; then fail "it still serves"; fi
echo "The local run starts, passes a taken port over, serves and stops."
