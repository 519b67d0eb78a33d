#!/bin/sh
# Builds the container image, looks at what is in it, runs it as a cluster does, against the
# development server, and releases it to a real registry. Ends with `N passed, 0 failed`.
#
#   sh test/image/run.sh
#
# Needs root for a build without a daemon and for the container's network, and says so where it has
# to skip. Base images and layers stay in podman's storage; without a registry Debian's base image
# is made by debootstrap, from where apt has its packages.
set -eu
cd "$(dirname "$0")/../.."

version=9.8.7-rc.6
revision=0123456789ab
source=https://example.invalid/prometheus-arkouda-exporter
epoch=1000000000
most_kib=40960

program=/usr/bin/prometheus-arkouda-exporter
build_cache=localhost/arkouda-exporter-test/build:latest
image=localhost/arkouda-exporter-test/exporter:$$-$(date +%s)

passed=0
failed=0
skipped=0
mounted=
is_serving=
simulator_pid=
registry_pid=
work=$(mktemp -d)

ok() { # what
  passed=$((passed + 1))
  echo "ok: $1"
}

fail() { # what, expected, got
  failed=$((failed + 1))
  printf 'FAILED: %s\n  expected: %s\n  got:      %s\n' "$1" "$2" "$3"
}

expect() { # what, expected, got
  if [ "$2" = "$3" ]; then ok "$1"; else fail "$1" "$2" "$3"; fi
}

expect_line() { # what, extended regular expression, text
  if printf '%s\n' "$3" | grep -qE -e "$2"; then ok "$1"; else fail "$1" "a line with $2" "$3"; fi
}

skip() { # what it lacks
  skipped=$((skipped + 1))
  echo "SKIPPED: $1"
}

summary() {
  echo
  echo "$passed passed, $failed failed$([ "$skipped" -eq 0 ] || echo ", $skipped skipped")"
  # In CI all of it is to be had.
  [ "$failed" -eq 0 ] && { [ -z "${CI-}" ] || [ "$skipped" -eq 0 ]; }
}

