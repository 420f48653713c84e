#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check.sh MAKE: all tests that this machine can run, one part after the other; every part runs even when one failed.
# What cannot run here is skipped aloud. The last lines sum the parts up and name what failed, so that a log that is cut
# at its beginning still tells.
set -uo pipefail
make=${1:-make}
passed=0
failed=0
skipped=0
results=()
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# The names of what failed, as tests/unit/run.sh and pytest print them; where there are none, the log's last lines.
failures() {
	grep -aE '^(failed: |FAILED tests/|ERROR tests/)' "$log" | cut -c 1-200 | head -30 | grep . || tail -8 "$log"
}

part() {
	local target=$1 start=$SECONDS
	echo
	echo "=== $target"
	if $make --no-print-directory -j"$(nproc)" "$target" 2>&1 | tee "$log"; then
		passed=$((passed + 1))
		results+=("ok      $target ($((SECONDS - start)) s)")
	else
		failed=$((failed + 1))
		results+=("FAILED  $target ($((SECONDS - start)) s)")
		mapfile -t -O ${#results[@]} results < <(failures | sed 's/^/        /')
	fi
}

skip() {
	skipped=$((skipped + 1))
	results+=("skipped $1: $2")
}

part all
part lint
part test
part test-asan
part test-alerts
FUZZ_SECONDS=${FUZZ_SECONDS:-5} part fuzz
part test-deploy
if [ "$(id -u)" != 0 ]; then
	skip test-dashboards "needs root"
	skip test-hardening "needs root"
	skip test-quiet "needs root"
	skip test-isolation "needs root"
	skip test-kubernetes "needs root"
	skip test-kernels "needs root for the running kernel"
	skip soak "needs root"
	skip test-package "needs root"
elif [ ! -r /sys/kernel/btf/vmlinux ]; then
	skip test-dashboards "this kernel has no BTF"
	skip test-hardening "this kernel has no BTF"
	skip test-quiet "this kernel has no BTF"
	skip test-isolation "this kernel has no BTF"
	skip test-kubernetes "this kernel has no BTF"
	skip test-kernels "this kernel has no BTF"
	skip soak "this kernel has no BTF"
else
	part test-dashboards
	# the same suite, and as the unit lets picket run
	if command -v systemd-analyze >/dev/null && /usr/bin/python3 -c 'import seccomp' 2>/dev/null; then
		part test-hardening
	else
		part test-e2e
		skip test-hardening "no systemd-analyze, or no Python module seccomp"
	fi
	part test-quiet
	part test-isolation
	if [ "${PICKET_KUBERNETES:-}" = 1 ] || [ -e "${BUILD:-build}/kubernetes/complete" ]; then
		part test-kubernetes
	else
		skip test-kubernetes "Kubernetes is not built yet, which takes long: make test-kubernetes, or PICKET_KUBERNETES=1"
	fi
	part test-kernels
	SOAK_SECONDS=${SOAK_SECONDS:-30} part soak
	part test-package
fi

echo
printf '%s\n' "${results[@]}"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
