#!/bin/sh
# Makes the packages that bring their libraries and loader along, of what make-deb.sh has built: the archive for
# any Linux, and the RPM package.
#
#   sh deploy/packages/make-portable.sh ARCHITECTURE FOLDER
#
# VERSION, REVISION, SOURCE_DATE_EPOCH and MAINTAINER of the environment are what they say of themselves.
set -eu
cd "$(dirname "$0")/../.."
: "${VERSION:?}" "${REVISION:?}" "${SOURCE_DATE_EPOCH:?}" "${MAINTAINER:?}"
umask 022

architecture=$1
folder=$(realpath "$2")
name=prometheus-arkouda-exporter
built=debian/$name # as the Debian package has it: the program stripped, the manual page compressed
prefix=$(dpkg-architecture -a"$architecture" -qDEB_HOST_GNU_TYPE)
root=build/root # as in the container image
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What launcher.cc starts, and how it is called.
own=$work/own
mkdir "$own"
find "$root/usr/lib" -name '*.so*' -type f | while read -r library; do
  soname=$("$prefix-readelf" --dynamic "$library" | sed -n 's/.*(SONAME).*\[\(.*\)\]$/\1/p')
  cp "$library" "$own/$soname"
done
loader=$("$prefix-readelf" --program-headers "$built/usr/bin/$name" |
  sed -n 's/.*program interpreter: \(.*\)]$/\1/p')
mv "$own/${loader##*/}" "$own/$name"
cp "$built/usr/bin/$name" "$own/main"
cp -a "$root/usr/share/zoneinfo" "$own/zoneinfo"
"$prefix-g++" -std=c++20 -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE -static-pie -s \
  -Wl,-z,relro,-z,now -ffile-prefix-map="$PWD"=. deploy/packages/launcher.cc -o "$work/launcher"

licenses=$work/licenses
mkdir "$licenses"
for copyright in "$root"/usr/share/doc/*/copyright; do
  package=${copyright%/copyright}
  cp "$copyright" "$licenses/${package##*/}"
done
cp -R "$root/usr/share/common-licenses" "$licenses/common-licenses"
cp LICENSE "$licenses/$name"

describe() { # kind file
  sh deploy/packages/describe.sh "$root" "$architecture" "$1" "$2"
}

# ---------------------------------------------------------------------------------- the archive

archive=$name-$VERSION.linux-$architecture
top=$work/$archive
mkdir -p "$top/lib" "$top/completions"
cp "$work/launcher" "$top/$name"
cp -a "$own" "$top/lib/$name"
cp -R "$licenses" "$top/licenses"
cp README.md CHANGELOG.md LICENSE "$top"
gunzip <"$built/usr/share/man/man1/$name.1.gz" >"$top/$name.1"
cp "$built/usr/share/bash-completion/completions/$name" "$top/completions/$name.bash"
cp "$built/usr/share/zsh/vendor-completions/_$name" "$built/usr/share/fish/vendor_completions.d/$name.fish" \
  "$top/completions"
cp -R deploy/packages/systemd "$top/systemd"
cp "$built/etc/default/$name" "$top/systemd/$name.default"
describe tarball "$folder/$archive.tar.gz.cdx.json"
cp "$folder/$archive.tar.gz.cdx.json" "$top/sbom.cdx.json"
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" --format=gnu \
  -c "$archive" | gzip -9n >"$folder/$archive.tar.gz"

# -------------------------------------------------------------------------------------- the RPM

case $architecture in
  amd64) rpm_architecture=x86_64 ;;
  arm64) rpm_architecture=aarch64 ;;
esac
tree=$work/tree
mkdir -p "$tree/usr/bin" "$tree/usr/lib/systemd" "$tree/usr/share/licenses" "$tree/usr/share/man/man1" \
  "$tree/usr/share/bash-completion/completions" "$tree/usr/share/zsh/site-functions" \
  "$tree/usr/share/fish/vendor_completions.d" "$tree/usr/share/doc/$name" "$tree/etc/default"
cp "$work/launcher" "$tree/usr/bin/$name"
cp -a "$own" "$tree/usr/lib/$name"
cp -R deploy/packages/systemd "$tree/usr/lib/systemd/system"
cp -R "$licenses" "$tree/usr/share/licenses/$name"
cp "$built/usr/share/man/man1/$name.1.gz" "$tree/usr/share/man/man1"
cp "$built/usr/share/bash-completion/completions/$name" "$tree/usr/share/bash-completion/completions"
cp "$built/usr/share/zsh/vendor-completions/_$name" "$tree/usr/share/zsh/site-functions"
cp "$built/usr/share/fish/vendor_completions.d/$name.fish" "$tree/usr/share/fish/vendor_completions.d"
cp README.md CHANGELOG.md "$tree/usr/share/doc/$name"
cp "$built/etc/default/$name" "$tree/etc/default/$name"
version=$(echo "$VERSION" | sed 's/-/~/')
rpm=$name-$version-1.$rpm_architecture.rpm
describe rpm "$folder/$rpm.cdx.json"
cp "$folder/$rpm.cdx.json" "$tree/usr/share/doc/$name/sbom.cdx.json"
rpmbuild -bb --quiet --target "$rpm_architecture-linux" --define "_topdir $work/rpm" --define "_rpmdir $folder" \
  --define "_rpmfilename $rpm" --define "tree $tree" --define "exporter_version $version" \
  --define "packager $MAINTAINER" deploy/packages/prometheus-arkouda-exporter.spec
