#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh SECONDS PROGRAM ...: fuzz with each program for so long. What it found interesting is kept beside the program
# and is where the next run begins. The first input that crashes ends it.
set -uo pipefail

seconds=$1
shift
for program in "$@"; do
	corpus=$program.corpus
	mkdir -p "$corpus"
	if ! "$program" -max_total_time="$seconds" -timeout=10 -print_final_stats=1 -close_fd_mask=1 \
		-artifact_prefix="$program." "$corpus" 2>"$program.log"; then
		tail -40 "$program.log"
		echo "$(basename "$program"): FAILED; the input is named above"
		exit 1
	fi
	printf '%-28s %s inputs\n' "$(basename "$program")" \
		"$(sed -n 's/^stat::number_of_executed_units: *//p' "$program.log")"
done
