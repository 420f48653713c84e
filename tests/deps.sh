#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# deps.sh build|test ...: install what is missing of these groups. Asks nothing, starts no service.
set -euo pipefail

# shellcheck disable=SC2034 # both are chosen by name below
# Debian's name, and Fedora's where it differs ("-": not needed there).
build_packages="
gcc gcc
make make
clang clang
llvm llvm
bpftool bpftool
libbpf-dev libbpf-devel
libelf-dev elfutils-libelf-devel
zlib1g-dev zlib-devel
libmicrohttpd-dev libmicrohttpd-devel
libprotobuf-c-dev protobuf-c-devel
protobuf-c-compiler protobuf-c-compiler
libcurl4-openssl-dev libcurl-devel
libyaml-dev libyaml-devel
libjansson-dev jansson-devel
uthash-dev uthash-devel
pkg-config pkgconf-pkg-config
git git
"
# shellcheck disable=SC2034
test_packages="
libcmocka-dev libcmocka-devel
docker.io moby-engine
runc runc
containerd containerd
busybox-static busybox
prometheus golang-github-prometheus
python3 python3
python3-pytest python3-pytest
python3-protobuf python3-protobuf
curl curl
iproute2 iproute
clang-format clang-tools-extra
clang-tidy clang-tools-extra
shellcheck ShellCheck
qemu-system-x86 qemu-system-x86-core
xz-utils xz
cpio cpio
debian-archive-keyring debian-keyring
"

groups=${*:-build}
wanted=""
for group in $groups; do
	name=${group}_packages
	wanted+="${!name}"
done

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

if command -v apt-get >/dev/null; then
	missing=()
	while read -r debian _; do
		[ -n "$debian" ] || continue
		dpkg-query -W -f '${Status}' "$debian" 2>/dev/null | grep -q '^install ok installed' || missing+=("$debian")
	done <<<"$wanted"
	# the sanitizers' and the fuzzer's runtime is a package per version of clang
	case " $groups " in *" test "*)
		version=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p' | head -1)
		runtime=libclang-rt-${version:-14}-dev
		dpkg-query -W "$runtime" >/dev/null 2>&1 || missing+=("$runtime")
		;;
	esac
	[ ${#missing[@]} -gt 0 ] || exit 0
	echo "installing: ${missing[*]}"
	# a policy of "never" keeps packages from starting their services
	policy=/usr/sbin/policy-rc.d
	made_policy=
	if [ ! -e $policy ]; then
		made_policy=1
		printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
		as_root chmod 755 $policy
	fi
	trap '[ -z "$made_policy" ] || as_root rm -f $policy' EXIT
	as_root apt-get update -qq
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
elif command -v dnf >/dev/null; then
	names=()
	while read -r _ fedora; do
		[ -z "$fedora" ] || [ "$fedora" = - ] || names+=("$fedora")
	done <<<"$wanted"
	as_root dnf install -y -q "${names[@]}"
else
	echo "deps: neither apt-get nor dnf is here; install by hand:$(awk '{ printf " %s", $1 }' <<<"$wanted")" >&2
	exit 1
fi
