# shellcheck shell=sh
# What the scripts of this folder share: how they read their options and variables, check them, and say
# what is wrong. A script calls
#   read_options SUMMARY OPTIONS "$@"
# and then a row for each of its variables, which may stand in a table of their own:
#   required PARAMETER VARIABLES CHECK EXAMPLE PURPOSE
#   optional PARAMETER VARIABLES CHECK DEFAULT PURPOSE
#   extra    PARAMETER VARIABLES CHECK EXAMPLE PURPOSE    left out where it is not set
# and then check_settings, which ends the script when a value is missing or wrong. Of several VARIABLES the
# first that is set counts. A DEFAULT that begins with ARKOUDA_INSTANCE_NAME begins with its value. What a row
# has taken is in $parameters, and in a variable named after the parameter, with underscores, so that the
# check of a row can depend on the rows before it. A check may set $taken to what the workflow takes in place of
# the value, and $note to a line that says so.
# shellcheck disable=SC2034,SC2154  # what rows set, the scripts read

# The ranges of the checks' patterns are those of ASCII.
export LC_ALL=C

program=${0##*/}
newline='
'
carriage_return=$(printf '\r')
# Patterns of what nobody sees in a value, or takes for something else.
control=$(printf '[\001-\037\177]')
curly_quote=$(printf '\342\200[\230-\237]')
dash=$(printf '\342\200[\220-\225]')
no_break_space=$(printf '\302\240')
options=     # those given, each between spaces
help=        # not empty: only that is asked for
problems=    # a line each
notes=       # a line each
parameters=  # a list in YAML
longest_shown=100
path='a slash and letters, digits and . _ / -, without two dots or two slashes one after the other'
# What later rows depend on; empty where it is missing or wrong.
arkouda_namespace=
arkouda_instance_name=
arkouda_number_of_locales=
arkouda_user=
arkouda_group=
memory=

fail() { # status message
  printf '%s: %s\n' "$program" "$2" >&2
  exit "$1"
}

has_option() { # option
  case $options in *" $1 "*) ;; *) return 1 ;; esac
}

read_options() { # summary known-options argument…
  summary=$1
  known=$2
  shift 2
  for argument in "$@"; do
    case $argument in
      -h) argument=--help ;;
      -w) argument=--wait ;;
    esac
    for option in $known --help ''; do
      [ "$argument" != "$option" ] || break
    done
    [ -n "$option" ] || fail 2 "unknown argument $(quoted "$argument"): sh $0 --help lists the arguments"
    options="$options $option "
  done
  if has_option --help; then
    help=yes
    printf 'Usage: sh %s' "$program"
    # shellcheck disable=SC2086  # a list of words
    printf ' [%s]' $known --help
    printf '\n\n%s\n\n' "$summary"
    printf 'Variables (an empty one counts as not set):\n'
  fi
}

required() { row required "$@"; }
optional() { row optional "$@"; }
extra() { row extra "$@"; }

row() { # kind parameter variables check example-or-default purpose
  names=$3
  example=$5
  if [ -n "$help" ]; then
    describe "$@"
    return
  fi
  case $example in
    ARKOUDA_INSTANCE_NAME*) example=${arkouda_instance_name:-arkouda-on-k8s}${5#ARKOUDA_INSTANCE_NAME} ;;
  esac
  for name in $names; do
    eval "value=\${$name-}"
    [ -z "$value" ] || break
  done
  about="$6 (example: $example)"
  by_default=
  if [ "$1" = optional ]; then
    about="$6 (default: $example)"
    # Checked as well: a default may not fit the rows before it.
    [ -n "$value" ] || value=$example by_default=', its default'
  fi
  if [ -z "$value" ]; then
    [ "$1" = extra ] || problem "$(echo "$names" | sed 's/ / or /g') is not set: $about"
  elif taken=$value note='' && "$4" "$value"; then
    take "$2" "$taken"
    [ -z "$note" ] || notes="$notes$program: $name $note$newline"
  else
    slip=$(slip_in "$4" "$value")
    problem "$name must be $(wanted_by "$4"): $about; got $(quoted "$value")$by_default${slip:+: $slip}"
  fi
}

describe() { # as row
  printf '\n  %s\n      %s' "$(echo "$names" | sed 's/ /, also /g')" "$6"
  case $1 in
    required) printf ' (required; example: %s)\n' "$example" ;;
    optional) printf ' (default: %s)\n' "$example" ;;
    extra) printf ' (example: %s)\n' "$example" ;;
  esac
}

problem() { # line
  problems="$problems  $1$newline"
}

