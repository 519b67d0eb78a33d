#!/bin/sh
# Prints the name of an image of Debian 12 in podman's storage: the published one, or where no registry is
# reached, one that debootstrap makes from where apt has its packages.
#
#   sh test/image/debian.sh
set -eu

debian=docker.io/library/debian:bookworm-slim
own_debian=localhost/arkouda-exporter-test/debian:bookworm-slim

# shellcheck disable=SC2016  # apt's own $(…)
make_debian() { # folder
  mirror=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
    sed -n '/^bookworm /{s///p;q}')
  if [ -z "$mirror" ]; then
    echo "apt knows no mirror of Debian bookworm." >&2
    return 1
  fi
  debootstrap --variant=minbase bookworm "$1/debian" "$mirror" >"$1/log" 2>&1 ||
    { tail -n 20 "$1/log" >&2 && return 1; }
  # The updates, and what it takes to reach the mirror, are as on this machine.
  apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    grep ' bookworm' | sort -u >"$1/debian/etc/apt/sources.list"
  apt-config dump | grep -E '^Acquire::(Check-|https?::)' \
    >"$1/debian/etc/apt/apt.conf.d/99as-on-the-host" || true
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