clean_up() {
  status=$?
  trap '' INT TERM
  [ -z "$simulator_pid" ] || kill "$simulator_pid" 2>/dev/null || true
  [ -z "$registry_pid" ] || kill "$registry_pid" 2>/dev/null || true
  for cidfile in "$work"/*.cid; do
    [ ! -f "$cidfile" ] || podman rm -f -t 0 --cidfile "$cidfile" >/dev/null 2>&1 || true
  done
  [ -z "$mounted" ] || podman image unmount "$image" >/dev/null 2>&1 || true
  podman rmi "$image" >/dev/null 2>&1 || true
  rm -rf "$work"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# Asks again and again, for half a minute at most.
await() { # command…
  tries=300
  until "$@"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.1
  done
}

build() { # name more-arguments…
  BUILDER=buildah BASE=$base VERSION=$version REVISION=$revision SOURCE=$source SOURCE_DATE_EPOCH=$epoch \
    sh deploy/image/build.sh "$@" --pull-never >"$work/log" 2>&1
}

# Builds, and lets go of what the last run's sources were built to.
build_image() {
  last=$(podman image inspect -f '{{.Id}}' "$build_cache" 2>/dev/null || true)
  build "$build_cache" --target build || return 1
  [ "$last" = "$(podman image inspect -f '{{.Id}}' "$build_cache")" ] ||
    podman rmi "$last" >/dev/null 2>&1 || true
  build "$image"
}

# As the manifests run it, with their limit: the container's is the last of the two in the file.
memory=$(sed -n 's/^ *memory: \(.*\)Mi$/\1m/p' deploy/kubernetes/base/deployment.yaml | tail -n 1)
confined="--read-only --read-only-tmpfs=false --cap-drop=ALL --security-opt=no-new-privileges
  --user=65532:65532 --memory=$memory --memory-swap=$memory --ulimit=nofile=4096:4096
  --ulimit=nproc=4096:4096"

# Starts it without any network but loopback, and sets `container`.
start() { # options of podman run, arguments of the exporter…
  options=$1
  shift
  # shellcheck disable=SC2086  # words
  if ! container=$(podman run -d --cidfile="$work/$passed.cid" $confined --network=none $options \
    "$image" "$@" 2>"$work/log"); then
    fail "starting it${options:+ with $options}" 'a container' "$(cat "$work/log")"
    return 1
  fi
}

# Runs it to its end, in the container's network.
run() { # arguments of the exporter…
  # shellcheck disable=SC2086  # words
  podman run --rm $confined --network="container:$container" "$image" "$@"
}

# Whether podman can run any container at all on this machine.
can_run() {
  # shellcheck disable=SC2086  # words
  podman run --rm $confined --network=none "$base" true >"$work/log" 2>&1 && return
  skip "running it: podman can't run a container here: $(cat "$work/log")"
  return 1
}

inspect() { # format
  podman inspect -f "$1" "$container"
}

scrape() {
  nsenter -t "$pid" -n curl -fsS http://127.0.0.1:5080/metrics
}

is_up() {
  scrape 2>/dev/null | grep -q '^arkouda_up{.*} 1$'
}

# ------------------------------------------------------------------------------------- the tests

test_settings() {
  of_image() { podman image inspect -f "$1" "$image"; }
  label() { of_image "{{index .Config.Labels \"org.opencontainers.image.$1\"}}"; }
  expect 'runs as 65532:65532' 65532:65532 "$(of_image '{{.Config.User}}')"
  expect 'its entrypoint is the exporter' "[$program]" "$(of_image '{{.Config.Entrypoint}}')"
  expect 'its time is the one that was given' "$epoch" \
    "$(date -d "$(podman image inspect -f '{{.Created.Format "2006-01-02T15:04:05Z07:00"}}' "$image")" +%s)"
  expect 'has no command that arguments would replace' '[]' "$(of_image '{{.Config.Cmd}}')"
  expect 'exposes 5080' 'map[5080/tcp:{}]' "$(of_image '{{.Config.ExposedPorts}}')"
  expect 'is stopped by SIGTERM' SIGTERM "$(of_image '{{.Config.StopSignal}}')"
  expect 'asks the exporter for its health' "[CMD $program --healthcheck]" \
    "$(of_image '{{.Config.Healthcheck.Test}}')"
  expect 'a label has the title' prometheus-arkouda-exporter "$(label title)"
  expect 'a label has the version' "$version" "$(label version)"
  expect 'a label has the revision' "$revision" "$(label revision)"
  expect 'a label has the source' "$source" "$(label source)"
  expect 'a label has the licenses' MIT "$(label licenses)"
  expect 'a label has the description' \
    "$(sed -n 's/^  DESCRIPTION "\(.*\)"$/\1/p' CMakeLists.txt)" "$(label description)"
}

test_content() {
  expect 'the exporter is the only program' "$program" \
    "$(cd "$root" && find . -type f -perm /111 ! -name '*.so*' | sed 's/^\.//')"
  expect 'no shell, no package manager' '' \
    "$(find "$root" -name '*sh' -o -name 'apt*' -o -name 'dpkg-*' -o -name 'busybox*')"
  expect 'nothing of the build' '' "$(find "$root" -name '*.a' -o -name '*.h' -o -name 'sources*')"
  expect 'all of it belongs to root' '' "$(find "$root" ! -user root -o ! -group root)"
  expect 'nothing in it can be written by others' '' "$(find "$root" -perm /022 ! -type l)"
  expect 'nothing in it changes the user' '' "$(find "$root" -perm /6000)"
  expect 'no link leads nowhere' '' "$(find_dangling)"
  expect 'the user has a name' nonroot:x:65532:65532:nonroot:/:/sbin/nologin \
    "$(grep :65532: "$root/etc/passwd")"
}

# Links whose target is not in the image.
find_dangling() {
  find "$root" -type l | while read -r link; do
    case "$(readlink "$link")" in
      /*) target=$root$(readlink "$link") ;;
      *) target=$(dirname "$link")/$(readlink "$link") ;;
    esac
    [ -e "$target" ] || echo "$link"
  done
}

# So that two builds of a commit are the same image.
test_times() {
  expect 'nothing in it is of another time' '' "$(cd "$root" && find . -mindepth 1 \( ! -newermt "@$((epoch - 1))" -o -newermt "@$epoch" \))"
}

test_scanner_metadata() {
  expect_line 'scanners find the distribution' '^VERSION_CODENAME=bookworm$' \
    "$(cat "$root/etc/os-release")"
  expect_line 'and its point release' '^12\.' "$(cat "$root/etc/debian_version")"
  status=$root/var/lib/dpkg/status.d
  incomplete=
  for file in "$status"/*; do
    case "$file" in *.md5sums) continue ;; esac
    package=${file##*/}
    for field in "Package: $package" Version: Architecture: Maintainer:; do
      grep -q "^$field" "$file" || incomplete="$incomplete $package:$field"
    done
    [ -f "$status/$package.md5sums" ] || incomplete="$incomplete $package.md5sums"
    [ -s "$root/usr/share/doc/$package/copyright" ] || incomplete="$incomplete $package:copyright"
  done
  expect 'every package has its paragraph, sums and copyright' '' "$incomplete"
  expect_line 'packages that are headers alone are named, too' 'nlohmann-json3-dev' \
    "$(ls "$status")"
  sed 's/^[^ ]*  //; s/^lib/usr\/lib/' "$status"/*.md5sums | sort >"$work/known"
  (cd "$root" && find usr/lib* -type f -name '*.so*') | sort >"$work/libraries"
  expect 'every library is of a package' '' "$(comm -13 "$work/known" "$work/libraries")"
  expect 'every file is as its package has it' '' \
    "$(cd "$root" && cat var/lib/dpkg/status.d/*.md5sums | md5sum -c --quiet 2>&1)"
}

test_bill_of_materials() {
  bill=$root/usr/share/doc/prometheus-arkouda-exporter/sbom.cdx.json
  expect 'its bill of materials names every package with its version' \
    "$(cd "$root/var/lib/dpkg/status.d" && awk '/^Version: / && FILENAME !~ /md5sums$/ { print FILENAME, $2 }' ./* |
      sed 's/^\.\///' | LC_ALL=C sort)" \
    "$(of_bill '[print(c["name"], c["version"]) for c in components if c["type"] == "library"]' | LC_ALL=C sort)"
  expect 'each has a licence' '' \
    "$(of_bill '[print(c["name"]) for c in components if c["type"] == "library" and not c["licenses"]]')"
  expect 'it is that of this version' "$version $revision $source" \
    "$(of_bill 'print(artefact["version"], artefact["properties"][1]["value"], artefact["externalReferences"][0]["url"])')"
}

of_bill() { # Python
  python3 -c 'import json, sys
bill = json.load(open(sys.argv[1]))
components, artefact = bill["components"], bill["metadata"]["component"]
exec(sys.argv[2])' "$bill" "$1"
}

kib() { # files and folders below the root…
  (cd "$root" && du -ck --apparent-size -- "$@" | sed -n '$s/[^0-9].*//p')
}

