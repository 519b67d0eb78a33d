#!/bin/sh
# Looks at the landing page with Debian's Chromium, without a window: it installs that first. Pictures of the
# page go to build/landing-page. Arguments go to pytest, such as:
#   sh test/browser/run.sh -k scroll
set -eu
cd "$(dirname "$0")/../.."

# Where it can't be had, the tests are skipped; CI has no such excuse.
sh deploy/local/install-dependencies.sh browser || [ -z "${CI-}" ] || exit 1
cmake --preset release
cmake --build --preset release --target prometheus-arkouda-exporter arkouda-metrics-simulator
# Debian's Python, for which the packages are, and no other that comes first on the PATH.
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 -m pytest -p no:cacheprovider -rs --tb=short \
  --rootdir=test/browser test/browser "$@"
