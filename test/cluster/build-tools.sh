#!/bin/sh
# Builds the Go tools of the tests into build/tools, each from the go.mod file that pins it under
# test/cluster/tools, and under test/bench what `beside` measures the exporter beside. About ten minutes
# the first time; then Go's build cache has everything.
#
#   sh test/cluster/build-tools.sh [NAME…]     the folders' names; all without one
set -eu
cd "$(dirname "$0")/../.."
root=$PWD

# Debian 12 has Go 1.19, which can fetch the Go that the modules ask for: it is a module itself. Its
# files come without the mark that they are programs.
find_go() {
  wanted=$(sed -n 's/^go //p' test/cluster/tools/*/go.mod test/bench/*/go.mod | sort -V | tail -n 1)
  have=$(go env GOVERSION 2>/dev/null | sed 's/^go//') || true
  if [ -n "$have" ] && [ "$(printf '%s\n' "$wanted" "$have" | sort -V | head -n 1)" = "$wanted" ]; then
    return
  fi
  [ -n "$have" ] || sh deploy/local/install-dependencies.sh go
  toolchain=golang.org/toolchain@v0.0.1-go$wanted.$(go env GOOS)-$(go env GOARCH)
  echo "Fetching Go $wanted: this machine has ${have:-none}."
  home=$(cd / && go mod download -json "$toolchain" | sed -n 's/.*"Dir": "\(.*\)",/\1/p')
  chmod -R u+w "$home"
  chmod +x "$home"/bin/* "$home"/pkg/tool/*/*
  export PATH="$home/bin:$PATH" GOTOOLCHAIN=local
}

# The published module lacks the web interface and how the executor deals with signals on Linux, without
# which it does not compile. Only a copy of it can be given them: an empty page, and signal_linux.go.
build_argo() {
  module=$(go mod download -json github.com/argoproj/argo-workflows/v4 | sed -n 's/.*"Dir": "\(.*\)",/\1/p')
  copy=$root/build/argo-workflows
  rm -rf "$copy"
  cp -r "$module" "$copy" && chmod -R u+w "$copy" && mkdir -p "$copy/ui/dist/app" &&
    echo >"$copy/ui/dist/app/index.html" &&
    cp signal_linux.go.txt "$copy/workflow/executor/osspecific/signal_linux.go" && cd "$copy" &&
    go build -o "$tools/" ./cmd/argo ./cmd/workflow-controller &&
    # Without what debuggers read: each step of a workflow begins by copying it.
    go build -ldflags="-s -w" -o "$tools/" ./cmd/argoexec
}

find_go
tools=$root/build/tools
mkdir -p "$tools"
# The tests ask it where the modules' own files are.
ln -sf "$(command -v go)" "$tools/go"
failed=
[ $# -gt 0 ] || set -- test/cluster/tools/*/ test/bench/*/
for name; do
  name=$(basename "$name")
  cd "$root/test/cluster/tools/$name" 2>/dev/null || cd "$root/test/bench/$name"
  case "$name" in
    argo) build_argo ;;
    # Their packages are called server and kustomize.
    etcd | kustomize-oldest) go build -o "$tools/$name" tool ;;
    coredns | client_golang) go build -o "$tools/$name" . ;;
    *) go build -o "$tools/" tool ;;
  esac || failed="$failed $name"
done
if [ -n "$failed" ]; then
  echo "THESE COULD NOT BE BUILT, and tests that need one are skipped:$failed" >&2
  exit 1
fi
