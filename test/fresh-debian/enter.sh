#!/bin/sh
# The first process of the namespaces that run.sh makes: gives them the new system as their root
# folder, and lets the newcomer in.
set -eu
base=$1
cache=$2
work=$3
root=$work/root

# Nothing is written to the base. What is written elsewhere need not survive, which spares dpkg's many
# syncs; where there is no such overlay, a copy will do.
mkdir "$root" "$work/upper" "$work/overlay"
if ! mount -t overlay -o "lowerdir=$base,upperdir=$work/upper,workdir=$work/overlay,volatile" \
  overlay "$root" 2>/dev/null; then
  cp -a "$base/." "$root"
  mount --bind "$root" "$root"
fi

mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for stream in 0:stdin 1:stdout 2:stderr; do
  ln -s "/proc/self/fd/${stream%:*}" "$root/dev/${stream#*:}"
done

cp "$work/resolv.conf" "$root/etc/resolv.conf"
clone=/home/newcomer/prometheus-arkouda-exporter
cp -a "$work/clone" "$root$clone"
chroot "$root" chown -R newcomer: "$clone"
archives=$root/var/cache/apt/archives
cp "$cache/archives"/*.deb "$archives" 2>/dev/null || true
mount --bind "$cache" "$root/srv/host"

mkdir "$root/old"
cd "$root"
pivot_root . old
# shellcheck disable=SC2016  # for the shell inside
exec chroot . sh -euc '
  umount -l /old
  rmdir /old
  status=0
  chroot --userspec=newcomer / env -i HOME=/home/newcomer USER=newcomer LOGNAME=newcomer \
    PATH=/usr/local/bin:/usr/bin:/bin CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_DIR=/srv/host/ccache \
    CCACHE_MAXSIZE=500M \
    sh "$1/test/fresh-debian/newcomer.sh" || status=$?
  # The next run has these packages, and none that the mirror has not any more.
  cd /var/cache/apt/archives
  apt-get -qq autoclean
  cp -n ./*.deb /srv/host/archives
  for file in /srv/host/archives/*.deb; do [ -e "${file##*/}" ] || rm "$file"; done
  exit "$status"
' sh "$clone"
