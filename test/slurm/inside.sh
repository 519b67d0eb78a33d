#!/bin/sh
# The first process of the namespaces that run.sh makes; arguments go to pytest.
set -eu
mount -t tmpfs tmpfs /run
ip link set lo up
hostname head
status=0
# Debian's Python, for which the packages are, and no other that comes first on the PATH. Not as the first
# process, which has to wait for those that lost their parents.
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest -p no:cacheprovider -rs --tb=short \
  --rootdir=test/slurm test/slurm "$@" || status=$?
exit "$status"
