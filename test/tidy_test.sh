#!/bin/sh
# test/tidy.sh looks again at what has changed, and at nothing else: with a project of two sources and a cache of
# its own. Ends with `N passed, 0 failed`.
set -eu
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME="$work/cache"
passed=0
failed=0

clone() { # folder
  mkdir -p "$1/test" "$1/build/release"
  cp test/tidy.sh test/tidy.py "$1/test"
  echo "Checks: '-*,readability-container-size-empty'
WarningsAsErrors: '*'
HeaderFilterRegex: '.*'" >"$1/.clang-tidy"
  echo '#include <string>
inline bool IsEmpty(const std::string& text) { return text.empty(); }' >"$1/test/text.h"
  printf '#include "%s.h"\nbool %s(const std::string& s) { return IsEmpty(s); }\n' \
    text One >"$1/one.cc"
  printf '#include <string>\nbool Two(const std::string& s) { return s.size() == 0; }  // NOLINT\n' >"$1/two.cc"
  compile_with "$1" ''
}

compile_with() { # folder flags
  for name in one two; do
    printf '{"directory": "%s/build/release", "file": "%s/%s.cc", "command": "/usr/bin/c++ -I%s/test %s -c %s/%s.cc"}\n' \
      "$1" "$1" "$name" "$1" "$2" "$1" "$name"
  done | paste -sd , | sed 's/.*/[&]/' >"$1/build/release/compile_commands.json"
}

expect() { # what, last line, folder
  code=0
  sh "$3/test/tidy.sh" one.cc two.cc >"$work/output" 2>&1 || code=$?
  got="$(tail -n 1 "$work/output"), status $code"
  if [ "$got" = "$2" ]; then
    passed=$((passed + 1))
    echo "ok: $1"
  else
    failed=$((failed + 1))
    printf 'FAILED: %s\n  expected: %s\n  got:      %s\n' "$1" "$2" "$(cat "$work/output"), status $code"
  fi
}

clean() { # sources that are looked at
  echo "2 sources: $1 looked at, $((2 - $1)) remembered as clean; 0 with findings, status 0"
}

dirty() { # sources that are looked at
  echo "2 sources: $1 looked at, $((2 - $1)) remembered as clean; 1 with findings, status 1"
}

clone "$work/a"
expect 'all sources are looked at first' "$(clean 2)" "$work/a"
expect 'then none' "$(clean 0)" "$work/a"
clone "$work/b"
expect 'in another clone neither' "$(clean 0)" "$work/b"

sed -i 's/text.empty()/text.size() == 0/' "$work/b/test/text.h"
expect 'a finding in a header is found' "$(dirty 1)" "$work/b"
expect 'and in the next run again' "$(dirty 1)" "$work/b"
clone "$work/b"
expect 'without it, what was clean before is remembered' "$(clean 0)" "$work/b"
sed -i 's/ *\/\/ NOLINT//' "$work/b/two.cc"
expect 'a finding is found whose NOLINT goes' "$(dirty 1)" "$work/b"
clone "$work/b"
sed 's/empty/data-pointer/' "$work/b/.clang-tidy" >"$work/b/test/.clang-tidy"
expect 'a configuration beside a header counts for whoever reads it' "$(clean 1)" "$work/b"
rm "$work/b/test/.clang-tidy"
echo "Checks: '-*,readability-else-after-return'" >"$work/b/.clang-tidy"
expect 'another configuration has both looked at' "$(clean 2)" "$work/b"
clone "$work/b"
compile_with "$work/b" -DOTHER
expect 'and so have other flags' "$(clean 2)" "$work/b"
echo '#include "nowhere.h"' >>"$work/b/one.cc"
expect 'what can not be compiled is a finding' "$(dirty 1)" "$work/b"
rm "$work/b/two.cc"
expect 'and so is a source that is not there' \
  '2 sources: 2 looked at, 0 remembered as clean; 2 with findings, status 1' "$work/b"

echo
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
