#!/bin/sh
# Does what the README says in a Debian that was just installed: a clone of what is committed, an
# ordinary user with sudo and git, and none of the packages that the exporter and its tests need.
# (ccache saves the next run's time; the README's commands don't know of it. systemd's programs are on
# any machine, and are needed by a test; it does not run.)
#
#   sh test/fresh-debian/run.sh [trixie|bookworm]
#
# Needs root, debootstrap and a mirror, and says so where it has to skip. The system's base, packages
# and a ccache stay in ~/.cache/prometheus-arkouda-exporter, so that the next run takes less time.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=/dev/null
. test/fresh-debian/apt.sh

suite=${1:-trixie}
has='ca-certificates,ccache,git,sudo,systemd' # beside the minimum
cache=${XDG_CACHE_HOME:-$HOME/.cache}/prometheus-arkouda-exporter/$suite
work=
namespace_pid=

# In CI all of it is to be had.
skip() { # what it lacks
  echo "SKIPPED: NOTHING OF A FRESH DEBIAN WAS TESTED: $1"
  [ -z "${CI-}" ]
  exit
}

clean_up() {
  status=$?
  trap '' INT TERM
  # With its first process end all others of the namespace, and its mounts; none of them holds the
  # run's lock any more then.
  [ -z "$namespace_pid" ] || kill -KILL "$namespace_pid" 2>/dev/null || true
  exec 8>&-
  if [ -n "$work" ] && flock -w 30 "$work/lock" true; then rm -rf --one-file-system "$work"; fi
  exit "$status"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# Runs it to its end in namespaces of its own, which end with it or with this script.
confined() { # command…
  setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child "$@" &
  namespace_pid=$!
  code=0
  wait "$namespace_pid" || code=$?
  namespace_pid=
  return "$code"
}

make_base() {
  rm -rf --one-file-system "$cache/new"
  mirror=$(mirror_of "$suite" "$work/sources")
  confined debootstrap --variant=minbase --include="$has" "$suite" "$cache/new" "$mirror" \
    >"$work/debootstrap.log" 2>&1 || {
    tail -n 20 "$work/debootstrap.log"
    skip "Debian $suite can't be made, see above"
  }
  set_up_apt "$cache/new" "$work/sources"
  chroot "$cache/new" useradd --create-home --shell /bin/sh newcomer
  echo 'newcomer ALL=(ALL) NOPASSWD: ALL' >"$cache/new/etc/sudoers.d/newcomer"
  printf '127.0.0.1 localhost %s\n::1 localhost\n' "$(uname -n)" >"$cache/new/etc/hosts"
  mkdir -p "$cache/new/srv/host" "$cache/archives" "$cache/ccache"
  chown "$(stat -c %u:%g "$cache/new/home/newcomer")" "$cache/ccache"
  mv "$cache/new" "$base"
}

if [ "$(id -u)" -ne 0 ]; then skip 'that takes root'; fi
sh deploy/local/install-dependencies.sh fresh-debian
confined true || skip 'no namespaces can be made here'
mkdir -p "$cache"

# Runs at the same time prepare one after the other. Each has a folder and a lock of its own there;
# where nothing holds the lock any more, the folder is left over.
exec 9>"$cache/lock"
flock -w 1800 9
for folder in "$cache"/run.*; do
  [ ! -d "$folder" ] || ! flock -n "$folder/lock" true || rm -rf --one-file-system "$folder"
done
work=$(mktemp -d "$cache/run.XXXXXX")
exec 8>"$work/lock"
flock 8
[ -n "$(sources_of "$suite")" ] || apt-get update -q
{ sources_of "$suite" && echo "# $has"; } >"$work/sources"
[ "$(wc -l <"$work/sources")" -gt 1 ] || skip "apt has no mirror of this machine's Debian"
# Another checkout may want another base, and have it in use.
base=$cache/base.$(cksum <"$work/sources" | sed 's/ .*//')
if [ ! -d "$base" ]; then
  echo "Making Debian $suite by debootstrap"
  make_base
fi
touch "$base"
find "$cache" -maxdepth 1 -name 'base.*' -mtime +30 -exec rm -rf --one-file-system '{}' +
exec 9>&-

git clone -q --no-hardlinks . "$work/clone"
cp -L /etc/resolv.conf "$work/resolv.conf"
echo "In a fresh Debian $suite: $(git -C "$work/clone" log -1 --format='%h %s')"
confined sh test/fresh-debian/enter.sh "$base" "$cache" "$work"
echo "What the README says works in a fresh Debian $suite."
