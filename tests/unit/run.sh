#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh PROGRAM ...: run unit-test programs; one line each, what failed in full, and the sum.
set -uo pipefail

passed=0
failed=0
for program in "$@"; do
	output=$(timeout 120 "$program" 2>&1)
	status=$?
	good=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' <<<"$output" | awk '{ n += $1 } END { print n + 0 }')
	bad=$(grep -c '^\[  FAILED  \] [a-zA-Z_0-9]*$' <<<"$output")
	if [ $status -ne 0 ] && [ "$bad" -eq 0 ]; then
		bad=1 # a crash, a sanitizer's report, or the time limit
	fi
	passed=$((passed + good))
	failed=$((failed + bad))
	printf '%-28s %4d passed %4d failed\n' "$(basename "$program")" "$good" "$bad"
	[ $status -eq 0 ] || printf '%s\n' "$output" | grep -v '^\[       OK \]\|^\[ RUN      \]' | tail -40
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
