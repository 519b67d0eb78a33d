#!/bin/sh
# Installs what the packages of an architecture are built with, in a Debian that is there for nothing else: the
# libraries that debian/control names, and the compiler. Then, on demand, what looks at them.
#
#   sh deploy/packages/install-tools.sh build ARCHITECTURE
#   sh deploy/packages/install-tools.sh test ARCHITECTURE
#   sh deploy/packages/install-tools.sh lintian
set -eu
cd "$(dirname "$0")/../.."

get() { # what apt-get does…
  DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends "$@"
}

own=$(dpkg --print-architecture)
case $1 in
  build)
    # With what the self-contained packages have of the system.
    tools='build-essential ca-certificates ccache python3 rpm tzdata'
    if [ "$2" != "$own" ]; then
      dpkg --add-architecture "$2"
      # What is built for the other one is run by qemu, where it takes part in the build.
      tools="$tools crossbuild-essential-$2 qemu-user-static"
    fi
    get update
    # shellcheck disable=SC2086  # a list of words
    get install $tools
    get build-dep --host-architecture "$2" .
    ;;
  test) get install curl "libgtest-dev:$2" "libgmock-dev:$2" "libbenchmark-dev:$2" ;;
  lintian) get install lintian ;;
esac
