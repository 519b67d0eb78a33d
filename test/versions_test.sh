#!/bin/sh
# Whether the README's table of systems names the versions that this one has.
set -eu
cd "$(dirname "$0")/.."

system=$(sed -n 's/^NAME="\(Debian\) .*/\1/p; s/^VERSION_ID="\(.*\)"/\1/p' /etc/os-release | xargs)
columns=$(sed -n 's/^| system | \(.*\) |$/\1/p' README.md | sed 's/ | /\n/g')
versions=$(sed -n "s/^| $system | \(.*\) |\$/\1/p" README.md | sed 's/ | /\n/g')
if [ -z "$versions" ]; then
  echo "$system is not in the README's table, and need not be."
  exit 0
fi

failed=0
for library in $columns; do
  named=${versions%%
*}
  versions=${versions#*
}
  case "$library" in
    libzmq) package=libzmq3-dev ;;
    lib* | *-cpp) package=$library-dev ;;
    *) package=$library ;;
  esac
  has=$(dpkg-query -W -f '${source:Upstream-Version}' "$package")
  [ "$library" != g++ ] || has=$(g++ -dumpfullversion)
  case "$has." in
    "$named".*) ;;
    *)
      echo "The README says $library $named for $system, which has $has."
      failed=1
      ;;
  esac
done
[ "$failed" -ne 0 ] || echo "The README names the versions of $system."
exit "$failed"
