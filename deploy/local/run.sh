#!/bin/sh
# Builds the exporter and runs it until Ctrl-C: against a development server that it starts, or,
# when ARKOUDA_METRICS_SERVICE_HOST is set, against a real Arkouda. Arguments go to the exporter.
set -eu
cd "$(dirname "$0")/../.."

sh deploy/local/install-dependencies.sh build
cmake --preset release
cmake --build --preset release --target prometheus-arkouda-exporter arkouda-metrics-simulator

exporter=build/release/exporter/prometheus-arkouda-exporter
simulator=build/release/test/simulator/arkouda-metrics-simulator
work=$(mktemp -d)
simulator_pid=
exporter_pid=
tail_pid=

stop() {
  trap '' INT TERM
  for pid in $exporter_pid $simulator_pid $tail_pid; do
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap stop EXIT
trap 'exit 0' INT TERM

# Waits until a line of a log has the pattern; fails when the process that writes it is gone.
await_line() { # file pattern pid
  until grep -q -- "$2" "$1"; do
    if ! kill -0 "$3" 2>/dev/null; then
      cat "$1" >&2
      return 1
    fi
    sleep 0.1
  done
}

# Whether somebody listens on a TCP port of this machine, on any address.
is_taken() { # port
  grep -qi "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$1") [0-9A-F:]* 0A" /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

if [ -z "${ARKOUDA_METRICS_SERVICE_HOST-}" ]; then
  "$simulator" --listen 127.0.0.1:0 >"$work/simulator.log" 2>&1 &
  simulator_pid=$!
  await_line "$work/simulator.log" '^listening on ' "$simulator_pid"
  address=$(sed -n 's/^listening on tcp:\/\///p' "$work/simulator.log")
  export ARKOUDA_METRICS_SERVICE_HOST="${address%:*}" ARKOUDA_METRICS_SERVICE_PORT="${address##*:}"
  target="the development server at $address"
else
  target="Arkouda at $ARKOUDA_METRICS_SERVICE_HOST:${ARKOUDA_METRICS_SERVICE_PORT:-5556}"
fi

# A port that was asked for is taken as it is; the usual one is passed over when it is taken.
port=
if [ -z "${METRICS_SCRAPE_PORT-}${EXPORT_PORT-}" ]; then
  port=5080
  if is_taken "$port"; then
    echo "Port $port is taken, so a free one is used."
    port=0
  fi
fi
"$exporter" ${port:+--web.listen-address=":$port"} "$@" 2>"$work/exporter.log" &
exporter_pid=$!
await_line "$work/exporter.log" 'msg=listening' "$exporter_pid"
port=$(sed -n 's/.*msg=listening address=.*:\([0-9]*\)"\{0,1\}$/\1/p' "$work/exporter.log" | head -n 1)
url=http://localhost:$port

echo
echo "The exporter watches $target."
tries=100
until curl -fsS "$url/metrics" | grep -q '^arkouda_up{.*} 1$'; do
  tries=$((tries - 1))
  if [ "$tries" -eq 0 ] || ! kill -0 "$exporter_pid" 2>/dev/null; then
    echo "It has no answer yet, and goes on trying. Its log says:"
    break
  fi
  sleep 0.1
done
echo
echo "  Metrics   $url/metrics"
echo "  State     $url/"
echo
echo "A few samples:"
curl -fsS "$url/metrics" |
  grep -E '^(arkouda_up|arkouda_total_number_of_requests|arkouda_memory_used_per_locale|arkouda_server_information_info)' |
  head -n 6 | sed 's/^/  /'
echo
echo "The exporter's log follows. Ctrl-C stops it all."
tail -n +1 -f "$work/exporter.log" &
tail_pid=$!
# Unlike a program in the foreground, wait lets a signal through at once.
wait "$exporter_pid"
