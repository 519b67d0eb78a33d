#!/bin/sh
# Looks at what the build makes of the table of flags: the manual page by man and mandoc, the completions by the
# shells that they are for, the file of settings for systemd beside --help. Ends with `N passed, 0 failed`.
#
#   sh test/documents.sh
set -eu
cd "$(dirname "$0")/.."

sh deploy/local/install-dependencies.sh documents
cmake --preset release >/dev/null
cmake --build --preset release --target prometheus-arkouda-exporter documents >/dev/null
# As they are installed: bash and fish find them by the program's name.
installed=$(mktemp -d)
trap 'rm -rf "$installed"' EXIT
cmake --install build/release --prefix "$installed" >/dev/null
program=prometheus-arkouda-exporter
page=$installed/share/man/man1/$program.1
bash_completion=$installed/share/bash-completion/completions/$program
zsh_completions=$installed/share/zsh/vendor-completions
defaults=build/release/exporter/documents/$program.default
fish_completion=$installed/share/fish/vendor_completions.d/$program.fish

passed=0
failed=0

expect() { # what, expected, got
  if [ "$2" = "$3" ]; then
    passed=$((passed + 1))
    echo "ok: $1"
  else
    failed=$((failed + 1))
    printf 'FAILED: %s\n  expected: %s\n  got:      %s\n' "$1" "$2" "$3"
  fi
}

# The last word of a command line, as bash hands it to the completion: it splits words at `=`.
complete_in_bash() { # words…
  bash -c '
    . "$0"
    compopt() { :; }
    COMP_WORDS=("$@") COMP_CWORD=$#
    ((COMP_CWORD--))
    _prometheus_arkouda_exporter
    echo "${COMPREPLY[*]}"' "$bash_completion" "$@"
}

complete_in_fish() { # command-line
  fish --no-config -c "source '$fish_completion'; complete -C '$1'" | cut -f 1 | sort | paste -sd ' '
}

# Presses Tab in a zsh on a terminal of its own, and waits until that shows what is awaited.
complete_in_zsh() { # command-line pattern
  # shellcheck disable=SC2016  # zsh's own
  timeout 30 zsh -f -c '
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell "PS1= TERM=dumb; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D; print REA\"\"DY"
    zpty -r -m shell output "*READY*"
    zpty -w -n shell "$2"$'"'"'\t\t'"'"'
    zpty -r -m shell output "$3" && print found
    zpty -d shell' zsh "$zsh_completions" "$1" "$2" 2>/dev/null || true
}

expect 'mandoc finds nothing in the manual page' '' "$(mandoc -Tlint "$page" 2>&1 || true)"
expect 'man neither' '' "$(man --warnings -l "$page" 2>&1 >/dev/null)"
for flag in $("$installed/bin/$program" --help | sed -n 's/^  --\([a-z.-]*\).*/\1/p'); do
  expect "the page has --$flag" 1 "$(man -l "$page" | col -b | grep -c "^ *--$flag\([=[ ]\|\$\)")"
  expect "bash completes --$flag" yes \
    "$(complete_in_bash x "--$flag" | grep -qw -e "--$flag" && echo yes)"
  expect "fish completes --$flag" yes \
    "$(complete_in_fish "$program --$flag" | grep -qw -e "--$flag" && echo yes)"
done
expect 'the file of settings for systemd says of each flag what --help does' '' \
  "$("$installed/bin/$program" --help | sed -n '/^  --/,$p' | sed '/^  --once$/,$d; s/^/#/' | grep -vxF -f "$defaults")"
expect 'and sets nothing' 'ARGS=""' "$(grep -v -e '^#' -e '^$' "$defaults")"
expect 'shellcheck finds nothing in the completion for bash' '' "$(shellcheck -s bash "$bash_completion" 2>&1)"
expect 'bash offers values' 'debug info warn error' "$(complete_in_bash x --log.level =)"
expect 'and those alone that begin so' json "$(complete_in_bash x --log.format = j)"
expect 'and files' /etc/passwd "$(complete_in_bash x --arkouda.token-file = /etc/passw | tr ' ' '\n' | grep -x /etc/passwd)"
expect 'fish offers values' '--log.level=debug --log.level=error --log.level=info --log.level=warn' \
  "$(complete_in_fish "$program --log.level=")"
expect 'and files' --arkouda.token-file=/etc/passwd \
  "$(complete_in_fish "$program --arkouda.token-file=/etc/passw" | tr ' ' '\n' | grep -x -e --arkouda.token-file=/etc/passwd)"
expect 'zsh offers values' found "$(complete_in_zsh "$program --log.level=" '*debug*error*info*warn*')"
expect 'and flags' found "$(complete_in_zsh "$program --web.tele" '*--web.telemetry-path=*')"

echo
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
