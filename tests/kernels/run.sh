#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [native|SUITE ...]: the sensor suite on the running kernel and on Debian's kernels in QEMU.
# run.sh --kernel SUITE: fetch that kernel and print where it is.
#
# A suite is a Debian release (bullseye 5.10, bookworm 6.1, trixie 6.12). Its newest cloud kernel is fetched from the
# mirror of this machine's own apt sources, booted with software emulation and an initramfs made here, and kept in
# $CACHE between runs. The suite runs once per transport and per backend of the file sensor that the kernel offers.
#
# Prints what each kernel's runs passed, and for each line of variants.tsv on which backends of which kernels it was
# noticed. Fails on any FAIL, on a variant without a test, and on a test that is left out for no reason of skips.tsv.
# A kernel that cannot be had is skipped aloud.
# Environment: BUILD, CACHE, KERNELS_TIMEOUT (seconds per boot).
set -euo pipefail

here=$(dirname "$0")
BUILD=${BUILD:-build}
CACHE=${CACHE:-$BUILD/kernels}
KERNELS_TIMEOUT=${KERNELS_TIMEOUT:-400}
# one run of the suite each; RUN="..." (one a line) replaces them all, e.g. RUN="--debug --file=tracepoint"
RUNS=(
	"--file=tracepoint --modification=tracepoint"
	"--file=tracepoint --modification=tracepoint --transport=perfbuf"
	"--file=lsm"
	"--file=fentry --modification=fentry"
	"--file=kprobe --modification=kprobe"
)
[ -z "${RUN:-}" ] || mapfile -t RUNS <<<"$RUN"
results=$CACHE/results
mkdir -p "$CACHE"
rm -f "$results" "$results".*

say() { printf '%s\n' "$*"; }

# The Debian mirrors that apt uses here: the first that ends in /debian, and in /debian-security.
mirrors() {
	{
		awk 'tolower($1) == "uris:" { for (i = 2; i <= NF; i++) print $i }' /etc/apt/sources.list.d/*.sources
		sed -n 's/^[[:space:]]*deb[[:space:]]\+\(\[[^]]*\][[:space:]]*\)\?\([^[:space:]]\+\).*/\2/p' \
			/etc/apt/sources.list /etc/apt/sources.list.d/*.list
	} 2>/dev/null | sed 's#/*$##' || true # not every machine has both kinds of files
}