# A value for a message, on one line in which nothing hides: anything that is not printable ASCII is escaped,
# as a code point or, where it is not UTF-8, as a byte, and a long value is cut.
quoted() { # value
  # shellcheck disable=SC1003  # no quotes are meant
  case $1 in *[!\ -~]* | *[\\\"]*) ;; *) [ ${#1} -gt "$longest_shown" ] || { echo "\"$1\"" && return; } ;; esac
  end='"'
  [ ${#1} -le "$longest_shown" ] || end="\"... (${#1} bytes)"
  form= # of printf, in octal
  # shellcheck disable=SC2046  # a byte each, in hexadecimal
  set -- $(printf '%s' "$1" | od -A n -v -t x1 -N "$longest_shown")
  while [ $# -gt 0 ]; do
    length=1
    case $1${2-}${3-}${4-} in
      09*) form=$form'\\t' ;;
      0a*) form=$form'\\n' ;;
      0d*) form=$form'\\r' ;;
      25*) form=$form%% ;;
      22* | 5c*) form=$form"\\\\\\"$((0x$1 >> 6))$((0x$1 >> 3 & 7))$((0x$1 & 7)) ;;
      [2-6]?* | 7[!f]*) form=$form"\\"$((0x$1 >> 6))$((0x$1 >> 3 & 7))$((0x$1 & 7)) ;;
      c[2-9a-f][89ab]?* | d?[89ab]?*) length=2 code=$(((0x$1 & 31) << 6 | 0x$2 & 63)) ;;
      e0[ab]?[89ab]?* | e[1-9a-cef][89ab]?[89ab]?* | ed[89]?[89ab]?*)
        length=3 code=$(((0x$1 & 15) << 12 | (0x$2 & 63) << 6 | 0x$3 & 63))
        ;;
      f0[9ab]?[89ab]?[89ab]?* | f[123][89ab]?[89ab]?[89ab]?* | f48?[89ab]?[89ab]?*)
        length=4 code=$(((0x$1 & 7) << 18 | (0x$2 & 63) << 12 | (0x$3 & 63) << 6 | 0x$4 & 63))
        ;;
      *) form=$form'\\x'$1 ;;
    esac
    case $length in
      2 | 3) form=$form$(printf '\\\\u%04x' "$code") ;;
      4) form=$form$(printf '\\\\U%08x' "$code") ;;
    esac
    shift "$length"
  done
  # shellcheck disable=SC2059  # made above, of nothing but escapes
  printf "\"$form%s\\n" "$end"
}

take() { # parameter value
  # Without tr, which would have to be started for each row.
  variable=$1
  while [ "$variable" != "${variable#*-}" ]; do
    variable=${variable%%-*}_${variable#*-}
  done
  eval "$variable=\$2"
  text=$2
  case $2 in *[\\\"]*) text=$(printf '%s' "$2" | sed 's/[\\"]/\\&/g') ;; esac
  parameters="$parameters- name: $1$newline  value: \"$text\"$newline"
}

check_settings() {
  [ -z "$help" ] || exit 0
  if [ -z "$problems" ]; then
    printf '%s' "$notes" >&2
    return
  fi
  echo "$program: nothing was done, because these variables are missing or wrong:" >&2
  printf '%s' "$problems" >&2
  exit 2
}

# ------------------------------------------------------------------------------------------ checks
# None accepts a quote, a space, a brace, a newline or anything that is not ASCII, because the workflows put
# the values into objects and scripts. The exception is the label, which is two words.

wanted_by() { # check
  case $1 in
    is_dns_label) echo 'at most 63 lower-case letters, digits and hyphens, no hyphen first or last' ;;
    is_service_name) echo 'at most 63 lower-case letters, digits and hyphens, a letter first, no hyphen last' ;;
    is_free_service_name) echo "$(wanted_by is_service_name), but not ${arkouda_instance_name:-ARKOUDA_INSTANCE_NAME} by itself or followed by -metrics, -server-ssh, -server-headless, -locale-ssh or -locale-headless, which are Arkouda's own Services" ;;
    is_instance_name) echo 'at most 46 lower-case letters, digits and hyphens, a letter first, no hyphen last' ;;
    is_object_name) echo 'at most 253 lower-case letters, digits, hyphens and dots, each dot between letters or digits' ;;
    is_label_value) echo 'at most 63 letters, digits, hyphens, underscores and dots, a letter or digit at both ends' ;;
    is_image_tag)
      wanted_by is_label_value
      ;;
    is_match_label) echo 'KEY: VALUE with one colon and one space, a label that the ServiceMonitor does not have already, with a value such as true or 1 in double quotes' ;;
    is_count) echo 'an integer from 1 to 2147483647' ;;
    is_one_more_than_locales) echo "${arkouda_number_of_locales:+$((arkouda_number_of_locales + 1)), which is }ARKOUDA_NUMBER_OF_LOCALES plus one" ;;
    is_bytes_of_memory)
      most=$(bytes_of "$memory")
      echo "an integer from 1 to ${most:-999999999999999999}${most:+, which is ARKOUDA_MEMORY}"
      ;;
    is_uid)
      case $arkouda_user in
        ubuntu) echo '1000, which the user ubuntu has in the image' ;;
        *) echo "an integer from 1 to 4294967294${arkouda_user:+, but not 1000, which the user ubuntu has in the image}" ;;
      esac
      ;;
    is_gid)
      case $arkouda_group in
        ubuntu) echo '1000, which the group ubuntu has in the image' ;;
        *) echo 'an integer from 1 to 4294967294' ;;
      esac
      ;;
    is_port) echo 'an integer from 1 to 65535' ;;
    is_free_port) echo 'an integer from 1 to 65535, but not 22, 5080 or 5555, which the pod uses already' ;;
    is_seconds) echo 'an integer from 1 to 86400' ;;
    is_cpu) echo 'a number of cores with at most three decimals, or of thousandths of a core followed by m' ;;
    is_memory) echo 'a number of bytes, by itself or with a unit: Ki, Mi, Gi, Ti, Pi, Ei, k, M, G, T, P or E' ;;
    is_image_without_tag) echo 'the name of an image, with or without a registry, in lower case and without a tag' ;;
    is_host_elsewhere) echo 'a host name or an IP address, without a port, but not of this machine, as localhost' ;;
    is_own_metrics_host) echo "localhost, 127.0.0.1, ::1 or ${arkouda_instance_name:-ARKOUDA_INSTANCE_NAME}-metrics, the Service that Arkouda registers, alone or followed by .${arkouda_namespace:-ARKOUDA_NAMESPACE}, .${arkouda_namespace:-ARKOUDA_NAMESPACE}.svc or .${arkouda_namespace:-ARKOUDA_NAMESPACE}.svc and the domain of the cluster" ;;
    is_url_of_cluster) echo 'a URL: http:// or https://, a host, and if need be a port and a path' ;;
    is_posix_name) echo 'at most 32 letters, digits, dots, underscores and hyphens, a letter or underscore first, but not root' ;;
    is_log_level) echo 'LogLevel.DEBUG, LogLevel.INFO, LogLevel.WARN, LogLevel.ERROR or LogLevel.CRITICAL' ;;
    is_pull_policy) echo 'Always, IfNotPresent or Never' ;;
    is_boolean) echo 'true or false' ;;
    is_pull_secret) echo "the name of a Secret: $(wanted_by is_object_name)" ;;
    is_priority_class) echo "the name of a PriorityClass: $(wanted_by is_object_name)" ;;
    is_node_selector) echo 'KEY=VALUE or KEY=, with commas between several, each a label of a node' ;;
    is_tolerations) echo 'KEY=VALUE:EFFECT or KEY:EFFECT, with commas between several, EFFECT NoSchedule, PreferNoSchedule or NoExecute' ;;
    is_annotations) echo 'KEY=VALUE, with commas between several, VALUE of letters, digits and . _ : / @ + -' ;;
    is_volume) echo "the name of a claim, or a path: $path" ;;
    is_mount_path) echo "$path; and not what the pods have already: the folders of the system, /opt/arkouda, /opt/arkouda-contrib, /opt/arkouda-launch, /opt/sa, the homes of ubuntu and ARKOUDA_USER, and what these are in" ;;
  esac
}

