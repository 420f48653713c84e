#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh PROGRAM ...: run unit-test programs; one line each, what failed in full, and the sum.
set -uo pipefail

# count OUTCOME: the number in cmocka's closing line, "[  OUTCOME  ] N test(s)".
count() {
	sed -n "s/^\[ *$1 *\] \([0-9]*\) test.*/\1/p" <<<"$output" | awk '{ n += $1 } END { print n + 0 }'
}

passed=0
failed=0
skipped=0
for program in "$@"; do
	output=$(timeout 120 "$program" 2>&1)
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
	[ $status -eq 0 ] || grep -v '^\[       OK \]\|^\[ RUN      \]' <<<"$output" | tail -60
done
[ $skipped -eq 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
