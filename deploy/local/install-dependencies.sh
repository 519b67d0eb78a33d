#!/bin/sh
# Installs what is missing of the packages of Debian 12 or 13 that the exporter needs, and says so first.
#
#   sh deploy/local/install-dependencies.sh build        to build and run the exporter
#   sh deploy/local/install-dependencies.sh test         and its tests
#   sh deploy/local/install-dependencies.sh check        and the checks of .ci/run
#   sh deploy/local/install-dependencies.sh documents    and to look at manual page and completions
#   sh deploy/local/install-dependencies.sh bench        and to measure it beside other programs
#   sh deploy/local/install-dependencies.sh browser      to look at the landing page with a browser
#   sh deploy/local/install-dependencies.sh image-build  to build the exporter within the container image
#   sh deploy/local/install-dependencies.sh image        to build that image and test it
#   sh deploy/local/install-dependencies.sh kubernetes   to test the manifests
#   sh deploy/local/install-dependencies.sh workflows    and the workflows
#   sh deploy/local/install-dependencies.sh slurm        to test the batch script for Slurm
#   sh deploy/local/install-dependencies.sh packages     to test systemd's units
#   sh deploy/local/install-dependencies.sh fresh-debian  to test on a Debian that was just installed
#   sh deploy/local/install-dependencies.sh go           to build the Go tools of that, where Go is missing
#
# The README's table "Libraries" says what each library is for.
set -eu

build_packages='g++ cmake ninja-build pkg-config git ca-certificates tzdata
  libzmq3-dev cppzmq-dev libsimdjson-dev nlohmann-json3-dev libmicrohttpd-dev libgnutls28-dev libcrypt-dev
  libcxxopts-dev libspdlog-dev libfmt-dev libexpected-dev libabsl-dev libsodium-dev
  libyaml-cpp-dev libdeflate-dev zlib1g-dev
  libgtest-dev libgmock-dev libbenchmark-dev curl python3'
test_packages='prometheus prometheus-node-exporter gnutls-bin util-linux procps iproute2 strace python3
  python3-prometheus-client'
check_packages='ccache clang-format-14 clang-tidy-14 shellcheck black pyflakes3'
documents_packages='man-db mandoc bsdextrautils bash zsh fish shellcheck'
bench_packages='nginx wrk util-linux'
browser_packages='chromium chromium-driver python3 python3-pytest python3-requests python3-selenium python3-pil
  fonts-inter'
kubernetes_packages='python3 python3-pytest python3-pytest-xdist python3-yaml python3-requests iproute2 openssl
  apache2-utils'
node_packages='containerd runc containernetworking-plugins iptables buildah podman debootstrap util-linux procps'
workflow_packages='python3-jsonschema python3-venv openssh-client jq debootstrap shellcheck busybox util-linux
  docker-registry curl'
slurm_packages='munge slurmctld slurmd slurm-client prometheus iproute2 util-linux python3 python3-pytest
  python3-requests python3-yaml'
fresh_debian_packages='debootstrap util-linux git'
image_build_packages=ccache
packages_packages='buildah podman runc debootstrap util-linux openssl rpm strace dnsmasq-base binutils curl
  qemu-user-static python3 python3-pytest python3-requests
  python3-venv'
image_packages='buildah podman runc netavark debootstrap util-linux docker-registry curl git python3'

case "${1-}" in
  build) packages=$build_packages ;;
  test) packages="$build_packages $test_packages" ;;
  check) packages="$build_packages $test_packages $check_packages" ;;
  documents) packages="$build_packages $documents_packages" ;;
  bench) packages="$build_packages $bench_packages" ;;
  browser) packages="$build_packages $browser_packages" ;;
  image-build) packages="$build_packages $image_build_packages" ;;
  image) packages="$build_packages $image_packages" ;;
  kubernetes) packages="$build_packages $kubernetes_packages $node_packages" ;;
  workflows) packages="$build_packages $kubernetes_packages $node_packages $workflow_packages" ;;
  slurm) packages="$build_packages $slurm_packages" ;;
  packages) packages="$build_packages $packages_packages" ;;
  fresh-debian) packages=$fresh_debian_packages ;;
  go) packages=golang-go ;;
  *)
    echo "usage: $0 build|test|check|documents|bench|browser|image-build|image|kubernetes|workflows|slurm|packages|fresh-debian|go" >&2
    exit 2
    ;;
esac

missing=
for package in $packages; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=none
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "These Debian packages are missing:$missing" >&2
    echo "You are not root and there is no sudo: install them and try again." >&2
    exit 1
  fi
  as_root=sudo
fi

echo "Installing from Debian${as_root:+, by sudo}:$missing"
$as_root apt-get update -q
# Debian starts these as services; the tests start them by themselves.
services='prometheus prometheus-node-exporter containerd docker-registry nginx munge slurmctld slurmd'
new_services=
for service in $services; do
  case " $missing " in *" $service "*) new_services="$new_services $service" ;; esac
done
# shellcheck disable=SC2086  # a list of words
$as_root env DEBIAN_FRONTEND=noninteractive \
  apt-get install -q -y --no-install-recommends $missing
if [ -d /run/systemd/system ]; then
  for service in $new_services; do
    echo "Stopping the service that came with Debian's $service; the tests start their own."
    $as_root systemctl disable --now "$service"
  done
fi
