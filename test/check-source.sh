#!/bin/sh
# Looks for the mistakes of docs/common-errors.md that grep can find, and fails when there is one.
# A line that has its reason says `common-error: NUMBER` and why.
set -u
cd "$(dirname "$0")/.." || exit
failed=0

# Prints the lines that match and counts them as failures.
refuse() { # number, extended regular expression, file…
  number=$1
  pattern=$2
  shift 2
  found=$(grep -nE -- "$pattern" "$@" | grep -v "common-error: $number") || return 0
  echo "docs/common-errors.md, number $number:"
  echo "$found"
  failed=1
}

sources=$(find common exporter test -name '*.h' -o -name '*.cc')
# shellcheck disable=SC2086  # a list of names without spaces
{
  refuse 1 '\b(sleep_for|sleep_until|usleep|nanosleep|sleep)\(' $sources
  refuse 2 '\b(std::)?(sto[dfil]|stoull?|stoll|strto[dfl]|strtoull?|ato[fil])\(' $sources
}
clockless=$(find exporter -name '*.h' -o -name '*.cc' | grep -v -e poll_loop.cc -e exporter/exporter.cc)
# shellcheck disable=SC2086
refuse 3 '_clock::now\(' $clockless

# The street: each room, and the rooms that it may know.
street='
bad_encoding:
connection: target_session
exporter: .*
exposition: family_table samples
family_table:
healthcheck: listen_address routes
host:
http_server: listen_address routes
label_value:
listen_address: host
main: exporter healthcheck once options standard_streams stoppable
once: exporter options stoppable textfile
options: host label_value listen_address request textfile token_file version wall_clock
page: exposition snapshot
poll_loop: connection poll_result target_session
poll_result:
process_metrics: exposition
published:
reply: bad_encoding poll_result
request:
resources:
routes:
samples: family_table
standard_streams:
stoppable: resources
snapshot: family_table poll_result
target_recorder: exposition poll_loop reply request samples snapshot token_file translate wall_clock
target_session: poll_result request
textfile:
token_file: request
translate: family_table label_value reply samples
version:
wall_clock:
'
for file in exporter/*.h exporter/*.cc; do
  room=$(basename "${file%.*}")
  known=$(echo "$street" | grep "^$room:") || continue # that is reported below
  others=$(sed -n 's/^#include "exporter\/\(.*\)\.h"$/\1/p' "$file")
  for other in $others; do
    echo " $room ${known#*:} " | grep -qE -e " $other " -e '\.\*' && continue
    echo "docs/common-errors.md, number 4: $file must not know exporter/$other.h"
    failed=1
  done
done

for file in exporter/*.h exporter/*.cc; do
  case "$file" in
    exporter/http_server.cc | exporter/version.cc) ;; # the latter for its version alone
    *) refuse 6 '#include <microhttpd.h>' "$file" ;;
  esac
done
# Prints what one of two lists has and the other has not; a list is a name a line.
compare() { # what, where it is listed, list, what there is
  found=$(
    printf '%s\n' "$3" | grep -vxF -e "$4" | sed "s|\$| is not a $1|"
    printf '%s\n' "$4" | grep -vxF -e "$3" | sed "s|\$| is a $1 and not listed|"
  )
  [ -z "$found" ] && return
  echo "$2:"
  echo "$found"
  failed=1
}

# Prints the names in the first column of a table, by the heading of that column.
first_column() { # document, heading
  # shellcheck disable=SC2016  # those are Markdown's
  sed -n "/^| $2 |/,/^\$/s/^| \([^|]*\)|.*/\1/p" "$1" | grep -o '`[^`]*`' | sed 's/`//g; s/\/$//'
}

rooms=$(for file in exporter/*.h exporter/*.cc; do basename "${file%.*}"; done | sort -u)
compare room "$0, the street" "$(echo "$street" | sed -n 's/:.*//p')" "$rooms"
compare room docs/architecture.md "$(first_column docs/architecture.md room)" "$rooms"

# The folders of the repository, and those of test/ in its place.
if files=$(git ls-files 2>/dev/null); then
  folders=$(echo "$files" |
    sed -n -e 's/^\(test\/[^/]*\)\/.*/\1/p' -e '/^test\//d' -e 's/^\([^./][^/]*\)\/.*/\1/p' | sort -u)
  compare folder docs/development.md "$(first_column docs/development.md folder)" "$folders"
else
  echo "Not a clone: the container image, for one, is built without some folders. They are not compared."
fi

found=$(grep -nE "@[A-Z]+@" README.md docs/*.md CHANGELOG.md)
if [ -n "$found" ]; then
  echo "A place in the docs is not filled in: $found"
  failed=1
fi
version=$(sed -n 's/^ *VERSION \([0-9.]*\)$/\1/p' CMakeLists.txt)
if ! grep -qx "ARG VERSION=$version" Dockerfile; then
  echo "CMakeLists.txt has version $version, the Dockerfile another."
  failed=1
fi
[ "$failed" -eq 0 ] && echo "No common errors found."
exit "$failed"
