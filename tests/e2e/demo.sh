#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# An attack on a container, and what picket says and does about it. For people
# to watch: `make demo`. Needs root, Docker's daemon and busybox-static; leaves
# nothing behind.
set -euo pipefail

BUILD=${BUILD:-build}
picket=$BUILD/picket
dir=$(mktemp -d /tmp/picket-demo.XXXXXX)
image="picket-demo:latest"
name="picket-demo-web"
port=${PORT:-10078}
export PICKET_SOCKET=$dir/control.sock
daemon_pid='' events_pid='' dockerd_pid=''

end() {
	local pid

	[ -z "$events_pid" ] || kill "$events_pid" 2>/dev/null || true
	docker rm -f "$name" >/dev/null 2>&1 || true
	docker rmi -f "$image" >/dev/null 2>&1 || true
	for pid in $daemon_pid $dockerd_pid; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	rm -rf "$dir"
}
trap end EXIT

say() {
	printf '\n\033[1m# %s\033[0m\n' "$*"
	sleep "${PAUSE:-1}"
}

# wait_for COMMAND ...: until it succeeds, ten seconds at most
wait_for() {
	local left=100

	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		if [ "$left" = 0 ]; then
			echo "demo: waited in vain for: $*" >&2
			cat "$dir"/*.log >&2
			exit 1
		fi
		sleep 0.1
	done
}

attack() {
	printf '\033[31mweb$ %s\033[0m\n' "$1"
	docker exec "$name" sh -c "$1" || printf '(exit status %s)\n' "$?"
	sleep "${PAUSE:-1}"
}

start_dockerd() {
	docker info >/dev/null 2>&1 && return
	dockerd --iptables=false --bridge=none --storage-driver=vfs --ip-masq=false >"$dir/dockerd.log" 2>&1 &
	dockerd_pid=$!
	wait_for docker info
}

make_image() {
	local applet

	mkdir -p "$dir/root/bin" "$dir/root/etc" "$dir/root/tmp"
	cp /bin/busybox "$dir/root/bin/busybox"
	for applet in sh cat ln sleep ls id; do
		ln -s busybox "$dir/root/bin/$applet"
	done
	echo 'root:x:0:0:root:/root:/bin/sh' >"$dir/root/etc/passwd"
	echo 'root:x:0:' >"$dir/root/etc/group"
	# shellcheck disable=SC2016 # a hash, not a variable
	echo 'root:$6$this-is-the-secret:19000:0:99999:7:::' >"$dir/root/etc/shadow"
	tar -C "$dir/root" -c . | docker import - "$image" >/dev/null
}

start_picket() {
	"$picket" --enforce --web.listen-address="127.0.0.1:$port" --control.socket="$PICKET_SOCKET" \
		>"$dir/picket.log" 2>&1 &
	daemon_pid=$!
	wait_for "$picket" status
}

[ "$(id -u)" = 0 ] || { echo 'demo: needs root; try sudo' >&2; exit 1; }
start_dockerd
make_image
start_picket

say "picket watches, with --enforce. A container named $name starts."
docker run -d --network=none --name "$name" "$image" sleep 600 >/dev/null
"$picket" containers
"$picket" events -f -n 0 &
events_pid=$!

say 'An intruder has a shell in it and looks around: counted, nothing more.'
attack 'id; ls /etc'
say 'Now for the password hashes. Each reader is killed before it has read a byte.'
attack 'cat /etc/shadow'
attack 'ln -s /etc/shadow /tmp/notes; cat /tmp/notes'
attack 'cd /proc/self/root/etc && cat shadow'

say 'What was counted for it; http://127.0.0.1:'"$port"'/metrics says the same to Prometheus.'
"$picket" containers -v
say 'That is all.'
