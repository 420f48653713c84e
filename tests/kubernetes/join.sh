#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# join.sh CGROUP ... -- COMMAND: run it in these cgroups.
while [ "$1" != -- ]; do
	echo $$ >"$1/cgroup.procs" || exit 1
	shift
done
shift
exec "$@"
