#!/bin/sh
# What CMake makes of the presets; nothing is built. Again and again configured, with a ccache or a
# launcher that comes or goes in between, a build has the same commands, so that the README's second
# command does not build again what the first one has built. And a warning is an error in the checks'
# presets alone: a newcomer's compiler may warn of more.
set -eu
cd "$(dirname "$0")/.."
unset CMAKE_CXX_COMPILER_LAUNCHER CXXFLAGS

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
failed=0

mkdir "$work/bin"
printf '#!/bin/sh\nexec "$@"\n' >"$work/bin/ccache"
chmod +x "$work/bin/ccache"

# As it is, with a ccache that is first in PATH, or with one that was asked for.
configure() { # plain|with_ccache|with_launcher, preset
  (
    case "$1" in
      with_ccache) PATH="$work/bin:$PATH" ;;
      with_launcher) export CMAKE_CXX_COMPILER_LAUNCHER="$work/bin/ccache" ;;
    esac
    cmake --preset "${2:-release}" -B "$work/build" >/dev/null
  )
}

# Says what the build would do after these configurations, made one after the other.
commands() { # how to configure…
  rm -rf "$work/build"
  for how in "$@"; do configure "$how"; done
  ninja -C "$work/build" -t commands
}

expect_same() { # file, how to configure…
  expected=$1
  shift
  commands "$@" >"$work/got"
  if cmp -s "$expected" "$work/got"; then
    echo "ok: $*"
  else
    echo "FAILED: $* give other commands than the first configuration:"
    diff "$expected" "$work/got" | grep -m 1 '^<' || true
    diff "$expected" "$work/got" | grep -m 1 '^>' || true
    failed=1
  fi
}

commands plain >"$work/plain"
grep -q 'main\.cc' "$work/plain" || {
  echo "FAILED: no source is compiled"
  exit 1
}
expect_same "$work/plain" plain plain
expect_same "$work/plain" with_ccache
expect_same "$work/plain" plain with_ccache
expect_same "$work/plain" with_ccache plain
expect_same "$work/plain" plain with_launcher
commands with_launcher >"$work/launcher"
grep -q '^[^ ]*/ccache .*main\.cc' "$work/launcher" || {
  echo "FAILED: CMAKE_CXX_COMPILER_LAUNCHER is not heeded"
  exit 1
}
expect_same "$work/launcher" with_launcher plain

for preset in release asan tsan; do
  rm -rf "$work/build"
  configure plain "$preset"
  ninja -C "$work/build" -t commands | grep -e ' -c .*\.cc$' >"$work/got"
  sources=$(wc -l <"$work/got")
  strict=$(grep -c -e ' -Werror ' "$work/got" || true)
  case "$preset:$strict" in
    release:0 | [at]san:"$sources") echo "ok: $strict of $sources sources with -Werror in $preset" ;;
    *)
      echo "FAILED: $strict of $sources sources with -Werror in $preset"
      failed=1
      ;;
  esac
done
exit "$failed"