test_size() {
  parts=$(cd "$root" && find . -name '*.so*' -type f | sort)
  # shellcheck disable=SC2086  # names without spaces
  {
    program_kib=$(kib ".$program")
    libraries_kib=$(kib $parts)
    zones_kib=$(kib ./usr/share/zoneinfo)
    ca_kib=$(kib ./etc/ssl)
    metadata_kib=$(kib ./var ./usr/share/doc ./usr/share/common-licenses)
    total_kib=$(kib .)
    echo
    echo "Size, KiB"
    printf '  %6d  binary\n  %6d  libraries, of which\n' "$program_kib" "$libraries_kib"
    (cd "$root" && du -k --apparent-size $parts) | sort -rn | sed 's|\./.*/||' |
      while read -r size library; do printf '  %12d  %s\n' "$size" "$library"; done
  }
  printf '  %6d  %s\n' "$zones_kib" 'time zones' "$ca_kib" 'CA certificates' \
    "$metadata_kib" 'metadata of packages, and licences' "$total_kib" 'in all' \
    "$((program_kib + libraries_kib))" 'the floor: the binary, and libraries without which it does not start'
  echo
  if [ "$total_kib" -le "$most_kib" ]; then
    ok "takes at most $((most_kib / 1024)) MiB: $((total_kib / 1024)) MiB"
  else
    fail 'size' "at most $most_kib KiB" "$total_kib KiB"
  fi
}

