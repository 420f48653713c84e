#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh FOLDER: the components of one Kubernetes node, from their Go modules, as one program in FOLDER and a link to
# it for each component. The first build takes long; Go's cache keeps what it compiled. Exit 77: not to be had.
set -euo pipefail
folder=$1
version=1.32.13 # runs with containerd 1.6, etcd 3.4 and either version of cgroups
older="k8s.io/endpointslice" # a patch version behind: the proxy has no other
components="kube-apiserver kube-controller-manager kube-scheduler kubelet kubectl"
here=$(cd "$(dirname "$0")" && pwd)
work=$folder/source
stamp="$version $(sha256sum "$here/main.go" "$here/build.sh" | sha256sum | cut -c 1-16)"
if [ "$(cat "$folder/complete" 2>/dev/null)" = "$stamp" ]; then
	exit 0
fi

missing() {
	echo "$*"
	exit 77
}

command -v go >/dev/null || missing "go is not installed (1.23 or newer)"
go version | awk '{ split(substr($3, 3), v, "."); exit !(v[1] > 1 || v[2] >= 23) }' || missing "$(go version): too old"
mkdir -p "$work"
module=$(go mod download -json "k8s.io/kubernetes@v$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
[ -d "$module" ] || missing "Kubernetes' modules could not be had"

# What Kubernetes takes from its own tree ("=> ./staging/...") is published as modules of the same minor version.
staged=$(sed -n 's|^\t\(k8s.io/[a-z-]*\) => ./staging/.*|\1|p' "$module/go.mod")
cp "$here/main.go" "$work/main.go"
{
	printf 'module node\n\ngo 1.23.0\n\ngodebug default=go1.23\n\nrequire (\n'
	printf '\tk8s.io/kubernetes v%s\n' "$version"
	sed -n '/^require (/,/^)/p' "$module/go.mod" | grep -E '^\s[^ ]+ v' | sed "s| v0\.0\.0$| v0.${version#1.}|"
	printf ')\n\nreplace (\n'
	for name in $staged; do
		staging=0.${version#1.}
		[ "$name" != "$older" ] || staging=0.32.12
		printf '\t%s => %s v%s\n' "$name" "$name" "$staging"
	done
	printf ')\n'
} >"$work/go.mod"

# -s -w: without tables for debuggers the link needs a third of the memory and time
flags="-s -w"
for setting in "gitVersion=v$version" gitMajor=1 gitMinor=32; do
	flags+=" -X k8s.io/component-base/version.$setting"
done
GOFLAGS='-mod=mod -buildvcs=false' CGO_ENABLED=0 nice -n 3 go build -C "$work" -p 2 -trimpath -ldflags "$flags" \
	-o "$folder/kubernetes" . >"$folder/log" 2>&1 || missing "Kubernetes does not build: $(tail -1 "$folder/log")"
for name in $components; do
	ln -sf kubernetes "$folder/$name"
done
echo "$stamp" >"$folder/complete"
