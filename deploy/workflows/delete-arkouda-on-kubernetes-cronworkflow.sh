#!/bin/sh
# Deletes Arkouda on Kubernetes every day at 17:00 in New York, by Argo; --help says what it reads. There is
# one such schedule in a namespace: run again with other settings, this changes it.
set -eu
folder=$(readlink -f -- "$0")
folder=${folder%/*}
# shellcheck source=/dev/null
. "$folder/submit.sh"

begin CronWorkflow delete-arkouda-on-kubernetes "$@"
# shellcheck source=/dev/null
. "$folder/delete-arkouda-on-kubernetes-parameters.sh"
submit
