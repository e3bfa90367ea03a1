#!/bin/sh
# Runs a program and compares what it prints on its standard output with a file:
# expect.sh PROGRAM EXPECTED
actual=$(mktemp) || exit 99
trap 'rm -f "$actual"' EXIT
"$1" >"$actual" </dev/null
status=$?
if [ "$status" -ne 0 ]; then
  echo "$1 ended with status $status"
  exit 1
fi
diff -u "$2" "$actual"
