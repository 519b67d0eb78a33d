#!/bin/sh
# Tests the Argo workflows: their templates, the objects that they make, the launch script, and all of it
# carried out by a real workflow controller at a real API server. Arguments go to pytest.
set -eu
cd "$(dirname "$0")/../.."

sh deploy/local/install-dependencies.sh workflows
# Where they can't be built, the tests that need one are skipped, but not in CI.
sh test/cluster/build-tools.sh || [ -z "${CI-}" ] || exit 1
# The development server is in the image that stands in for Arkouda's.
cmake --preset release
cmake --build --preset release --target arkouda-metrics-simulator
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 -m pytest -p no:cacheprovider -rs --tb=short \
  -n 2 --dist loadfile --rootdir=test/workflows test/workflows "$@"
