#!/bin/sh
# Makes all packages of the exporter, of the commit, into dist/: for Debian 12 and 13, RPM packages and archives
# with their libraries for any other Linux, each for amd64 and arm64; for each a bill of materials; and the sums
# of all. The same commit with the same packages of Debian gives the same bytes, wherever and whenever.
#
#   sh deploy/packages/build.sh [--force] [--check] [amd64|arm64…]
#
# With --check lintian looks at Debian's packages, where the architecture is the machine's, and where it is another
# one, qemu runs the unit tests: nothing is made of what fails.
#
# Takes what containers are built with: buildah, podman, or docker with BuildKit. Refuses files that are not as in
# the commit: with --force they are built as they are. Variables beside those of deploy/image/settings.sh:
#   DIST        the folder that is made, and replaced: dist
#   DEBIAN      the image's name before the tags bookworm-slim and trixie-slim: docker.io/library/debian
#   MAINTAINER  whom the packages name: NAME <MAIL>
#   FRESH       1 compiles everything again, another value all but what a cache of compilers has
#
# shellcheck disable=SC2154  # settings.sh sets them
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=/dev/null
. deploy/image/settings.sh

force=
check=
architectures=
for argument in "$@"; do
  case $argument in
    --force) force=yes ;;
    --check) check=yes ;;
    amd64 | arm64) architectures="$architectures $argument" ;;
    *) fail 2 "got \"$argument\": expected --force, --check, amd64 or arm64" ;;
  esac
done
find_settings
[ -z "$dirty" ] || [ -n "$force" ] ||
  fail 1 "these files are not as in the commit, which the packages would name; commit them, or see --force: \
$(printf '%s' "$dirty" | sed 's/^...//' | tr '\n' ' ')"
debian=${DEBIAN:-docker.io/library/debian}
dist=${DIST:-dist}
maintainer=${MAINTAINER:-The prometheus-arkouda-exporter authors \
<prometheus-arkouda-exporter@users.noreply.github.com>}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# A copy of what git knows, so that nothing else of the folder gets in.
mkdir "$work/source" "$work/dist"
if git rev-parse HEAD >/dev/null 2>&1; then
  git ls-files -z | tar --null --files-from - --create | tar --extract --directory "$work/source"
else
  cp -R . "$work/source"
fi
rm "$work/source/.dockerignore" # which is for the image
chmod -R u=rwX,go=rX "$work/source" # whatever the umask was when the sources were unpacked

# Builds a stage of the Dockerfile in a Debian for an architecture.
build_stage() { # stage suite architecture option-of-the-builder…
  stage=$1
  suite=$2
  architecture=$3
  shift 3
  run_builder --target "$stage" --file "$work/source/deploy/packages/Dockerfile" "$@" \
    --build-arg BASE="$debian:$suite-slim" --build-arg ARCHITECTURE="$architecture" \
    --build-arg VERSION="$version" --build-arg REVISION="${revision:-unknown}" \
    --build-arg SOURCE_DATE_EPOCH="$epoch" --build-arg MAINTAINER="$maintainer" \
    --build-arg FRESH="${FRESH-}" "$work/source" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    fail 1 "the packages could not be built, see above; $dist is as before"
  }
}

# Adds to the packages those that a Debian gives.
make_packages() { # stage suite architecture
  echo "Building for $3 on Debian's $2"
  build_stage "$1" "$2" "$3" --output "type=local,dest=$work/$2-$3"
  cp "$work/$2-$3"/* "$work/dist"
  if [ -n "$check" ] && [ "$3" = "$own" ]; then build_stage lintian "$2" "$3"; fi
}

case $(uname -m) in
  aarch64) own=arm64 ;;
  *) own=amd64 ;;
esac
for architecture in ${architectures:-amd64 arm64}; do
  make_packages portable-files bookworm "$architecture"
  make_packages deb-files trixie "$architecture"
  if [ -n "$check" ] && [ "$architecture" != "$own" ]; then
    echo "Testing for $architecture by qemu"
    build_stage unit-tests bookworm "$architecture"
    sed -n '/^\[ *PASSED *\]/p' "$work/log"
  fi
done
(cd "$work/dist" && LC_ALL=C && sha256sum ./* | sed 's/ \.\// /' >../sums && mv ../sums SHA256SUMS)

rm -rf "$dist"
cp -R "$work/dist" "$dist"
echo "In $dist:"
ls -l "$dist"
