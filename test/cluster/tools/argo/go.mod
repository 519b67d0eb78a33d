// The command line and the workflow controller. They are built from a copy of their sources:
// build-tools.sh says why.
module argo-tools

go 1.26.0

require github.com/argoproj/argo-workflows/v4 v4.0.5
