#!/bin/sh
# Builds the unit tests for an architecture as the packages are built, and runs them, by qemu where it is another
# one than the machine's.
#
#   sh deploy/packages/run-unit-tests.sh ARCHITECTURE
set -eu
cd "$(dirname "$0")/../.."

eval "$(dpkg-architecture -a"$1" -s)" # which tells debhelper for what
emulator=
[ "$1" = "$(dpkg --print-architecture)" ] || emulator=/usr/bin/qemu-$DEB_HOST_GNU_CPU-static
# In the folder in which the package was built, so that the compiler's cache knows what is the same.
dh_auto_configure --buildsystem=cmake+ninja --builddirectory=build -- -DCMAKE_BUILD_TYPE=Release \
  -DVERSION="$VERSION" -DREVISION="$REVISION" -DCMAKE_CROSSCOMPILING_EMULATOR="$emulator"
cmake --build build --target unit_test
# qemu knows nothing of TCP_INFO, and the development server is no program for this machine's kernel.
without='ServersTest.*:ClientsTest.TheNextRequestOnAConnectionHasADeadlineToo'
$emulator build/test/unit/unit_test --gtest_brief=1 ${emulator:+"--gtest_filter=-$without"}
