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
clockless=$(find exporter -name '*.h' -o -name '*.cc' | grep -v -e poll_loop.cc -e exporter/exporter.cc \
  -e exporter/serve.cc -e exporter/watched_targets.cc)
# shellcheck disable=SC2086
refuse 3 '_clock::now\(' $clockless
ownerless=$(find common exporter -name '*.h' -o -name '*.cc' |
  grep -v -e common/file_descriptor.h -e common/wakeup.cc)
# shellcheck disable=SC2086
refuse 13 '(^|[^[:alnum:]_.>])(close|eventfd)\(' $ownerless

# The street: the wings, and the wings that each may know beside its own rooms. What stands in
# exporter/ itself connects them.
wings='
arkouda:
metrics: arkouda
web:
process: arkouda metrics web
.: arkouda metrics web process
'
# The rooms of each wing, and the rooms of the same wing that each may know.
street='
arkouda/bad_encoding:
arkouda/connection: connection_timing decode poll_outcome
arkouda/connection_timing:
arkouda/decode: entries reply server_info skips time_zone
arkouda/entries:
arkouda/poll_loop: connection decode poll_outcome request_source resolver target_session time_zone
arkouda/poll_outcome: entries server_info skips
arkouda/reply: bad_encoding poll_outcome server_info skips
arkouda/request:
arkouda/request_source: request token_file
arkouda/resolver:
arkouda/server_info:
arkouda/skips:
arkouda/target:
arkouda/target_session: decode poll_outcome request
arkouda/targets_file: target
arkouda/targets_in_force: targets_file
arkouda/targets_watch: targets_in_force
arkouda/time_zone:
arkouda/token_file: request
metrics/board: snapshot
metrics/change_log: snapshot
metrics/compressed_text:
metrics/exposition: family_table samples
metrics/family_table:
metrics/label_value:
metrics/overview: exposition family_table snapshot
metrics/page: board compressed_text exposition family_table snapshot
metrics/process_lines: exposition
metrics/process_metrics: exposition
metrics/samples: family_table
metrics/snapshot: exposition family_table translate
metrics/translate: family_table label_value samples
process/check: settings target_sources
process/command_line: setting_rows settings target_sources
process/flag_documents: setting_rows
process/healthcheck: settings
process/resources:
process/service_manager:
process/setting_rows: check settings target_sources textfile
process/settings:
process/standard_streams:
process/stoppable: resources
process/target_sources: settings user_name
process/textfile:
process/user_name:
process/version:
web/clients:
web/figures:
web/guard: handler health password_check web_config
web/handler: request response
web/health: routes
web/http_server: clients handler tls_credentials
web/landing_page: figures routes
web/lifecycle: routes
web/negotiation: request
web/password_check: password_queue
web/password_queue:
web/probe: negotiation routes
web/request:
web/response:
web/routes: handler
web/service_discovery: routes
exporter: overview_page watched_targets
overview_page: watched_targets
web/tls_credentials: web_config
web/tls_priorities:
web/web_config_in_force: guard tls_credentials web_config
web/web_config: tls_priorities
main: once serve
once: exporter
serve: exporter
watched_targets:
write_documents:
'
for file in exporter/*.h exporter/*.cc exporter/*/*.h exporter/*/*.cc; do
  room=${file#exporter/}
  room=${room%.*}
  wing=$(dirname "$room")
  known=$(echo "$street" | grep "^$room:") || continue # that is reported below
  known_wings=$(echo "$wings" | grep "^$wing:")
  others=$(sed -n 's/^#include "exporter\/\(.*\)\.h"$/\1/p' "$file")
  for other in $others; do
    [ "$other" = "$room" ] && continue
    # Of the wing that asks, the one that means knows what comes out of a poll, and no more.
    if [ "$wing" = metrics ] && [ "$(dirname "$other")" = arkouda ]; then
      [ "$other" = arkouda/poll_outcome ] && continue
    elif [ "$(dirname "$other")" = "$wing" ]; then
      case " ${known#*:} " in *" $(basename "$other") "*) continue ;; esac
    else
      case " ${known_wings#*:} " in *" $(dirname "$other") "*) continue ;; esac
    fi
    echo "docs/common-errors.md, number 4: $file must not know exporter/$other.h"
    failed=1
  done
done
found=$(grep -nE '#include "(exporter|test)/' common/*.h common/*.cc)
if [ -n "$found" ]; then
  echo "docs/common-errors.md, number 4: common/ must not know $found"
  failed=1
fi

for file in exporter/*.h exporter/*.cc exporter/*/*.h exporter/*/*.cc; do
  case "$file" in
    exporter/web/http_server.cc | exporter/process/version.cc) ;; # the latter for its version alone
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

rooms=$(find exporter -name '*.h' -o -name '*.cc' | sed 's/^exporter\///; s/\.[a-z]*$//' | sort -u)
compare room "$0, the street" "$(echo "$street" | sed -n 's/:.*//p')" "$rooms"
compare room docs/architecture.md "$(first_column docs/architecture.md room)" "$rooms"

# What the exporter is built with, and the tests are not. The image has no packages' folder.
if [ -d deploy/packages/debian ]; then
  libraries() { # file
    sed -n '/^build_packages=\|^Build-Depends:/,/benchmark\|^Standards/p' "$1" |
      grep -o '[a-z0-9.+-]*-dev' | grep -v 'gtest\|gmock\|benchmark' | sort -u
  }
  compare library deploy/packages/debian/control "$(libraries deploy/packages/debian/control)" \
    "$(libraries deploy/local/install-dependencies.sh)"
fi

# The folders of the repository, and those of test/ in its place.
if files=$(git ls-files 2>/dev/null); then
  folders=$(echo "$files" |
    sed -n -e 's/^\(test\/[^/]*\)\/.*/\1/p' -e '/^test\//d' -e 's/^\([^./][^/]*\)\/.*/\1/p' | sort -u)
  compare folder docs/development.md "$(first_column docs/development.md folder)" "$folders"
  # The tests that are said to show what is promised.
  tests=$(git ls-files 'test/*_test.cc' | xargs cat | tr '\n' ' ' |
    grep -oE 'TEST(_F|_P)?\([A-Za-z0-9]+, *[A-Za-z0-9]+' | sed 's/^[^(]*(//; s/, */./')
  # shellcheck disable=SC2016  # those are Markdown's
  shown=$(sed 's/[|,]/\n/g' SECURITY.md | sed -n 's/^ *`\([A-Za-z]*\.[A-Z][A-Za-z0-9]*\)`.*/\1/p')
  missing=$(echo "$shown" | grep -vxF -e "$tests")
  if [ -z "$shown" ] || [ -n "$missing" ]; then
    echo "SECURITY.md names tests that are not there: $missing"
    failed=1
  fi
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