is_dns_label() {
  case $1 in '' | *[!a-z0-9-]* | -* | *-) return 1 ;; esac
  [ ${#1} -le 63 ]
}

is_service_name() {
  case $1 in [a-z]*) is_dns_label "$1" ;; *) return 1 ;; esac
}

# Not the name of a Service that Arkouda registers or the workflow makes.
is_free_service_name() {
  for suffix in '' -metrics -server-ssh -server-headless -locale-ssh -locale-headless; do
    [ "$1" != "$arkouda_instance_name$suffix" ] || return 1
  done
  is_service_name "$1"
}

# The longest name of a Service that begins with it ends with -metrics-exporter.
is_instance_name() {
  is_service_name "$1" && [ ${#1} -le 46 ]
}

is_object_name() {
  case $1 in '' | *[!a-z0-9.-]* | [.-]* | *[.-] | *..* | *.-* | *-.*) return 1 ;; esac
  [ ${#1} -le 253 ]
}

is_label_value() {
  case $1 in '' | *[!A-Za-z0-9._-]* | [._-]* | *[._-]) return 1 ;; esac
  [ ${#1} -le 63 ]
}

is_label_value_or_nothing() {
  [ -z "$1" ] || is_label_value "$1"
}

# The workflow puts it as a line of YAML among the labels that all our ServiceMonitors have.
is_match_label() {
  case $1 in
    *': '*) is_new_label_key "${1%%: *}" && is_label_value_in_yaml "${1#*: }" ;;
    *) return 1 ;;
  esac
}

is_new_label_key() {
  case $1 in
    app.kubernetes.io/name | app.kubernetes.io/instance | app.kubernetes.io/component) return 1 ;;
    app.kubernetes.io/part-of | app.kubernetes.io/managed-by | app.kubernetes.io/version) return 1 ;;
    arkouda_instance | launcher) return 1 ;;
    */*) is_object_name "${1%%/*}" && is_label_value "${1#*/}" ;;
    *) is_label_value "$1" && is_text_in_yaml "$1" ;;
  esac
}

is_label_value_in_yaml() {
  case $1 in
    \"*\")
      set -- "${1#?}"
      is_label_value "${1%?}"
      ;;
    *) is_label_value "$1" && is_text_in_yaml "$1" ;;
  esac
}

is_text_in_yaml() { # a label's value
  case $1 in
    [Yy] | [Yy][Ee][Ss] | [Oo][Nn] | [Tt][Rr][Uu][Ee]) return 1 ;;
    [Nn] | [Nn][Oo] | [Oo][Ff][Ff] | [Ff][Aa][Ll][Ss][Ee] | [Nn][Uu][Ll][Ll]) return 1 ;;
    [A-Za-z]*) ;;
    *) return 1 ;;
  esac
}

