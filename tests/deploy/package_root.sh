#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# package_root.sh FOLDER PACKAGE...: a clean Debian with these packages in FOLDER, made once by debootstrap.
# The release and where packages come from are those of this machine.
set -euo pipefail
folder=$1
shift
packages=$(IFS=,; echo "$*")
if [ "$(cat "$folder/.packages" 2>/dev/null)" = "$packages" ]; then
	exit 0
fi
# shellcheck disable=SC2016 # apt's variables
read -r mirror release < <(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' |
	awk '$2 !~ /-/ { print; exit }')
rm -rf "$folder"
mkdir -p "$folder"
debootstrap --variant=minbase --include="$packages" "$release" "$folder" "$mirror" >"$folder.log" 2>&1 || {
	tail -20 "$folder.log" >&2
	exit 1
}
rm -rf "$folder"/var/cache/apt/archives/*.deb "$folder"/var/lib/apt/lists/*
echo "$packages" >"$folder/.packages"
