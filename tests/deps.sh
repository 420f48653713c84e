#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# deps.sh build|test ...: install what is missing of these groups. Asks nothing, starts no service.
set -euo pipefail

# shellcheck disable=SC2034 # both are chosen by name below
# Debian's name, and Fedora's where it differs ("-": not needed there).
build_packages="
gcc gcc
libc6-dev glibc-devel
make make
clang clang
llvm llvm
bpftool bpftool
libbpf-dev libbpf-devel
libelf-dev elfutils-libelf-devel
nettle-dev nettle-devel
libgnutls28-dev gnutls-devel
libcrypt-dev libxcrypt-devel
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
ca-certificates ca-certificates
"
# shellcheck disable=SC2034
test_packages="
libcmocka-dev libcmocka-devel
docker.io moby-engine
runc runc
containerd containerd
containernetworking-plugins containernetworking-plugins
etcd-server etcd
openssl openssl
busybox-static busybox
prometheus golang-github-prometheus
prometheus-alertmanager golang-github-prometheus-alertmanager
jsonnet jsonnet
buildah buildah
podman podman
python3-yaml python3-pyyaml
python3 python3
python3-pytest python3-pytest
python3-jsonschema python3-jsonschema
python3-protobuf python3-protobuf
python3-seccomp python3-libseccomp
python3-pip python3-pip
python3-grpcio python3-grpcio
curl curl
openssl openssl
iproute2 iproute
clang-format clang-tools-extra
clang-tidy clang-tools-extra
shellcheck ShellCheck
qemu-system-x86 qemu-system-x86-core
xz-utils xz
debootstrap debootstrap
lintian -
dpkg-dev -
debhelper -
fakeroot -
mandoc mandoc
systemd systemd
cpio cpio
debian-archive-keyring debian-keyring
wabt wabt
"

groups=${*:-build}
wanted=""
for group in $groups; do
	name=${group}_packages
	wanted+="${!name}"
done

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

installed() {
	dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q '^install ok installed'
}

# What has another name in each version of Debian, or is too old to be of use in some: the runtime of clang's sanitizers
# and fuzzer, Docker's client, a Go that fetches what a module asks for (see tests/deploy/go_path.sh), compose.
add_versioned() {
	local version
	version=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p' | head -1)
	for package in "libclang-rt-${version:-14}-dev" docker-cli; do
		if apt-cache show "$package" >/dev/null 2>&1 && ! installed "$package"; then
			missing+=("$package")
		fi
	done
	add_if_new_enough golang-go 2:1.21 go
	add_if_new_enough docker-compose 2.24 docker-compose
}

# PACKAGE VERSION PROGRAM: unless the program is here already.
add_if_new_enough() {
	local candidate
	candidate=$(apt-cache policy "$1" | sed -n 's/^  Candidate: \([0-9].*\)/\1/p')
	if ! command -v "$3" >/dev/null && ! installed "$1" && dpkg --compare-versions "${candidate:-0}" ge "$2"; then
		missing+=("$1")
	fi
}

# A policy of "never" keeps packages from starting their services.
apt_install() {
	local policy=/usr/sbin/policy-rc.d
	echo "installing: $*"
	if [ ! -e $policy ]; then
		trap 'as_root rm -f '$policy EXIT
		printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
		as_root chmod 755 $policy
	fi
	as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "$@"
}

if command -v apt-get >/dev/null; then
	missing=()
	while read -r debian _; do
		[ -z "$debian" ] || installed "$debian" || missing+=("$debian")
	done <<<"$wanted"
	[ ${#missing[@]} -eq 0 ] || as_root apt-get update -qq
	case " $groups " in *" test "*) add_versioned ;; esac
	[ ${#missing[@]} -eq 0 ] || apt_install "${missing[@]}"
elif command -v dnf >/dev/null; then
	missing=()
	while read -r _ fedora; do
		[ -z "$fedora" ] || [ "$fedora" = - ] || rpm -q --quiet "$fedora" || missing+=("$fedora")
	done <<<"$wanted"
	[ ${#missing[@]} -eq 0 ] || echo "installing: ${missing[*]}"
	[ ${#missing[@]} -eq 0 ] || as_root dnf install -y -q --setopt=install_weak_deps=False "${missing[@]}"
else
	echo "deps: neither apt-get nor dnf is here; install by hand:$(awk 'NF { printf " %s", $1 }' <<<"$wanted")" >&2
	exit 1
fi
