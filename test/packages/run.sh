#!/bin/sh
# Builds the packages of deploy/packages, installs them where they are for, and looks at how they run there: with
# systemd's units on machines of their own, containers whose first process is a real systemd; in other Debians and
# without any; for arm64 by qemu. Takes root. Arguments go to pytest, such as:
#   sh test/packages/run.sh -k socket
# PACKAGES=FOLDER in the environment takes packages that are there already.
set -eu
cd "$(dirname "$0")/../.."

# Where it can't be had, nothing is tested; CI has no such excuse.
skip() { # what it lacks
  echo "SKIPPED, nothing was tested: $1" >&2
  [ -z "${CI-}" ] || exit 1
  exit 0
}

[ "$(id -u)" -eq 0 ] || skip 'a container with systemd takes root'
sh deploy/local/install-dependencies.sh packages || skip 'not all that it takes is installed'
cmake --preset release
cmake --build --preset release --target prometheus-arkouda-exporter documents arkouda-metrics-simulator
export CONTAINERS_CONF="$PWD/test/image/containers.conf"
base=$(sh test/image/debian.sh) || skip "Debian's image can neither be pulled nor made, see above"
limits='--ulimit=nofile=4096:4096 --ulimit=nproc=4096:4096'
# shellcheck disable=SC2086  # words
podman run --rm --privileged --network=none $limits "$base" true || skip "podman can't run a container here"
# What was built some days ago, of other sources.
podman image prune --force --filter label=prometheus-arkouda-exporter.stage=packages --filter until=72h >/dev/null
# Debian's Python, for which the packages are, and no other that comes first on the PATH.
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest -p no:cacheprovider -rs --tb=short \
  --rootdir=test/packages test/packages "$@"
