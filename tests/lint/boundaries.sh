#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Who may include whom: data flows kernel -> state -> export and respond. The outer three may include state/, never
# each other; state/ includes none of them, nor libbpf, so that its tests run without root. Only the files directly in
# exporter/ that wire the daemon together see all.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
bad=0

# forbid FOLDER PATTERN WHY
forbid() {
	local found
	found=$(grep -nE "^#include [<\"]$2" exporter/"$1"/*.[ch])
	[ -z "$found" ] || { echo "$found"; echo "  -> $3"; bad=1; }
}

forbid state '(kernel|export|respond|cli|import)/' "state/ knows nothing of the outer folders"
forbid state 'bpf/' "state/ must be testable without libbpf"
forbid state '(log|event_loop|http_client|config)\.h' "state/ is pure"
forbid kernel '(export|respond|cli)/' "kernel/ may include state/ only"
forbid export '(kernel|respond|cli)/' "export/ may include state/ only"
forbid respond '(kernel|export|cli)/' "respond/ may include state/ only"
forbid import '(kernel|export|respond|cli)/' "import/ may include state/ only"
long=$(find exporter bpf include tests -name '*.[ch]' -exec wc -l {} + | awk '$2 != "total" && $1 > 500')
[ -z "$long" ] || { echo "$long"; echo "  -> more than 500 lines: look for a seam"; bad=1; }
exit $bad
