#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh PROGRAM ...: run unit-test programs; one line each, what failed in full, the sum, and what failed by name.
set -uo pipefail

# count OUTCOME: the number in cmocka's closing line, "[  OUTCOME  ] N test(s)".
count() {
	sed -n "s/^\[ *$1 *\] \([0-9]*\) test.*/\1/p" <<<"$output" | awk '{ n += $1 } END { print n + 0 }'
}

# name_failures PROGRAM: the tests that failed; of a program that broke off, the one it was at.
name_failures() {
	{
		sed -n 's/^\[  FAILED  \] \([a-zA-Z_][a-zA-Z0-9_]*\)$/\1/p' <<<"$output" | sort -u
		[ "$(count FAILED)" -gt 0 ] || sed -n 's/^\[ RUN      \] //p' <<<"$output" | tail -1 | sed 's/$/ (broke off)/'
	} | sed "s/^/failed: $(basename "$1"): /"
}

passed=0
failed=0
names=()
skipped=0
for program in "$@"; do
	output=$(timeout 600 "$program" 2>&1)
	status=$?
	good=$(count PASSED)
	bad=$(count FAILED)
	left=$(count SKIPPED)
	if [ $status -ne 0 ] && [ "$bad" -eq 0 ]; then
		bad=1 # a crash, a sanitizer's report, or the time limit
	fi
	passed=$((passed + good))
	failed=$((failed + bad))
	skipped=$((skipped + left))
	printf '%-28s %4d passed %4d failed\n' "$(basename "$program")" "$good" "$bad"
	[ "$left" -eq 0 ] || grep -E '^\[  SKIPPED \] [a-z]' <<<"$output" | sort -u
	[ $status -eq 0 ] && continue
	grep -v '^\[       OK \]\|^\[ RUN      \]' <<<"$output" | tail -60
	mapfile -t -O ${#names[@]} names < <(name_failures "$program")
done
[ $skipped -eq 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ ${#names[@]} -eq 0 ] || printf '%s\n' "${names[@]}"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