is_integer() { # least most value
  case $3 in '' | *[!0-9]* | 0?*) return 1 ;; esac
  # More digits than the shell can count with are not compared.
  [ ${#3} -le ${#2} ] && [ "$3" -ge "$1" ] && [ "$3" -le "$2" ]
}

is_count() { is_integer 1 2147483647 "$1"; }
is_id() { is_integer 1 4294967294 "$1"; } # 0 is root's
is_port() { is_integer 1 65535 "$1"; }
is_seconds() { is_integer 1 86400 "$1"; } # that is the exporter's longest interval

# The image's user ubuntu has 1000, and nobody else can have that.
is_uid() {
  case $arkouda_user:$1 in
    :* | ubuntu:1000) ;;
    ubuntu:* | *:1000) return 1 ;;
  esac
  is_id "$1"
}

# Several groups may have the same number.
is_gid() {
  case $arkouda_group:$1 in
    ubuntu:1000) ;;
    ubuntu:*) return 1 ;;
  esac
  is_id "$1"
}

# A pod is one locale. What it uses beyond its memory, it is killed for.
is_bytes_of_memory() {
  most=$(bytes_of "$memory")
  is_integer 1 "${most:-999999999999999999}" "$1" || return 1
}

# Three ports are taken: by SSH, the exporter and Arkouda's clients.
is_free_port() {
  case $1 in
    22 | 5080 | 5555) return 1 ;;
    *) is_port "$1" ;;
  esac
}

is_one_more_than_locales() {
  if [ -n "$arkouda_number_of_locales" ]; then
    [ "$1" = "$((arkouda_number_of_locales + 1))" ]
  else
    is_count "$1"
  fi
}

is_positive_decimal() {
  case $1 in
    *[!0-9.]* | .* | *. | *.*.*) return 1 ;;
    *[1-9]*) [ ${#1} -le 18 ] ;;
    *) return 1 ;;
  esac
}

# Kubernetes counts in thousandths.
is_cpu() {
  case $1 in
    *.*m | *.????*) return 1 ;;
    *) is_positive_decimal "${1%m}" ;;
  esac
}

# Without m, as Kubernetes would take 2048m for two bytes.
is_memory() {
  case $1 in
    *[KMGTPE]i) is_positive_decimal "${1%??}" ;;
    *[kMGTPE]) is_positive_decimal "${1%?}" ;;
    *) is_positive_decimal "$1" ;;
  esac
}

