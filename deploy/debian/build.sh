#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh FOLDER VERSION: make FOLDER/picket_VERSION-1_amd64.deb from the files that git knows. What was compiled
# before is kept in FOLDER/build.
set -euo pipefail
folder=$1
source=$folder/picket-$2
cd "$(dirname "$0")/../.."

mkdir -p "$folder"
rm -rf "$source"
mkdir "$source"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp -a --parents -t "$source" --
cp -a deploy/debian "$source/debian"
rm "$source/debian/build.sh"
cd "$source"
# one date for all files of the package: the same source gives the same package
SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -STimestamp)
export SOURCE_DATE_EPOCH
PICKET_BUILD=$folder/build dpkg-buildpackage -b -us -uc -d >"$folder/build.log" 2>&1 || {
	tail -40 "$folder/build.log" >&2
	exit 1
}
rm -rf "$source"
ls "$folder"/picket_*.deb