# fetch_kernel SUITE: prints the path of its vmlinuz.
fetch_kernel() {
	local suite=$1 directory=$CACHE/$1 main security image version options
	main=$(grep -m1 '/debian$' <<<"$(mirrors)") || { say "no Debian mirror among this machine's apt sources" >&2; return 1; }
	security=$(grep -m1 '/debian-security$' <<<"$(mirrors)" || true)
	mkdir -p "$directory/lists/partial" "$directory/archives/partial"
	directory=$(cd "$directory" && pwd)
	: >"$directory/status"
	local key="[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
	{
		say "deb $key $main $suite main"
		[ -z "$security" ] || say "deb $key $security $suite-security main"
	} >"$directory/sources.list"
	options=(-o Dir::State="$directory" -o Dir::State::Lists="$directory/lists" -o Dir::State::status="$directory/status"
		-o Dir::Cache="$directory" -o Dir::Etc::sourcelist="$directory/sources.list" -o Dir::Etc::sourceparts=/dev/null
		-o Dir::Etc::preferencesparts=/dev/null -o APT::Architecture=amd64 -o APT::Architectures::=amd64
		-o Acquire::Languages=none -o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root)
	timeout 180 apt-get "${options[@]}" update -qq >"$directory/update.log" 2>&1 || true
	image=$(apt-cache "${options[@]}" show --no-all-versions linux-image-cloud-amd64 2>/dev/null |
		sed -n 's/^Depends:.*\(linux-image-[0-9][^ ,]*\).*/\1/p' | head -1)
	[ -n "$image" ] || { say "no cloud kernel in $suite" >&2; return 1; }
	version=$(apt-cache "${options[@]}" show --no-all-versions "$image" | sed -n 's/^Version: //p' | head -1)
	if [ "$(cat "$directory/have" 2>/dev/null)" != "$image $version" ]; then
		rm -rf "$directory/root" "$directory"/*.deb
		(cd "$directory" && timeout 400 apt-get "${options[@]}" download -qq "$image" >&2)
		dpkg-deb -x "$directory/${image}"_*.deb "$directory/root"
		rm -f "$directory"/*.deb
		say "$image $version" >"$directory/have"
	fi
	find "$directory/root/boot" -name "vmlinuz-*" | sort | tail -1
}

# add_modules SUITE DIRECTORY: what Debian's cloud kernel has as modules, and the suite needs; 1.ko is loaded first.
add_modules() {
	local name file number=0
	for name in overlay vsock libcrc32c udp_tunnel ip6_udp_tunnel sctp; do
		file=$(find "$CACHE/$1/root" -name "$name.ko*" | head -1)
		number=$((number + 1))
		case $file in
		*.xz) xz -dc "$file" >"$2/$number.ko" ;;
		*.ko) cp "$file" "$2/$number.ko" ;;
		esac
	done
}

# make_initramfs SUITE OUTPUT: busybox, the suite with its libraries, modules, and an init that runs it.
make_initramfs() {
	local root link
	root=$(mktemp -d "$CACHE/root.XXXXXX")
	mkdir -p "$root"/{bin,proc,sys,dev,tmp,run,mnt,suite}
	cp "$(command -v busybox)" "$root/bin/busybox"
	for link in sh mount mkdir ip poweroff echo insmod ln; do ln -s busybox "$root/bin/$link"; done
	cp "$BUILD/kernels/suite" "$BUILD/kernels/nothing" "$root/suite/"
	ldd "$BUILD/kernels/suite" | grep -o '/[^ )]*' | sort -u | while read -r library; do
		install -D -m 755 "$(readlink -f "$library")" "$root$library"
	done
	add_modules "$1" "$root/suite"
	{
		cat <<-'INIT'
			#!/bin/sh
			export PATH=/bin
			mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev
			mount -t tmpfs tmp /tmp; mount -t securityfs s /sys/kernel/security
			mount -t tracefs t /sys/kernel/tracing; mount -t bpf bpf /sys/fs/bpf
			mount -t cgroup2 c /sys/fs/cgroup; ip link set lo up; ln -s /proc/self/fd /dev/fd
			for module in /suite/*.ko; do insmod "$module" 2>/dev/null; done
		INIT
		local run
		for run in "${RUNS[@]}"; do say "echo \"RUN $run\"; /suite/suite $run; echo \"EXIT \$?\""; done
		say "echo SUITE-END"
		say "poweroff -f"
	} >"$root/init"
	chmod 755 "$root/init"
	(cd "$root" && find . -mindepth 1 | LC_ALL=C sort | busybox cpio -o -H newc -R 0:0 2>/dev/null | gzip -1) >"$2"
	rm -rf "$root"
}

# record TARGET NAME LOG: leaves "kernel run test result" lines in $results.TARGET.
record() {
	awk -v kernel="$2" '
		/^RUN / { run = $2; for (i = 3; i <= NF; i++) run = run "," $i; next }
		/^(PASS|FAIL|SKIP) / { print kernel, run, $2, $1 }' "$3" >>"$results.$1"
	grep '^FAIL' "$3" | sed "s/^/$2: /" || true
}

# Without its types in /sys/kernel/btf the kernel cannot be read: that must be said, and picket must end.
run_without_btf() {
	local output result=PASS
	# shellcheck disable=SC2016
	if output=$(unshare --mount sh -c 'mount -t tmpfs none /sys/kernel/btf && exec timeout 20 "$0" \
		--web.listen-address=127.0.0.1:0 --control.socket="$1"' "$BUILD/picket" "$CACHE/none.sock" 2>&1) ||
		! grep -q 'this kernel has no BTF (/sys/kernel/btf/vmlinux).*CONFIG_DEBUG_INFO_BTF' <<<"$output"; then
		result=FAIL
	fi
	say "native without-btf start/says_that_there_is_no_btf $result" >>"$results.native"
	[ $result = PASS ] || say "native: FAIL start/says_that_there_is_no_btf: $output"
}

run_native() {
	local run backend log=$CACHE/native.log
	: >"$log"
	for run in "${RUNS[@]}"; do
		backend=${run#*--file=}
		backend=${backend%% *}
		"$BUILD/picket" sensors --json | grep -q "\"backend\":\"$backend\",\"works\":true" ||
			{ say "SKIP native $run: this kernel refuses $backend"; continue; }
		say "RUN $run" >>"$log"
		# shellcheck disable=SC2086
		timeout "$KERNELS_TIMEOUT" "$BUILD/kernels/suite" $run >>"$log" || true
	done
	record native native "$log"
	run_without_btf
}

run_qemu() {
	local suite=$1 kernel log=$CACHE/$1.log
	kernel=$(fetch_kernel "$suite") || { say "SKIP $suite: its kernel cannot be had"; return 0; }
	make_initramfs "$suite" "$CACHE/$suite.img"
	rm -f "$log"
	timeout -k 5 "$KERNELS_TIMEOUT" qemu-system-x86_64 -accel tcg -cpu max -m 1024 -smp 2 -nodefaults -display none \
		-no-reboot -serial file:"$log.raw" -kernel "$kernel" -initrd "$CACHE/$suite.img" \
		-append "console=ttyS0 quiet panic=-1 no_timer_check lsm=landlock,lockdown,yama,integrity,apparmor,bpf" </dev/null || true
	tr -d '\r' <"$log.raw" >"$log"
	if ! grep -q '^SUITE-END' "$log"; then
		say "FAIL $suite did not reach its end; last lines:"
		tail -5 "$log"
		say "$suite - boot FAIL" >>"$results.$suite"
	fi
	record "$suite" "$suite-$(sed -n 's/^KERNEL //p' "$log" | head -1 | cut -d. -f1,2)" "$log"
}

if [ "${1:-}" = --kernel ]; then
	fetch_kernel "$2"
	exit
fi

# The running kernel by itself, then the others two at a time: emulation keeps one processor busy.
targets=()
for target in "${@:-native bullseye bookworm trixie}"; do
	for name in $target; do
		if [ "$name" = native ]; then
			run_native
		elif command -v qemu-system-x86_64 >/dev/null; then
			while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n || true; done
			run_qemu "$name" &
		else
			say "SKIP $name: no qemu-system-x86_64"
		fi
		targets+=("$name")
	done
done
wait
for name in "${targets[@]}"; do
	[ ! -e "$results.$name" ] || cat "$results.$name" >>"$results"
done
touch "$results"

say
awk '{ column = $1 " " $2; if (!(column in known)) { known[column] = 1; columns[++n] = column }
       count[column, $4]++ }
     END { printf "%-20s %-58s %6s %6s %6s\n", "kernel", "run", "passed", "failed", "skipped"
	   for (i = 1; i <= n; i++) { split(columns[i], c, " ")
		printf "%-20s %-58s %6d %6d %6d\n", c[1], c[2], count[columns[i], "PASS"], count[columns[i], "FAIL"], count[columns[i], "SKIP"] } }' \
	"$results"
say
status=0
awk -f "$here/variants.awk" "$here/skips.tsv" "$here/variants.tsv" "$results" || status=1
say
awk '{ n[$4]++ } END { printf "%d passed, %d failed, %d skipped\n", n["PASS"], n["FAIL"], n["SKIP"] }' "$results"
! grep -q ' FAIL$' "$results" && [ "$status" = 0 ]