# The whole bytes of a memory that is right; nothing where they have more than 18 digits, or it is in the
# largest unit, with which the shell can't multiply.
bytes_of() { # memory
  number=${1%%[!0-9.]*}
  whole=${number%%.*}
  case ${1#"$number"} in
    '') unit=1 ;;
    k) unit=1000 ;;
    M) unit=1000000 ;;
    G) unit=1000000000 ;;
    T) unit=1000000000000 ;;
    P) unit=1000000000000000 ;;
    Ki) unit=$((1 << 10)) ;;
    Mi) unit=$((1 << 20)) ;;
    Gi) unit=$((1 << 30)) ;;
    Ti) unit=$((1 << 40)) ;;
    Pi) unit=$((1 << 50)) ;;
    *) return 0 ;;
  esac
  while :; do
    case $whole in 0?*) whole=${whole#0} ;; *) break ;; esac
  done
  [ -n "$whole" ] && [ "$whole" -lt $((999999999999999999 / unit)) ] || return 0
  bytes=0
  case $number in
    *.*)
      # From its last digit to its first, so that nothing is rounded twice.
      decimals=${number#*.}
      while [ -n "$decimals" ]; do
        bytes=$(((unit * ${decimals#"${decimals%?}"} + bytes) / 10))
        decimals=${decimals%?}
      done
      ;;
  esac
  echo $((whole * unit + bytes))
}

# Of the tags of images those that can be a label's value, too: it is in app.kubernetes.io/version.
is_image_tag() {
  is_label_value "$1"
}

# Its tag is a parameter of its own. Registries have no capital letters in what follows their own name.
is_image_without_tag() {
  [ ${#1} -le 255 ] || return 1
  if has_registry "$1"; then
    is_registry "${1%%/*}" || return 1
    set -- "${1#*/}"
  fi
  case $1 in '' | *[!a-z0-9._/-]* | [!a-z0-9]* | *[!a-z0-9] | *//*) return 1 ;; esac
}

has_registry() { # image
  case $1 in */*) ;; *) return 1 ;; esac
  case ${1%%/*} in *[.:]* | localhost) ;; *) return 1 ;; esac
}

is_registry() {
  case $1 in *:*) is_port "${1#*:}" || return 1 ;; esac
  is_host_name "${1%%:*}"
}

# By the exporter's rules (common/host_port.cc): it would end at once with what is refused here.
is_host() {
  case $1 in
    \[*\])
      set -- "${1#?}"
      is_address_in_zone "${1%?}"
      ;;
    *:*) is_address_in_zone "$1" ;;
    *) is_host_name "$1" ;;
  esac
}

# Another than the exporter's own pod, which would ask itself.
is_host_elsewhere() {
  is_host "$1" || return 1
  set -- "${1#[}"
  ! is_this_machine "${1%]}"
}

is_host_name() { # or an IPv4 address
  set -- "${1%.}"
  case $1 in '' | *[!A-Za-z0-9._-]* | [!A-Za-z0-9]* | *[.-] | *..* | *.-* | *-.*) return 1 ;; esac
  [ ${#1} -le 253 ] || return 1
  set -- "$1."
  while [ -n "$1" ]; do
    set -- "${1#*.}" "${1%%.*}"
    [ ${#2} -le 63 ] || return 1
  done
}

is_address_in_zone() { # ADDRESS%ZONE, or an address alone
  case $1 in
    *%*)
      set -- "${1%%[%]*}" "${1#*[%]}"
      case $2 in '' | *[!A-Za-z0-9._-]*) return 1 ;; esac
      [ ${#2} -le 15 ] || return 1
      ;;
  esac
  is_ipv6_address "$1"
}

# Eight groups of one to four digits. The last two may be an IPv4 address, and :: stands for those that are
# missing, one or more.
is_ipv6_address() {
  case $1 in
    *[!0-9A-Fa-f:.]* | *:::* | *::*::* | :[!:]* | *[!:]:) return 1 ;;
    *:*) [ ${#1} -le 45 ] || return 1 ;;
    *) return 1 ;;
  esac
  case $1 in
    *.*)
      is_ipv4_address "${1##*:}" || return 1
      set -- "${1%:*}:0:0"
      ;;
  esac
  case $1 in *.* | *[!:][!:][!:][!:][!:]*) return 1 ;; esac
  set -- "$1" "$1:" 0 # the third counts the groups of the second
  while [ -n "$2" ]; do
    case $2 in
      :*) set -- "$1" "${2#:}" "$3" ;;
      *) set -- "$1" "${2#*:}" $(($3 + 1)) ;;
    esac
  done
  case $1 in
    *::*) [ "$3" -le 7 ] ;;
    *) [ "$3" -eq 8 ] ;;
  esac
}

is_ipv4_address() {
  case $1 in
    *.*.*.*.*) return 1 ;;
    *.*.*.*) set -- "$1." ;;
    *) return 1 ;;
  esac
  while [ -n "$1" ]; do
    set -- "${1#*.}" "${1%%.*}"
    is_integer 0 255 "$2" || return 1
  done
}

# That the exporter, in the server's pod, has Arkouda's metrics at: the pod itself, or the Service that Arkouda
# registers. Nothing would ever answer at another.
is_own_metrics_host() {
  case $1 in localhost | 127.0.0.1 | ::1 | '[::1]') return 0 ;; esac
  is_host_name "$1" || return 1
  { [ -n "$arkouda_instance_name" ] && [ -n "$arkouda_namespace" ]; } || return 0
  set -- "${1%.}" "$arkouda_instance_name-metrics" "$arkouda_namespace"
  case $1 in "$2" | "$2.$3" | "$2.$3.svc" | "$2.$3.svc".*) ;; *) return 1 ;; esac
}

is_url() {
  case $1 in
    http://* | https://*) set -- "${1#*://}" ;;
    *) return 1 ;;
  esac
  set -- "${1%%/*}" "${1#"${1%%/*}"}"
  case $2 in *[!A-Za-z0-9._~%/-]*) return 1 ;; esac
  case $1 in
    \[*\]:*) is_port "${1##*\]:}" && set -- "${1%:*}" ;;
    \[*) ;;
    *:*) is_port "${1#*:}" && set -- "${1%%:*}" ;;
  esac || return 1
  case $1 in
    \[*\])
      set -- "${1#?}"
      is_ipv6_address "${1%?}"
      ;;
    *) is_host_name "$1" ;;
  esac
}

# kubectl cluster-info prints an address of this machine for a cluster that is on it, where a pod would find
# itself alone.
is_url_of_cluster() {
  is_url "$1" || return 1
  is_here "$1" || return 0
  taken=https://kubernetes.default.svc
  note="is $1, where a pod finds only itself: $taken is taken instead"
}

is_here() { # a URL that is_url has let through
  set -- "${1#*://}"
  set -- "${1%%/*}"
  case $1 in
    \[*) set -- "${1%%]*}" ;;
    *) set -- "${1%%:*}" ;;
  esac
  is_this_machine "${1#[}"
}

is_this_machine() { # a host that is_host has let through, without brackets
  set -- "${1%%[%]*}"
  case ${1%.} in
    [Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt] | *.[Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt]) ;;
    # As Linux distributions call it in /etc/hosts.
    localhost.localdomain | localhost[46] | localhost[46].localdomain[46] | ip6-localhost | ip6-loopback) ;;
    127.* | 0.0.0.0) is_ipv4_address "$1" ;;
    # 127.0.0.0/8 in IPv6, in decimal or hexadecimal.
    *:[Ff][Ff][Ff][Ff]:127.*) has_nothing_but_zeros "${1%:????:127.*}" ;;
    *:[Ff][Ff][Ff][Ff]:7[Ff]??:*) has_nothing_but_zeros "${1%:????:7???:*}" ;;
    *:1 | *:01 | *:001 | *:0001) has_nothing_but_zeros "${1%:*}" ;;
    *:*) has_nothing_but_zeros "$1" ;;
    *) return 1 ;;
  esac
}

has_nothing_but_zeros() { # part of an IPv6 address
  case $1 in *[!0:]*) return 1 ;; esac
}

is_posix_name() {
  case $1 in '' | *[!A-Za-z0-9._-]* | [0-9.-]* | root) return 1 ;; esac
  [ ${#1} -le 32 ]
}

is_log_level() {
  case $1 in
    LogLevel.DEBUG | LogLevel.INFO | LogLevel.WARN | LogLevel.ERROR | LogLevel.CRITICAL) ;;
    *) return 1 ;;
  esac
}

is_pull_policy() {
  case $1 in Always | IfNotPresent | Never) ;; *) return 1 ;; esac
}

is_boolean() {
  case $1 in true | false) ;; *) return 1 ;; esac
}

# What follows says what the workflow takes: a line of YAML.

is_pull_secret() {
  is_object_name "$1" && taken="imagePullSecrets: [{\"name\": \"$1\"}]"
}

is_priority_class() {
  is_object_name "$1" && taken="priorityClassName: \"$1\""
}

is_qualified_name() { # the key of a label, a taint or an annotation
  case $1 in
    */*) is_object_name "${1%%/*}" && is_label_value "${1#*/}" ;;
    *) is_label_value "$1" ;;
  esac
}

is_node_selector() {
  each_of "$1" is_node_label && taken="nodeSelector: {$items}"
}

is_tolerations() {
  each_of "$1" is_toleration && taken="tolerations: [$items]"
}

is_annotations() {
  each_of "$1" is_annotation && taken="annotations: {$items}"
}

# Calls a check for each part between commas; what it leaves in $item is collected in $items. None may be there
# twice, in which YAML has the last word.
each_of() { # parts check
  items=
  set -- "$1," "$2" ' '
  while [ -n "$1" ]; do
    "$2" "${1%%,*}" || return 1
    items="$items${items:+, }$item"
    case $3 in *" $what "*) return 1 ;; esac
    set -- "${1#*,}" "$2" "$3$what "
  done
}

# Those that say a node's role have no value: node-role.kubernetes.io/worker=
is_node_label() {
  case $1 in *=*) ;; *) return 1 ;; esac
  is_qualified_name "${1%%=*}" && is_label_value_or_nothing "${1#*=}" && item="\"${1%%=*}\": \"${1#*=}\"" what=${1%%=*}
}

is_annotation() {
  case $1 in *=*) ;; *) return 1 ;; esac
  case ${1#*=} in '' | *[!A-Za-z0-9._:/@+-]*) return 1 ;; esac
  is_qualified_name "${1%%=*}" && item="\"${1%%=*}\": \"${1#*=}\"" what=${1%%=*}
}

