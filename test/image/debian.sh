#!/bin/sh
# Prints the name of an image of a Debian, 12 unless another is named, in podman's storage: the published one,
# or where no registry is reached, one that debootstrap makes from where apt has its packages.
#
#   sh test/image/debian.sh [bullseye|bookworm|trixie]
set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/../fresh-debian/apt.sh"

suite=${1:-bookworm}
debian=docker.io/library/debian:$suite-slim
own_debian=localhost/arkouda-exporter-test/debian:$suite-slim

make_debian() { # folder
  sources_of "$suite" >"$1/sources"
  mirror=$(mirror_of "$suite" "$1/sources")
  if [ -z "$mirror" ]; then
    echo "apt knows no mirror of this machine's Debian." >&2
    return 1
  fi
  debootstrap --variant=minbase "$suite" "$1/debian" "$mirror" >"$1/log" 2>&1 ||
    { tail -n 20 "$1/log" >&2 && return 1; }
  set_up_apt "$1/debian" "$1/sources"
  tar -C "$1/debian" --numeric-owner -c . | podman import - "$own_debian" >/dev/null
}

# Two tests may ask at once, and only one makes it.
exec 8>"${TMPDIR:-/tmp}/arkouda-exporter-test-debian.lock"
flock 8
for name in "$debian" "$own_debian"; do
  if podman image exists "$name"; then
    echo "$name"
    exit
  fi
done
echo "Pulling $debian, or else making it by debootstrap" >&2
if timeout 60 podman pull -q "$debian" >/dev/null 2>&1; then
  echo "$debian"
  exit
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make_debian "$work" && echo "$own_debian"
