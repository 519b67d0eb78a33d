#!/bin/sh
# Whether a program is built such that a mistake in memory ends it, or leaves less to make of one.
#
#   sh test/hardening_test.sh PROGRAM LIBRARY…
#
# The libraries, archives, are what it is made of: what others compiled is in the program, too.
set -eu
program=$1
shift

header=$(readelf -hW "$program")
segments=$(readelf -lW "$program")
dynamic=$(readelf -dW "$program")
calls=$(nm -u "$@")

failed=0
expect() { # what must be so, the text where it is seen, a pattern of a line there
  if ! echo "$2" | grep -Eq "$3"; then
    echo "$program: $1 (no line has '$3')"
    failed=1
  fi
}

expect 'it must be loaded at any address' "$header" 'Type: +DYN '
expect 'its stack must not be executable' "$segments" 'GNU_STACK .* RW +0x'
expect 'what is relocated must be read-only afterwards' "$segments" 'GNU_RELRO '
expect 'all functions must be bound at the start, so that their table is read-only, too' \
  "$dynamic" 'FLAGS.*NOW'
expect 'functions with arrays must check the stack' "$calls" 'U __stack_chk_fail$'
expect 'C functions that fill buffers must know their sizes' "$calls" 'U __[a-z]+_chk$'
if echo "$segments" | grep -E 'LOAD .* RWE '; then
  echo "$program: no memory may be both writable and executable"
  failed=1
fi
[ "$failed" -ne 0 ] || echo "$program is hardened."
exit "$failed"