is_toleration() {
  case $1 in *:NoSchedule | *:PreferNoSchedule | *:NoExecute) ;; *) return 1 ;; esac
  what=$1
  set -- "${1%:*}" "${1##*:}"
  item="\"key\": \"${1%%=*}\", \"effect\": \"$2\""
  case $1 in
    *=*) is_label_value_or_nothing "${1#*=}" && item="{$item, \"value\": \"${1#*=}\"}" ;;
    *) item="{$item, \"operator\": \"Exists\"}" ;;
  esac && is_qualified_name "${1%%=*}"
}

is_volume() {
  case $1 in
    /*) is_path "$1" && taken="hostPath: {\"path\": \"$1\"}" ;;
    *) is_object_name "$1" && taken="persistentVolumeClaim: {\"claimName\": \"$1\"}" ;;
  esac
}

is_path() {
  case $1 in /?*) ;; *) return 1 ;; esac
  case $1 in *[!A-Za-z0-9._/-]* | *//* | *..*) return 1 ;; esac
}

# What the pods have there would be hidden. And into the homes they install keys, which would replace those that
# somebody has in the volume.
is_mount_path() {
  is_path "$1" || return 1
  case ${1%/}/ in
    /bin/* | /boot/* | /dev/* | /etc/* | /lib/* | /lib32/* | /lib64/* | /proc/* | /root/* | /run/* | /sbin/* | /sys/* | /usr/*) return 1 ;;
    /home/ | /opt/ | /tmp/ | /var/) return 1 ;;
    /opt/arkouda/* | /opt/arkouda-contrib/* | /opt/arkouda-launch/* | /opt/sa/*) return 1 ;;
    /home/ubuntu/* | /home/"$arkouda_user"/*) return 1 ;;
  esac
}

# ------------------------------------------------------------------------------------------- slips
# What about a value that a check refuses is wrong, where that can be told: the slip that it looks like, else
# the first thing that may not be there. Nothing where the check's own words say it all.

slip_in() { # check value
  # shellcheck disable=SC2254  # patterns
  case $2 in
    *"$carriage_return") echo 'a line of a file with Windows line ends?' ;;
    *"$newline"*) echo 'it has a line break' ;;
    *$control*) echo 'it has a control character' ;;
    ' '* | *' ') echo 'it has a space before or after it' ;;
    *$curly_quote*) echo 'it has curly quotes, as a word processor makes them' ;;
    *$dash*) echo 'it has a dash for a hyphen, as a word processor makes it' ;;
    *$no_break_space*) echo 'it has a no-break space, as a web page has it' ;;
    *[!\ -~]*) echo 'it has a character that is not ASCII' ;;
    \"*\" | \'*\') echo 'it has the quotes in it' ;;
    *\$* | \<*\> | *'{{'*) echo 'a placeholder that was not replaced?' ;;
    *)
      case $1 in
        is_match_label) slip_in_label "$2" ;;
        is_memory) slip_in_memory "$2" ;;
        is_count | is_bytes_of_memory | is_seconds | is_uid | is_gid) slip_in_number "$@" ;;
        is_port | is_free_port | is_one_more_than_locales) slip_in_number "$@" ;;
        is_boolean | is_pull_policy | is_log_level) slip_in_word "$@" ;;
        is_node_selector | is_tolerations | is_annotations) slip_in_list "$@" ;;
        is_volume) case $2 in /*) slip_in_name is_path "$2" ;; *) slip_in_name is_object_name "$2" ;; esac ;;
        is_host_elsewhere) if is_host "$2"; then echo 'a pod finds only itself there'; else slip_in_name "$@"; fi ;;
        is_mount_path) if is_path "$2"; then echo 'the pods have something there'; else slip_in_name is_path "$2"; fi ;;
        *) slip_in_name "$@" ;;
      esac
      ;;
  esac
}

slip_in_label() { # value
  case $1 in
    *:*:*) echo 'it has more than one colon' ;;
    *=*) echo 'it has = in place of a colon and a space' ;;
    *' :'*) echo 'it has a space before the colon' ;;
    *:'  '*) echo 'it has more than one space after the colon' ;;
    *': '*)
      key=${1%%: *}
      value=${1#*: }
      if ! is_label_value "${key#*/}"; then
        printf '%s\n' "its key $(quoted "$key") is not that of a label"
      elif ! is_new_label_key "$key"; then
        case $key in
          */*) printf '%s\n' "its key $(quoted "$key") is not that of a label, or is one that the ServiceMonitor has" ;;
          *) printf '%s\n' "its key $(quoted "$key") is not text in YAML" ;;
        esac
      elif is_label_value "$value"; then
        echo "its value is not text in YAML: $key: \"$value\"?"
      else
        printf '%s\n' "its value $(quoted "$value") is not that of a label"
      fi
      ;;
    *:) echo 'it has nothing after the colon' ;;
    *:*) echo 'it has no space after the colon' ;;
    *) echo 'it has no colon' ;;
  esac
}

# Of units as people write them, the two that they may mean.
slip_in_memory() { # value
  number=${1%%[!0-9.]*}
  unit=${1#"$number"}
  unit=${unit#" "}
  case $unit in
    [KkMmGgTtPpEe] | [KkMmGgTtPpEe][Ii] | [KkMmGgTtPpEe][Bb] | [KkMmGgTtPpEe][Ii][Bb])
      if is_positive_decimal "$number"; then
        case $unit in
          [Kk]*) echo "$number""Ki, or $number""k, which is less?" ;;
          [Mm]*) echo "$number""Mi, or $number""M, which is less?" ;;
          [Gg]*) echo "$number""Gi, or $number""G, which is less?" ;;
          [Tt]*) echo "$number""Ti, or $number""T, which is less?" ;;
          [Pp]*) echo "$number""Pi, or $number""P, which is less?" ;;
          *) echo "$number""Ei, or $number""E, which is less?" ;;
        esac
        return
      fi
      ;;
  esac
  slip_in_name is_memory "$1"
}

slip_in_number() { # check value
  case $2 in
    -[0-9]*) echo 'it is negative' && return ;;
    0[0-9]*) echo 'it begins with 0' && return ;;
  esac
  case $1:$2 in
    is_uid:0 | is_gid:0) echo "that is root's" ;;
    is_[ug]id:[A-Za-z_]*) echo 'a name in place of its number?' ;;
    is_seconds:*[0-9]s) echo 'it has a unit' ;;
    is_bytes_of_memory:[0-9]*[BEGKMPTgikmb])
      if is_memory "$2"; then
        plain=$(bytes_of "$2")
        echo "it has a unit${plain:+: $plain?}"
      else
        echo 'it has a unit'
      fi
      ;;
    *) slip_in_name "$@" ;;
  esac
}

slip_in_word() { # check value
  case $1:${2##*.} in
    is_boolean:[Tt][Rr][Uu][Ee] | is_boolean:[Yy] | is_boolean:[Yy][Ee][Ss] | is_boolean:[Oo][Nn] | is_boolean:1) echo 'true?' ;;
    is_boolean:[Ff][Aa][Ll][Ss][Ee] | is_boolean:[Nn] | is_boolean:[Nn][Oo] | is_boolean:[Oo][Ff][Ff] | is_boolean:0) echo 'false?' ;;
    is_pull_policy:[Aa][Ll][Ww][Aa][Yy][Ss]) echo 'Always?' ;;
    is_pull_policy:[Ii][Ff][Nn][Oo][Tt][Pp][Rr][Ee][Ss][Ee][Nn][Tt]) echo 'IfNotPresent?' ;;
    is_pull_policy:[Nn][Ee][Vv][Ee][Rr]) echo 'Never?' ;;
    is_log_level:[Dd][Ee][Bb][Uu][Gg]) echo 'LogLevel.DEBUG?' ;;
    is_log_level:[Ii][Nn][Ff][Oo]) echo 'LogLevel.INFO?' ;;
    is_log_level:[Ww][Aa][Rr][Nn]) echo 'LogLevel.WARN?' ;;
    is_log_level:[Ee][Rr][Rr][Oo][Rr]) echo 'LogLevel.ERROR?' ;;
    is_log_level:[Cc][Rr][Ii][Tt][Ii][Cc][Aa][Ll]) echo 'LogLevel.CRITICAL?' ;;
  esac
}

# Of the first part that is wrong by itself.
slip_in_list() { # check value
  set -- "$1" "$2,"
  while [ -n "$2" ] && "$1" "${2%%,*}"; do
    set -- "$1" "${2#*,}"
  done
  [ -n "$2" ] || { echo 'it has one of them twice' && return; }
  part=${2%%,*}
  case $part in
    '') echo 'it has a comma too many' && return ;;
    *' '*) echo 'it has a space' && return ;;
  esac
  case $1 in
    is_tolerations)
      case $part in
        *:NoSchedule | *:PreferNoSchedule | *:NoExecute) part=${part%:*} ;;
        *) printf '%s\n' "$(quoted "$part") does not end with one of these effects" && return ;;
      esac
      ;;
    *) case $part in *=*) ;; *) printf '%s\n' "$(quoted "$part") has no =" && return ;; esac ;;
  esac
  if ! is_qualified_name "${part%%=*}"; then
    printf '%s\n' "its key $(quoted "${part%%=*}") is not that of $(kind_of_key "$1")"
  else
    printf '%s\n' "its value $(quoted "${part#*=}") is not that of $(kind_of_key "$1")"
  fi
}

kind_of_key() { # check
  case $1 in
    is_node_selector) echo 'a label' ;;
    is_tolerations) echo 'a taint' ;;
    is_annotations) echo 'an annotation' ;;
  esac
}

# The characters that may be in it, first and last; and how many.
slip_in_name() { # check value
  most=
  case $1 in
    is_dns_label) all=a-z0-9- first=a-z0-9 last=a-z0-9 most=63 ;;
    is_service_name | is_free_service_name) all=a-z0-9- first=a-z last=a-z0-9 most=63 ;;
    is_instance_name) all=a-z0-9- first=a-z last=a-z0-9 most=46 ;;
    is_object_name | is_pull_secret | is_priority_class) all=a-z0-9.- first=a-z0-9 last=a-z0-9 most=253 ;;
    is_label_value | is_image_tag) all=A-Za-z0-9._- first=A-Za-z0-9 last=A-Za-z0-9 most=63 ;;
    is_posix_name) all=A-Za-z0-9._- first=A-Za-z_ last=A-Za-z0-9._- most=32 ;;
    is_image_without_tag) all=a-z0-9._:/@- first=a-z0-9 last=a-z0-9 most=255 ;;
    is_host_elsewhere | is_own_metrics_host) all=][A-Za-z0-9._:%- first=][A-Za-z0-9: last=][A-Za-z0-9._:- most=253 ;;
    is_url_of_cluster) all=][A-Za-z0-9._~:/%- first=A-Za-z last=$all ;;
    is_cpu) all=0-9.m first=0-9 last=0-9m ;;
    is_memory) all=0-9.kKMGTPEi first=0-9 last=0-9kMGTPEi ;;
    is_path) all=A-Za-z0-9._/- first=/ last=A-Za-z0-9._/- ;;
    *) all=0-9 first=0-9 last=0-9 ;;
  esac
  case $1:$2 in
    is_url_of_cluster:http://* | is_url_of_cluster:https://*) ;;
    is_url_of_cluster:*) echo 'it does not begin with http:// or https://' && return ;;
    is_*:*://*) echo 'it begins as a URL does' && return ;;
    is_host_elsewhere:*:*:* | is_own_metrics_host:*:*:*) ;;
    is_host_elsewhere:*:[0-9]* | is_own_metrics_host:*:[0-9]*) echo 'it has a port' && return ;;
    is_image_tag:sha256:*) echo 'a digest in place of a tag?' && return ;;
    is_image_tag:*[:/]*) echo 'the tag alone, without the name of the image?' && return ;;
    is_image_without_tag:*[:@]*)
      case ${2##*/} in *[:@]*) echo 'it has a tag or a digest' && return ;; esac
      ;;
  esac
  if [ "$1" = is_image_without_tag ] && has_registry "$2" && is_registry "${2%%/*}"; then
    set -- "$1" "${2#*/}"
    [ -n "$2" ] || { echo 'it has nothing after the registry' && return; }
  fi
  # shellcheck disable=SC2295  # patterns
  strange=${2#"${2%%[!$all]*}"}
  strange=${strange%"${strange#?}"}
  if [ -n "$strange" ]; then
    case $strange:$all in
      ' ':*) echo 'it has a space' ;;
      [A-Z]:a-z*) echo "it has a capital letter, $strange" ;;
      _:a-z*) echo 'it has an underscore: a hyphen?' ;;
      *) printf '%s\n' "it has $(quoted "$strange")" ;;
    esac
    return
  fi
  case $2 in
    [!$first]*) printf '%s\n' "it begins with $(quoted "${2%"${2#?}"}")" ;;
    *[!$last]) printf '%s\n' "it ends with $(quoted "${2#"${2%?}"}")" ;;
    *) [ -z "$most" ] || [ ${#2} -le "$most" ] || echo "it has ${#2} characters" ;;
  esac
}
