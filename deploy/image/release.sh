#!/bin/sh
# Releases the container image: builds it from the commit, tags it with the project's version and pushes it to
# a registry. Nothing is pushed unless all before has succeeded.
#
#   sh deploy/image/release.sh [--force] REGISTRY/REPOSITORY
#
#   sh deploy/image/release.sh registry.example.com/team/prometheus-arkouda-exporter
#
# Refuses files that are not as in the commit, sources that nobody could find, and a version that the registry
# has already: with --force none of these. Log in before, by `buildah login REGISTRY` or the like. Last it
# prints the image's name with its digest. settings.sh has the variables that it heeds. The bill of materials is
# in the image: docs/sbom.md.
#
# shellcheck disable=SC2154  # settings.sh sets them
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=/dev/null
. deploy/image/settings.sh

force=
repository=
for argument in "$@"; do
  case $argument in
    --force) force=yes ;;
    -*) fail 2 "unknown option \"$argument\": the only one is --force" ;;
    *)
      [ -z "$repository" ] || fail 2 "got two repositories, \"$repository\" and \"$argument\": one at a time"
      repository=$argument
      ;;
  esac
done
example=registry.example.com/team/prometheus-arkouda-exporter
case $repository in
  '') fail 2 "usage: sh $0 [--force] REGISTRY/REPOSITORY (example: $example)" ;;
  *://*) fail 2 "got \"$repository\": a repository has no scheme (example: $example)" ;;
  *[!a-z0-9.:/_-]*)
    fail 2 "got \"$repository\": a repository has lower-case letters, digits and . _ - / (example: $example)"
    ;;
esac
case ${repository##*/} in
  *:*) fail 2 "got \"$repository\": without the tag, which is the project's version (example: $example)" ;;
esac
case $repository in
  */ | *//*) fail 2 "got \"$repository\": with a name after each slash (example: $example)" ;;
  */*) ;;
  *.* | localhost) fail 2 "got \"$repository\": without a repository after the registry (example: $example)" ;;
esac
case ${repository%%/*} in
  *[.:]* | localhost) ;;
  *) fail 2 "got \"$repository\": the registry comes first (example: docker.io/bearsrus/prometheus-arkouda-exporter)" ;;
esac

find_settings
image=$repository:$version
if [ -z "$force" ]; then
  [ -n "$revision" ] || fail 1 "this folder is not a clone of git, so that no commit is known; REVISION=… names it"
  [ -z "$dirty" ] ||
    fail 1 "these files are not as in the commit, which the image would name; commit them, or see --force: \
$(printf '%s' "$dirty" | sed 's/^...//' | tr '\n' ' ')"
  [ -n "$source" ] || fail 1 "git has no remote origin in the web: SOURCE=https://… names where the sources are"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# What a program said last.
said() {
  tail -n 1 "$work/log"
}

# Asked by a pull, which has the rights and the settings of the push.
if [ -z "$force" ]; then
  if "$builder" pull "$image" >"$work/log" 2>&1; then
    fail 1 "$image is there already, and whoever has it would not get another; raise VERSION in CMakeLists.txt, \
or see --force"
  fi
  grep -qiE 'manifest unknown|name unknown|not found|repository .* does not exist' "$work/log" ||
    fail 1 "the registry does not say whether it has $image: $(said)"
fi

echo "Building $image of revision ${revision:-unknown}"
build "$image" >"$work/log" 2>&1 || {
  cat "$work/log" >&2
  fail 1 "$image could not be built, see above; nothing was pushed"
}
case ${builder##*/} in
  docker)
    "$builder" push "$image" >"$work/log" 2>&1 || fail 1 "$image is built, but could not be pushed: $(said)"
    digest=$(sed -n 's/.* digest: \(sha256:[0-9a-f]*\) .*/\1/p' "$work/log")
    ;;
  *)
    "$builder" push --digestfile "$work/digest" "$image" >"$work/log" 2>&1 ||
      fail 1 "$image is built, but could not be pushed: $(said)"
    digest=$(cat "$work/digest")
    ;;
esac
echo "Released $image@$digest"
