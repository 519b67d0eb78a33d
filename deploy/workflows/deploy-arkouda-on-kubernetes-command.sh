#!/bin/sh
# Deploys Arkouda on Kubernetes once, by Argo; --help says what it reads.
set -eu
folder=$(readlink -f -- "$0")
folder=${folder%/*}
# shellcheck source=/dev/null
. "$folder/submit.sh"

begin Workflow deploy-arkouda-on-kubernetes "$@"
# shellcheck source=/dev/null
. "$folder/deploy-arkouda-on-kubernetes-parameters.sh"
submit
