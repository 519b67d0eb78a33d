#!/bin/sh
# Builds the container image, with the OCI labels version, revision and source filled in, by whichever of
# buildah, podman and docker is there. settings.sh has the variables that it heeds.
#
#   sh deploy/image/build.sh NAME:TAG [OPTION-OF-THE-BUILDER…]
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=/dev/null
. deploy/image/settings.sh

[ $# -gt 0 ] || fail 2 "usage: sh $0 NAME:TAG [OPTION-OF-THE-BUILDER…]"
find_settings
build "$@"
