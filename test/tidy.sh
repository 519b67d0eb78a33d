#!/bin/sh
# Runs clang-tidy over every source, by the release build's compile commands. Arguments are sources;
# without any, all of them. What was clean, and is as it was, is not looked at again: see tidy.py.
set -eu
cd "$(dirname "$0")/.."

[ -f build/release/compile_commands.json ] || cmake --preset release >/dev/null
if [ $# -eq 0 ]; then
  # shellcheck disable=SC2046  # a list of names without spaces
  set -- $(git ls-files '*.cc')
fi
exec python3 test/tidy.py "$@"
