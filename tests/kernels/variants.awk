# SPDX-License-Identifier: GPL-2.0-only
#
# variants.awk skips.tsv variants.tsv results: for each variant the backends that noticed it, by kernel. Exit status 1:
# a variant has no test somewhere, or a test was left out for no known reason.
BEGIN { FS = "\t" }

FILENAME ~ /skips\.tsv$/ {
	if ($0 !~ /^#/ && NF == 4) { skips++; skip_test[skips] = $1; skip_kernel[skips] = $2; skip_run[skips] = $3 }
	next
}

FILENAME ~ /variants\.tsv$/ {
	if ($0 !~ /^#/ && NF == 2) { variants++; variant[variants] = $1; sentence[variants] = $2 }
	next
}

# kernel run test result
{
	split($0, r, " ")
	name = r[3]
	sub(/@rule$/, "", name)
	if (r[2] !~ /^--/)
		next # one of no backend
	if (!(r[1] in known)) { known[r[1]] = 1; kernels[++kernel_count] = r[1] }
	if (!((r[1], r[2]) in run_known)) { run_known[r[1], r[2]] = 1; runs[r[1]] = runs[r[1]] " " r[2] }
	key = r[1] SUBSEP r[2] SUBSEP name
	if (r[4] == "FAIL" || !(key in result) || (r[4] == "SKIP" && result[key] == "PASS"))
		result[key] = r[4]
	if (r[4] == "SKIP" && !is_expected(r[3], r[1], r[2])) {
		printf "FAIL %s %s: %s was left out for no known reason\n", r[1], r[2], r[3]
		wrong = 1
	}
}

function is_expected(test, kernel, run, i) {
	for (i = 1; i <= skips; i++)
		if (test ~ skip_test[i] && kernel ~ skip_kernel[i] && run ~ skip_run[i])
			return 1
	return 0
}

function letter(run) {
	if (run ~ /transport=perfbuf/) return "P"
	if (run ~ /file=lsm/) return "L"
	if (run ~ /file=fentry/) return "F"
	if (run ~ /file=kprobe/) return "K"
	return "T"
}

function cell(kernel, name, list, n, i, text, key) {
	n = split(substr(runs[kernel], 2), list, " ")
	text = ""
	for (i = 1; i <= n; i++) {
		key = kernel SUBSEP list[i] SUBSEP name
		if (!(key in result)) {
			printf "FAIL %s %s: no test of %s\n", kernel, list[i], name
			wrong = 1
			text = text "?"
		} else
			text = text (result[key] == "PASS" ? letter(list[i]) : result[key] == "SKIP" ? "-" : "!")
	}
	return text
}

END {
	printf "Noticed, each with the exact count, one event, and the rule that asks for it, by:\n"
	printf "T tracepoints, P tracepoints and perf buffer, L BPF LSM, F fentry, K kprobes; - cannot be done there, ! missed\n\n"
	printf "%-38s %-52s", "test", "variant"
	for (k = 1; k <= kernel_count; k++) printf " %-14s", kernels[k]
	printf "\n"
	for (v = 1; v <= variants; v++) {
		line = sprintf("%-38s %-52s", variant[v], sentence[v])
		for (k = 1; k <= kernel_count; k++) line = line sprintf(" %-14s", cell(kernels[k], variant[v]))
		print line
	}
	exit wrong
}
