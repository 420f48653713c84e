#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh BINARY ARCHIVE VERSION REVISION: an OCI image from nothing but rootfs.sh, as an archive that `docker load`,
# `podman load` and `ctr image import` take. The same binary and libraries give the same image.
set -euo pipefail
binary=$1
archive=$2
version=$3
revision=$4
here=$(dirname "$0")
work=$(mktemp -d)
export STORAGE_DRIVER=${STORAGE_DRIVER:-vfs}
# a store of its own: nothing of it stays on this machine
store=(--root "$work/store" --runroot "$work/run")
container=""
trap '[ -z "$container" ] || buildah "${store[@]}" rm "$container" >/dev/null; rm -rf "$work"' EXIT

"$here/rootfs.sh" "$binary" "$work/rootfs"
find "$work/rootfs" -exec touch -h -d @0 {} +
container=$(buildah "${store[@]}" from scratch)
buildah "${store[@]}" copy -q "$container" "$work/rootfs" / >/dev/null
buildah "${store[@]}" config \
	--entrypoint '["/usr/bin/picket"]' --port 10077 --workingdir / --stop-signal SIGTERM \
	--env SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
	--label org.opencontainers.image.title=picket \
	--label org.opencontainers.image.description="Container security exporter" \
	--label org.opencontainers.image.licenses=GPL-2.0-only \
	--label org.opencontainers.image.version="$version" \
	--label org.opencontainers.image.revision="$revision" \
	"$container"
buildah "${store[@]}" commit -q --timestamp 0 "$container" "picket:$version" >/dev/null
rm -f "$archive"
buildah "${store[@]}" push -q "picket:$version" "docker-archive:$archive:picket:$version"
ls "$archive"
