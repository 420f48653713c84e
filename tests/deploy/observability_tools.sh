#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# observability_tools.sh FOLDER: OpenTelemetry's collector and the compose specification's own checker, in FOLDER, built
# from Go modules. Exit 77: not to be had.
set -euo pipefail
folder=$1
here=$(cd "$(dirname "$0")" && pwd)
manifest=$here/collector_build.yaml
if cmp -s "$manifest" "$folder/collector.built"; then
	exit 0
fi

missing() {
	echo "$*"
	exit 77
}

mkdir -p "$folder"
go=$("$here/go_path.sh" "$folder") || missing "$go"
export PATH=$go:$PATH GOTOOLCHAIN=auto
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GOFLAGS=-mod=mod
GOBIN=$work go install go.opentelemetry.io/collector/cmd/builder@v0.161.0 >"$folder/log" 2>&1 ||
	missing "the collector's builder: $(tail -1 "$folder/log")"
GOBIN=$work go install github.com/compose-spec/compose-go/v2/cmd@v2.9.0 >"$folder/log" 2>&1 ||
	missing "compose-go: $(tail -1 "$folder/log")"
(cd "$work" && ./builder --config "$manifest") >"$folder/log" 2>&1 || missing "the collector: $(tail -1 "$folder/log")"
mv "$work/cmd" "$folder/compose-spec"
mv "$work/otelcol/otelcol" "$folder/otelcol"
cp "$manifest" "$folder/collector.built"
