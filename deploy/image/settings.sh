# shellcheck shell=sh
# What build.sh and release.sh share: which program builds, and of what. Variables, each with what it is where
# it is not set:
#   BUILDER   the first of buildah, podman and docker that is on the PATH
#   BASE      the image of Debian 12 that it is built on: that of the Dockerfile
#   VERSION   the project's, of CMakeLists.txt
#   REVISION  the commit, with -dirty where files differ from it; unknown without git
#   SOURCE    where the sources are published: the remote origin, as its address in the web
#   SOURCE_DATE_EPOCH  the time of all that is in it, in seconds since 1970: that of the commit
# shellcheck disable=SC2034  # what release.sh reads

program=${0##*/}

fail() { # status message
  printf '%s: %s\n' "$program" "$2" >&2
  exit "$1"
}

# That of a clone by SSH, too; without a user or password. Nothing for a folder.
web_address() { # address of a git remote
  case $1 in
    http://* | https://* | ssh://*) rest=${1#*://} ;;
    *@*:*) rest=${1%%:*}/${1#*:} ;;
    *) return 0 ;;
  esac
  case ${rest%%/*} in *@*) rest=${rest#*@} ;; esac
  echo "https://${rest%.git}"
}

find_settings() {
  builder=${BUILDER-}
  for candidate in buildah podman docker; do
    [ -n "$builder" ] || ! command -v "$candidate" >/dev/null || builder=$candidate
  done
  [ -n "$builder" ] ||
    fail 1 "none of buildah, podman and docker is on the PATH: on Debian, apt-get install buildah"
  version=${VERSION:-$(sed -n 's/^  VERSION \([0-9.]*\)$/\1/p' CMakeLists.txt)}
  [ -n "$version" ] || fail 1 "CMakeLists.txt has no line '  VERSION X.Y.Z' for the version"
  dirty=$(git status --porcelain 2>/dev/null) || dirty=
  revision=${REVISION-}
  [ -n "$revision" ] || revision=$(git rev-parse --short=12 HEAD 2>/dev/null)${dirty:+-dirty} || revision=
  source=${SOURCE-$(web_address "$(git remote get-url origin 2>/dev/null)")}
  epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
}

# Without an isolation of its own buildah builds in a container, too.
run_builder() { # what it builds, and how
  case ${builder##*/} in
    buildah) "$builder" build --isolation chroot --layers --force-rm "$@" ;;
    podman) "$builder" build --layers --force-rm "$@" ;;
    *) "$builder" build "$@" ;;
  esac
}

# The label of the source is given once more: buildah 1.28 takes a layer from its cache although an argument
# that only a LABEL has is another.
build() { # name:tag option-of-the-builder…
  name=$1
  shift
  set -- --build-arg VERSION="$version" --build-arg REVISION="${revision:-unknown}" \
    --build-arg SOURCE="$source" --label org.opencontainers.image.source="$source" ${BASE:+--build-arg BASE="$BASE"} "$@" -t "$name" .
  case ${builder##*/} in
    # OCI's image format has no health check.
    buildah | podman) run_builder --format docker --timestamp "$epoch" "$@" ;;
    # docker gives the image its time by the variable, but not the files in it.
    *) (export SOURCE_DATE_EPOCH="$epoch" && run_builder "$@") ;;
  esac
}
