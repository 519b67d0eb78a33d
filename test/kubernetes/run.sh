#!/bin/sh
# Tests the manifests, the rules and the dashboard with the real kustomize, kubeconform, API server,
# controllers, Prometheus operator and Prometheus: it installs what Debian has of that and builds the
# rest, which takes about ten minutes the first time. Arguments go to pytest, such as:
#   sh test/kubernetes/run.sh -k rules
set -eu
cd "$(dirname "$0")/../.."

sh deploy/local/install-dependencies.sh kubernetes
# Where they can't be had, the tests of what needs one are skipped; CI has no such excuse.
sh test/cluster/build-tools.sh || [ -z "${CI-}" ] || exit 1
cmake --preset release
cmake --build --preset release --target prometheus-arkouda-exporter arkouda-metrics-simulator
# Debian's Python, for which the packages are, and no other that comes first on the PATH. Two files at
# once, each of the two processes with a control plane of its own: much of it is waiting.
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 -m pytest -p no:cacheprovider -rs --tb=short \
  -n 2 --dist loadfile --rootdir=test/kubernetes test/kubernetes "$@"
