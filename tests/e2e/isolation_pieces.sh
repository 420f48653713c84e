#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# isolation_pieces.sh FOLDER wasm|gvisor|runwasi: fetch what Debian has of it below FOLDER, once. The mirror is that of this machine's own
# apt sources, apt's state a folder of its own: nothing is installed here.
#   runwasi: FOLDER/runwasi/debug/containerd-shim-wasmtime-v1, built from runwasi/ by cargo with what it fetches itself, when
#     RUNWASI=1 asks for it: that takes many minutes.
#   wasm: FOLDER/wasm/root, Debian 13 with crun and WasmEdge.   gvisor: FOLDER/gvisor/usr/bin/runsc, of bookworm-backports.
# Exit 77: it is not to be had here; the last line says why.
set -euo pipefail
folder=$1/$2
mkdir -p "$folder"

give_up() {
	echo "$*"
	exit 77
}

# shellcheck disable=SC2016 # apt's variables
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -m1 '/debian/*$') ||
	give_up "no Debian mirror among this machine's apt sources"

wasm() {
	[ ! -e "$folder/done" ] || return 0
	command -v debootstrap >/dev/null || give_up "debootstrap is not installed"
	rm -rf "$folder/root"
	debootstrap --variant=minbase --include=crun trixie "$folder/root" "$mirror" >"$folder/log" 2>&1 ||
		give_up "debootstrap of trixie failed: $(tail -1 "$folder/log")"
	# debootstrap's own resolver does not find its way through these
	chroot "$folder/root" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
		libwasmedge0 >>"$folder/log" 2>&1 || give_up "WasmEdge does not install: $(tail -1 "$folder/log")"
	rm -rf "$folder"/root/var/cache/apt/archives/*.deb "$folder"/root/var/lib/apt/lists/*
	touch "$folder/done"
}

gvisor() {
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	local options=(-o "Dir::State=$folder/state" -o "Dir::Cache=$folder/cache" -o "Dir::Etc::sourceparts=-"
		-o "Dir::Etc::sourcelist=$folder/sources.list" -o "APT::Sandbox::User=root")
	[ ! -x "$folder/usr/bin/runsc" ] || return 0
	[ -r $keyring ] || give_up "debian-archive-keyring is not installed"
	mkdir -p "$folder/state/lists/partial" "$folder/cache/archives/partial"
	echo "deb [signed-by=$keyring] $mirror bookworm-backports main" >"$folder/sources.list"
	apt-get "${options[@]}" update -qq >"$folder/log" 2>&1 || give_up "no list of bookworm-backports: $(tail -1 "$folder/log")"
	(cd "$folder" && apt-get "${options[@]}" download -qq runsc >>"$folder/log" 2>&1) ||
		give_up "runsc cannot be fetched: $(tail -1 "$folder/log")"
	dpkg -x "$folder"/runsc_*.deb "$folder"
}

runwasi() {
	local tool
	[ ! -x "$folder/debug/containerd-shim-wasmtime-v1" ] || return 0
	[ "${RUNWASI:-}" = 1 ] || give_up "a shim of runwasi takes many minutes to build: RUNWASI=1 does it, once"
	for tool in cargo protoc pkg-config; do
		command -v $tool >/dev/null || give_up "no $tool to build a shim of runwasi with"
	done
	pkg-config libseccomp || give_up "no libseccomp-dev to build a shim of runwasi with"
	cargo build --manifest-path "$(dirname "$0")/runwasi/Cargo.toml" --target-dir "$folder" >"$folder/log" 2>&1 ||
		give_up "the shim does not build: $(tail -1 "$folder/log")"
}

"$2"