# With the image's defaults alone: Arkouda on localhost:5556, HTTP on :5080.
test_serving() {
  start '' --polling-interval=1s || return 0
  pid=$(inspect '{{.State.Pid}}')
  nsenter -t "$pid" -n "$simulator" --listen 127.0.0.1:5556 >"$work/simulator" 2>&1 &
  simulator_pid=$!
  if await is_up; then
    ok 'read-only, without capabilities, in the memory of the manifests it says arkouda_up 1'
  else
    fail 'a scrape' 'arkouda_up 1' "$(podman logs "$container" 2>&1)"
    return
  fi
  is_serving=yes
  expect_line 'build_info has version and revision' \
    "revision=\"$revision\",version=\"$version\"" "$(scrape | grep '^arkouda_exporter_build_info{')"
  expect_line '--version has them, too' \
    "^prometheus-arkouda-exporter $version \\(revision $revision, " "$(run --version)"
}

test_confinement() {
  in_status() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status" | tr '\t' ' '; }
  expect 'it is user 65532' '65532 65532 65532 65532' "$(in_status Uid)"
  expect 'it is group 65532' '65532 65532 65532 65532' "$(in_status Gid)"
  expect 'it has no capability' 0000000000000000 "$(in_status CapEff)"
  expect 'it can gain no privilege' 1 "$(in_status NoNewPrivs)"
  expect_line 'its file system is read-only' '^ro(,|$)' \
    "$(awk '$5 == "/" { print $6 }' "/proc/$pid/mountinfo")"
  most=$(in_status VmHWM)
  # bars has it to the tenth. Here a fortieth of it comes and goes with how the kernel has read the image's files,
  # since what it maps of them at once goes by that.
  if [ "${most% kB}" -le $((13 * 1024)) ]; then
    ok "stays within 13 MiB: $most"
  else
    fail 'memory' 'at most 13 MiB resident' "$most"
  fi
}

test_healthcheck() {
  expect 'a healthy exporter' 0 "$(exit_status podman healthcheck run "$container")"
  expect '--healthcheck by exec' 0 "$(exit_status podman exec "$container" "$program" --healthcheck)"
  expect '--healthcheck where nobody listens' 1 \
    "$(exit_status podman exec --env METRICS_SCRAPE_PORT=5081 "$container" "$program" --healthcheck)"
  expect_line 'which says what it asked' \
    'GET http://127.0.0.1:5081/-/healthy: Connection refused; expected' "$(cat "$work/output")"
  kill -STOP "$pid"
  expect 'an exporter that stands still is unhealthy' 1 \
    "$(exit_status podman healthcheck run "$container")"
  kill -CONT "$pid"
  expect 'and healthy again once it goes on' 0 \
    "$(exit_status podman healthcheck run "$container")"
}

exit_status() { # command…
  code=0
  "$@" >"$work/output" 2>&1 || code=$?
  echo "$code"
}

reported() { # time zone
  run --once --arkouda.timezone="$1" 2>/dev/null |
    sed -n 's/^arkouda_reported_timestamp{.*} //p' | awk '{ printf "%d", $1 / 60 }'
}

test_time_zones() {
  # The same clock is read four or five hours later in New York.
  utc=$(reported UTC)
  new_york=$(reported America/New_York)
  expect_line 'time zones by name' '^(24|30)[0-9]$' "$((new_york - utc))"
  expect 'no zone of that name' 2 "$(exit_status run --arkouda.timezone=Mars/Olympus)"
}

