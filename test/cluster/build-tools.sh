#!/bin/sh
# Builds the Go tools of the tests into build/tools, each from the go.mod file that pins it under
# test/cluster/tools, and under test/bench what `beside` measures the exporter beside. About ten minutes
# the first time; then ~/.cache/prometheus-arkouda-exporter/tools has them, for other clones, too. (Go's build
# cache keeps packages but not the programs: linking them takes two minutes.)
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

# What decides on the programs of a folder, as the name of the folder that keeps them.
name_of_kept() { # name of a folder, which is the current one
  {
    cat "$root/test/cluster/build-tools.sh"
    go env GOVERSION GOOS GOARCH GOFLAGS CGO_ENABLED CC
    sha256sum -- *
  } | sha256sum | sed "s/^\(.\{16\}\).*/$1.\1/"
}

build_programs() { # name of a folder, which is the current one
  case "$1" in
    argo) build_argo ;;
    # Their packages are called server and kustomize.
    etcd | kustomize-oldest) go build -o "$tools/$1" tool ;;
    coredns | client_golang) go build -o "$tools/$1" . ;;
    *) go build -o "$tools/" tool ;;
  esac
}

find_go
kept=${XDG_CACHE_HOME:-$HOME/.cache}/prometheus-arkouda-exporter/tools
mkdir -p "$root/build/tools" "$kept"
# The tests ask it where the modules' own files are.
ln -sf "$(command -v go)" "$root/build/tools/go"
failed=
[ $# -gt 0 ] || set -- test/cluster/tools/*/ test/bench/*/
for name; do
  name=$(basename "$name")
  cd "$root/test/cluster/tools/$name" 2>/dev/null || cd "$root/test/bench/$name"
  programs=$kept/$(name_of_kept "$name")
  if [ ! -d "$programs" ]; then
    # All of them or none; another run may make them at the same time.
    tools=$(mktemp -d "$kept/new.XXXXXX")
    if (build_programs "$name") && chmod 755 "$tools" && mv -T "$tools" "$programs"; then :; else
      rm -rf "$tools"
      if [ ! -d "$programs" ]; then
        failed="$failed $name"
        continue
      fi
    fi
  fi
  touch "$programs"
  # Links, where the cache is on the same file system: they are 1.7 GB.
  cp -lf "$programs"/* "$root/build/tools" 2>/dev/null || cp -f "$programs"/* "$root/build/tools"
done
find "$kept" -mindepth 1 -maxdepth 1 -mtime +30 -exec rm -rf '{}' +
if [ -n "$failed" ]; then
  echo "THESE COULD NOT BE BUILT, and tests that need one are skipped:$failed" >&2
  exit 1
fi
