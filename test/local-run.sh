#!/bin/sh
# Runs the README's first command as a person would, looks at its page, and ends it by Ctrl-C: with
# whatever is installed and built so far, and once more with its port taken.
set -eu
cd "$(dirname "$0")/.."

work=$(mktemp -d)
pids=
# shellcheck disable=SC2086  # words
trap 'kill -- $pids 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

fail() {
  echo "FAILED: $1" >&2
  tail -n 200 "$work"/* >&2
  exit 1
}

# Waits up to half an hour (packages and a build may be part of it) for a line with the pattern.
await_line() { # file pattern pid
  tries=18000
  until grep -q -- "$2" "$1" 2>/dev/null; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || fail "no line \"$2\""
    kill -0 "$3" 2>/dev/null || grep -q -- "$2" "$1" || fail "it ended without a line \"$2\""
    sleep 0.1
  done
}

# Whether the group has no process any more. Those whose parent is gone are let go of by process 1.
is_gone() { # group
  tries=50
  while kill -0 -- "-$1" 2>/dev/null; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.1
  done
}

command=$(sed -n '/^## Try it/,/^## /s/^\(sh deploy.*\)/\1/p' README.md)
[ "$command" = "sh deploy/local/run.sh" ] || fail "the README's command is \"$command\""

try() { # log
  # A group of its own, which gets the signal as the terminal's foreground group does. What a script
  # starts in the background ignores SIGINT, unless told otherwise.
  # shellcheck disable=SC2086  # the command's words
  env --default-signal=INT setsid $command >"$1" 2>&1 &
  group=$!
  pids="$pids -$group"
  await_line "$1" 'Ctrl-C stops it all' "$group"
  grep -q '^  arkouda_up{.*} 1$' "$1" || fail "no live samples"
  url=$(sed -n 's/^  Metrics *//p' "$1")
  curl -fsS "$url" | grep '^arkouda_up{.*} 1$' >/dev/null || fail "nothing is served at \"$url\""
  kill -s INT -- "-$group"
  status=0
  wait "$group" || status=$?
  [ "$status" -eq 0 ] || fail "exit status $status after Ctrl-C"
  is_gone "$group" || fail "processes are left over"
  if curl -fsS "$url" >/dev/null 2>&1; then fail "it still serves"; fi
}

try "$work/run.log"

# Something listens on the usual port; where somebody else does already, so much the better.
build/release/test/simulator/arkouda-metrics-simulator --listen 127.0.0.1:5080 \
  >"$work/taker.log" 2>&1 &
pids="$pids $!"
await_line "$work/taker.log" 'listening\|in use' $!
try "$work/again.log"
grep -q '^Port 5080 is taken' "$work/again.log" || fail "nothing said of the taken port"
echo "The local run starts, serves and stops, and passes a taken port over."
