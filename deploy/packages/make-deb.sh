#!/bin/sh
# Makes the Debian package of an architecture from the sources around it, in the Debian that it is for. Writes
# into the sources' folder, so that should be a copy.
#
#   sh deploy/packages/make-deb.sh ARCHITECTURE FOLDER
#
# VERSION, REVISION, SOURCE_DATE_EPOCH and MAINTAINER of the environment are what it says of itself.
set -eu
cd "$(dirname "$0")/../.."
: "${VERSION:?}" "${REVISION:?}" "${SOURCE_DATE_EPOCH:?}" "${MAINTAINER:?}"

architecture=$1
mkdir -p "$2"
folder=$(realpath "$2")
release=$(sed -n 's/^VERSION_ID="\(.*\)"$/\1/p' /etc/os-release)
codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)

rm -rf debian
cp -r deploy/packages/debian debian
sed -i "s/@MAINTAINER@/$MAINTAINER/" debian/control
# A release candidate comes before the release, and an upgrade of Debian brings the package of the new one.
cat >debian/changelog <<CHANGES
prometheus-arkouda-exporter ($(echo "$VERSION" | sed 's/-/~/')+deb${release}u1) $codename; urgency=medium

  * See /usr/share/doc/prometheus-arkouda-exporter/changelog.gz.

 -- $MAINTAINER  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
CHANGES

if [ "$architecture" != "$(dpkg --print-architecture)" ]; then
  EMULATOR=/usr/bin/qemu-$(dpkg-architecture -a"$architecture" -qDEB_HOST_GNU_CPU)-static
  STRIP=$(dpkg-architecture -a"$architecture" -qDEB_HOST_GNU_TYPE)-strip
  export EMULATOR STRIP
fi
if [ "${FRESH-}" = 1 ]; then export CCACHE_DISABLE=1; fi
DEB_BUILD_OPTIONS=noautodbgsym \
  dpkg-buildpackage --build=binary --unsigned-changes --no-check-builddeps --host-arch "$architecture"
deb=$(basename ../prometheus-arkouda-exporter_*_"$architecture".deb)
cp "../$deb" "$folder"

# The libraries that it is built with.
sh deploy/image/collect-root.sh debian/prometheus-arkouda-exporter/usr/bin/prometheus-arkouda-exporter build/root
sh deploy/packages/describe.sh build/root "$architecture" deb "$folder/$deb.cdx.json"
# What nobody needs again, of which a container's layer would be.
find build -mindepth 1 -maxdepth 1 ! -name root -exec rm -rf '{}' +
