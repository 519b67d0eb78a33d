#!/bin/sh
# Makes the Secret with the key by which Arkouda's pods reach each other; --help says what it reads. An
# existing Secret is left alone.
#
# shellcheck disable=SC2154  # settings.sh sets them
set -eu
folder=$(readlink -f -- "$0")
folder=${folder%/*}
# shellcheck source=/dev/null
. "$folder/settings.sh"

read_options 'Makes an SSH key, and the Secret that has it as id_rsa and id_rsa.pub, by kubectl.' '' "$@"
required arkouda-namespace ARKOUDA_NAMESPACE is_dns_label arkouda \
  'the namespace of the Secret'
required arkouda-ssh-secret ARKOUDA_SSH_SECRET is_object_name arkouda-ssh \
  'the name of the Secret'
check_settings

for tool in kubectl ssh-keygen; do
  command -v "$tool" >/dev/null || fail 1 "$tool is not on the PATH"
done
found=$(kubectl get secret "$arkouda_ssh_secret" -n "$arkouda_namespace" --ignore-not-found -o name)
if [ -n "$found" ]; then
  fail 1 "the namespace $arkouda_namespace has a Secret $arkouda_ssh_secret already, which is left alone; for a new one, \
delete it first: kubectl delete secret $arkouda_ssh_secret -n $arkouda_namespace"
fi

work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
umask 077
work=$(mktemp -d)
ssh-keygen -q -t rsa -b 4096 -N '' -C "$arkouda_ssh_secret" -f "$work/id_rsa"
kubectl create secret generic "$arkouda_ssh_secret" -n "$arkouda_namespace" \
  --from-file=id_rsa="$work/id_rsa" --from-file=id_rsa.pub="$work/id_rsa.pub"