test_stopping() {
  # What podman mounts for itself leaves its places in /etc and /run.
  expect 'nothing is written to its file system' '' \
    "$(podman diff "$container" | grep -vE '^[AC] /(etc|run)(/|$)' || true)"
  podman stop -t 10 "$container" >/dev/null
  expect 'SIGTERM ends it with status 0' 0 "$(inspect '{{.State.ExitCode}}')"
  expect_line 'and its log says so' 'msg=stopping signal=SIGTERM' "$(podman logs "$container" 2>&1)"
}

# OpenShift gives every project a user of its own, in group 0.
test_any_user() {
  start --user=1000660000:0 --polling-interval=1s || return 0
  is_healthy() { podman healthcheck run "$container" >/dev/null 2>&1; }
  if await is_healthy; then
    ok 'any other user will do'
  else
    fail 'as user 1000660000' 'healthy' "$(podman logs "$container" 2>&1)"
  fi
}

# A clone whose commit is released to a real registry: that of Debian, on this machine. It has what git knows
# here, so that the layers above are found again.
test_release() {
  if ! command -v docker-registry >/dev/null; then
    skip 'a release: no docker-registry'
    return
  fi
  clone=$work/clone
  mkdir "$clone"
  git ls-files -z --cached --others --exclude-standard | tar --null -T - --ignore-failed-read -c 2>/dev/null |
    tar -C "$clone" -x
  in_clone() { git -C "$clone" -c user.name=Test -c user.email=test@example.invalid "$@"; }
  in_clone init -q
  in_clone add -A
  # Always of the same time: the same files make the same commit, whose image is built once.
  GIT_AUTHOR_DATE=2001-01-01T00:00:00Z GIT_COMMITTER_DATE=2001-01-01T00:00:00Z in_clone commit -q -m 'A release'
  in_clone remote add origin git@git.example.invalid:team/exporter.git
  head=$(in_clone rev-parse --short=12 HEAD)
  project=$(sed -n 's/^  VERSION \([0-9.]*\)$/\1/p' CMakeLists.txt)

  port=$(free_port)
  repository=127.0.0.1:$port/team/prometheus-arkouda-exporter
  cat >"$work/registry.yml" <<CONF
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $work/registry}, maintenance: {uploadpurging: {enabled: false}}}
http: {addr: "127.0.0.1:$port", secret: test}
CONF
  cat >"$work/registries.conf" <<CONF
