#!/bin/sh
# Submits deploy/slurm/arkouda.sbatch to a real Slurm of two nodes, with a real exporter and a real Prometheus: it
# installs what Debian has of that. All of it runs in namespaces of its own, which takes root. Arguments go to
# pytest, such as:
#   sh test/slurm/run.sh -k requeue
set -eu
cd "$(dirname "$0")/../.."

# Where they can't be had, nothing is tested; CI has no such excuse.
if [ "$(id -u)" -ne 0 ]; then
  echo "Nothing was tested: Slurm's daemons and the namespaces for them take root." >&2
  [ -z "${CI-}" ] || exit 1
  exit 0
fi
sh deploy/local/install-dependencies.sh slurm || [ -z "${CI-}" ] || exit 1
cmake --preset release
cmake --build --preset release --target prometheus-arkouda-exporter arkouda-metrics-simulator
# Ports, names of hosts and of users, and processes are this run's own, and end with it.
exec unshare --mount --net --uts --ipc --pid --fork --kill-child --mount-proc sh test/slurm/inside.sh "$@"
