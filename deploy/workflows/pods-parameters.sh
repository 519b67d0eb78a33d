# shellcheck shell=sh
# What a site says of all pods that a workflow makes: rows as settings.sh has them, the last of the templates'
# parameters.
extra image-pull-secrets ARKOUDA_IMAGE_PULL_SECRET is_pull_secret registry \
  'the Secret with which the images are fetched'
extra node-selector ARKOUDA_NODE_SELECTOR is_node_selector disktype=ssd,example.com/pool=hpc \
  'the labels of the nodes for the pods'
extra tolerations ARKOUDA_TOLERATIONS is_tolerations dedicated=hpc:NoSchedule,example.com/gpu:NoExecute \
  'the taints of nodes that the pods tolerate'
extra priority-class ARKOUDA_PRIORITY_CLASS is_priority_class high-priority \
  'the priority class of the pods'
extra pod-annotations ARKOUDA_ANNOTATIONS is_annotations example.com/team=hpc,example.com/cost-center=4711 \
  'more annotations of the pods'
