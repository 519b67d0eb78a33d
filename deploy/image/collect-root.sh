#!/bin/sh
# Collects the root file system of the container image, on the Debian where the exporter was built:
# the binary, the libraries that it loads, time zones, CA certificates, a user; and for scanners the
# packages that all of it is from, in the form of Google's distroless images.
#
#   sh deploy/image/collect-root.sh BINARY ROOT
#
# Which libraries there are, and where, is what the binary's loader says: no architecture is named here. One of
# another architecture is run by the static qemu that EMULATOR names, and stripped by the program that STRIP names.
set -eu

if [ $# -ne 2 ] || [ -e "$2" ]; then
  echo "usage: $0 BINARY ROOT, where ROOT is not there yet" >&2
  exit 2
fi
binary=$1
mkdir -p "$2"
root=$(realpath "$2")
name=prometheus-arkouda-exporter
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# These are headers or archives: their code is in the binary.
header_packages='cppzmq-dev libabsl-dev libcxxopts-dev libexpected-dev nlohmann-json3-dev'
# From which whole folders are taken, or a file that is made when they are installed.
other_packages='base-files ca-certificates tzdata'

copyright_of() { # package
  echo "/usr/share/doc/$1/copyright"
}

# Prints the real name of a file and of every link on the way to it.
names_of() { # path
  named=$(realpath "$(dirname "$1")")/$(basename "$1")
  echo "$named"
  [ -L "$named" ] || return 0
  case "$(readlink "$named")" in
    /*) names_of "$(readlink "$named")" ;;
    *) names_of "$(dirname "$named")/$(readlink "$named")" ;;
  esac
}

# What the dynamic loader loads, and itself. Nothing comes later: lookups of names in files and DNS
# are a part of glibc.
names_of_libraries() {
  loader=$(readelf --program-headers "$binary" | sed -n 's/.*program interpreter: \(.*\)]$/\1/p')
  ${EMULATOR:+"$EMULATOR"} "$loader" --list "$binary" >"$work/list"
  if grep 'not found' "$work/list" >&2; then return 1; fi
  sed -n 's/^[[:space:]]*\([^ ]* => \)\{0,1\}\(\/[^ ]*\) (0x.*/\2/p' "$work/list" >"$work/libraries"
  while read -r library; do names_of "$library"; done <"$work/libraries"
}

# posix/ and right/ are the same zones once more, right/ with leap seconds; localtime is the
# machine's.
names_of_time_zones() {
  find /usr/share/zoneinfo \( -name posix -o -name right -o -name localtime \) -prune \
    -o ! -type d -print
}

names_of_libraries >"$work/files"
for package in $header_packages; do copyright_of "$package" >>"$work/files"; done

# Prints the package that a file is from. Packages call some of what is in /usr/lib by its old name
# in /lib, which is a link.
owner_of() { # path
  owner=$(dpkg-query -S "$1" 2>/dev/null || dpkg-query -S "${1#/usr}")
  echo "${owner%%: *}"
}
for package in $other_packages; do echo "$package"; done >"$work/owners"
while read -r file; do owner_of "$file"; done <"$work/files" >>"$work/owners"
sort -u "$work/owners" >"$work/packages"

{
  cat "$work/files"
  names_of_time_zones
  names_of /etc/os-release
  names_of /etc/debian_version
  find /usr/share/common-licenses ! -type d # which the copyright files refer to
} >"$work/all"

sed 's/^\///' "$work/all" | sort -u | tar -C / -c -T - | tar -C "$root" -x
install -D -s --strip-program="${STRIP:-strip}" "$binary" "$root/usr/bin/$name"
install -D -m 644 LICENSE "$root$(copyright_of "$name")"
install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
# The binary asks for its loader by a name in /lib or /lib64.
for link in /lib*; do
  if [ -L "$link" ] && [ -d "$root/$(readlink "$link")" ]; then cp -P "$link" "$root$link"; fi
done
printf '%s\n' 'root:x:0:0:root:/:/sbin/nologin' \
  'nonroot:x:65532:65532:nonroot:/:/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'nonroot:x:65532:' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"

# For scanners: each package as dpkg has it, and the sums of those of its files that are here.
status=$root/var/lib/dpkg/status.d
mkdir -p "$status"
while read -r package; do
  plain=${package%%:*}
  install -D -m 644 "$(copyright_of "$plain")" "$root$(copyright_of "$plain")"
  dpkg-query -s "$package" | awk '/^[^ ]/ { skip = $1 == "Conffiles:" } !skip' >"$status/$plain"
  sums=$(dpkg-query --control-path "$package" md5sums)
  while read -r sum path; do
    if [ -f "$root/$path" ]; then echo "$sum  $path"; fi
  done <"$sums" >"$status/$plain.md5sums"
done <"$work/packages"

# The binary must start with what is here, or no image is made.
if [ -n "${EMULATOR-}" ]; then
  cp "$EMULATOR" "$root/emulator"
  chroot "$root" /emulator "/usr/bin/$name" --version
  rm "$root/emulator"
else
  chroot "$root" "/usr/bin/$name" --version
fi