[[registry]]
location = "127.0.0.1:$port"
insecure = true
CONF
  # Nobody listens yet.
  refused 'a registry that does not answer' "does not say whether it has $repository:$project: " "$repository"
  docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
  registry_pid=$!
  listens() { curl -fsS "http://127.0.0.1:$port/v2/" >/dev/null 2>&1; }
  if ! await listens; then
    fail 'the registry' 'an answer' "$(cat "$work/registry.log")"
    return
  fi

  for wrong in '' "$repository:1" "https://$repository" "team/exporter" "$repository/Exporter" --forced \
    localhost registry.example.com registry.example.com/ "$repository/" "$repository//exporter"; do
    expect "a release to \"$wrong\" is refused" 2 "$(exit_status release ${wrong:+"$wrong"})"
    expect 'in one line' 1 "$(wc -l <"$work/output")"
  done
  echo change >>"$clone/README.md"
  refused 'what is not committed' 'not as in the commit, .*: README.md' "$repository"
  in_clone checkout -q README.md
  in_clone remote remove origin
  refused 'sources that nobody can find' 'SOURCE=https://' "$repository"
  in_clone remote add origin git@git.example.invalid:team/exporter.git
  expect 'nothing is pushed until then' '{"repositories":[]}' "$(catalog)"

  expect 'a release succeeds' 0 "$(exit_status release "$repository")"
  expect_line 'and says under what name' "^Released $repository:$project@sha256:[0-9a-f]{64}$" \
    "$(cat "$work/output")"
  digest=$(sed -n 's/^Released .*@//p' "$work/output")
  expect 'the registry has it by that digest' "$digest" "$(digest_of "$project")"
  podman rmi "$repository:$project" >/dev/null 2>&1
  podman pull -q --tls-verify=false "$repository@$digest" >/dev/null 2>"$work/log" || cat "$work/log"
  pulled() { podman image inspect -f "{{index .Config.Labels \"org.opencontainers.image.$1\"}}" "$repository@$digest"; }
  expect 'pulled, it has the version of CMakeLists.txt' "$project" "$(pulled version)"
  expect 'the commit' "$head" "$(pulled revision)"
  expect 'and its time' 2001-01-01T00:00:00Z "$(podman image inspect \
    -f '{{.Created.Format "2006-01-02T15:04:05Z07:00"}}' "$repository@$digest")"
  expect 'the address of the sources in the web' https://git.example.invalid/team/exporter "$(pulled source)"
  expect 'and its health check' "[CMD $program --healthcheck]" \
    "$(podman image inspect -f '{{.Config.Healthcheck.Test}}' "$repository@$digest")"

  refused 'a version that is there already' "$repository:$project is there already" "$repository"
  expect 'and the one that is there stays' "$digest" "$(digest_of "$project")"
  echo change >>"$clone/README.md"
  expect 'with --force it is replaced' 0 "$(exit_status release --force "$repository")"
  podman pull -q --tls-verify=false "$repository:$project" >/dev/null 2>"$work/log" || cat "$work/log"
  expect 'which the label tells' "$head-dirty" "$(podman image inspect \
    -f '{{index .Config.Labels "org.opencontainers.image.revision"}}' "$repository:$project")"
  podman rmi -f "$(podman image inspect -f '{{.Id}}' "$repository:$project")" >/dev/null 2>&1 || true
}

release() { # arguments
  CONTAINERS_REGISTRIES_CONF=$work/registries.conf BUILDER=buildah BASE=$base sh "$clone/deploy/image/release.sh" "$@"
}

refused() { # what, extended regular expression, arguments of release…
  what=$1
  pattern=$2
  shift 2
  expect "$what is refused" 1 "$(exit_status release "$@")"
  expect_line 'with a word on it' "^release.sh: .*$pattern" "$(cat "$work/output")"
  expect 'in one line' 1 "$(wc -l <"$work/output")"
}

catalog() {
  curl -fsS "http://127.0.0.1:$port/v2/_catalog"
}

digest_of() { # tag
  curl -fsSI -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' \
    "http://127.0.0.1:$port/v2/team/prometheus-arkouda-exporter/manifests/$1" |
    tr -d '\r' | sed -n 's/^Docker-Content-Digest: //Ip'
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# ------------------------------------------------------------------------------------- the whole

if [ "$(id -u)" -ne 0 ]; then
  skip "all of it: not root, which a build without a daemon and a look into the container need"
  summary
  exit
fi
sh deploy/local/install-dependencies.sh image
# Runs at the same time share the build folder and the cache, and prepare one after the other.
mkdir -p build
exec 9>build/image-test.lock
flock -w 1800 9
cmake --preset release >/dev/null
cmake --build --preset release --target arkouda-metrics-simulator >/dev/null
simulator=build/release/test/simulator/arkouda-metrics-simulator

# What asks for the health is this test, not systemd's timers.
export CONTAINERS_CONF="$PWD/test/image/containers.conf" DISABLE_HC_SYSTEMD=true

if ! base=$(sh test/image/debian.sh); then
  skip "all of it: Debian's image can neither be pulled nor made, see above"
  summary
  exit
fi
if ! build_image; then
  cat "$work/log"
  fail 'building the image' 'an image' 'the log above'
  summary
  exit
fi
ok "it is built on $base, and its unit tests pass"
exec 9>&-
mounted=yes
root=$(podman image mount "$image")

test_settings
test_content
test_times
test_scanner_metadata
test_bill_of_materials
test_size
if can_run; then test_serving; fi
if [ -n "$is_serving" ]; then
  test_confinement
  test_healthcheck
  test_time_zones
  test_stopping
  test_any_user
fi
test_release
summary
