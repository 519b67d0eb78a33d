#!/bin/sh
# Runs clang-tidy over every source, by the release build's compile commands. Arguments are sources;
# without any, all of them.
set -eu
cd "$(dirname "$0")/.."

[ -f build/release/compile_commands.json ] || cmake --preset release >/dev/null
if [ $# -eq 0 ]; then
  # shellcheck disable=SC2046  # a list of names without spaces
  set -- $(git ls-files '*.cc')
fi
printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 clang-tidy-14 --quiet -p build/release \
  --extra-arg=-Wno-unknown-warning-option
