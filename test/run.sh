#!/bin/sh
# Builds the exporter and runs its tests: everything but the slower checks of .ci/run.
# PRESET=asan or PRESET=tsan in the environment takes another of CMakePresets.json; arguments go to
# ctest, such as: sh test/run.sh -R OptionRow
set -eu
cd "$(dirname "$0")/.."

sh deploy/local/install-dependencies.sh test
preset=${PRESET:-release}
cmake --preset "$preset"
cmake --build --preset "$preset"
ctest --preset "$preset" "$@"
