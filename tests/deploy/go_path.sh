#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# go_path.sh FOLDER: print where a Go is that can fetch the version which a module asks for (1.21 or newer): this machine's,
# or that of bookworm-backports, unpacked below FOLDER. Nothing is installed. Exit 77: not to be had; the last line says why.
set -euo pipefail
folder=$1/go
package=golang-1.23
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

give_up() {
	echo "$*"
	exit 77
}

new_enough() {
	"$1" version 2>/dev/null | awk '{ split(substr($3, 3), v, "."); exit !(v[1] > 1 || v[2] >= 21) }'
}

fetch() {
	local mirror options=(-o "Dir::State=$folder/state" -o "Dir::Cache=$folder/cache" -o "Dir::Etc::sourceparts=-"
		-o "Dir::Etc::sourcelist=$folder/sources.list" -o "APT::Sandbox::User=root")
	# shellcheck disable=SC2016 # apt's variables
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -m1 '/debian/*$') ||
		give_up "go 1.21 or newer is not installed, and there is no Debian mirror among this machine's apt sources"
	[ -r $keyring ] || give_up "debian-archive-keyring is not installed"
	mkdir -p "$folder/state/lists/partial" "$folder/cache/archives/partial"
	echo "deb [signed-by=$keyring] $mirror bookworm-backports main" >"$folder/sources.list"
	(cd "$folder" && apt-get "${options[@]}" update -qq && apt-get "${options[@]}" download -qq $package-go $package-src) \
		>"$folder/log" 2>&1 || give_up "$package cannot be fetched: $(tail -1 "$folder/log")"
	for archive in "$folder"/*.deb; do dpkg -x "$archive" "$folder/root"; done
	# its links lead to /usr/share
	for part in api misc src test; do
		[ ! -d "$folder/root/usr/share/go-1.23/$part" ] ||
			ln -sfn "../../share/go-1.23/$part" "$folder/root/usr/lib/go-1.23/$part"
	done
}

if new_enough go; then
	dirname "$(command -v go)"
	exit 0
fi
go=$folder/root/usr/lib/go-1.23/bin
new_enough "$go/go" || fetch
new_enough "$go/go" || give_up "$package does not run"
echo "$go"
