#!/bin/sh
# Deploys Arkouda on Kubernetes every day at 7:00 in New York, by Argo; --help says what it reads. There is
# one such schedule in a namespace: run again with other settings, this changes it.
set -eu
folder=$(readlink -f -- "$0")
folder=${folder%/*}
# shellcheck source=/dev/null
. "$folder/submit.sh"

begin CronWorkflow deploy-arkouda-on-kubernetes "$@"
# shellcheck source=/dev/null
. "$folder/deploy-arkouda-on-kubernetes-parameters.sh"
submit
