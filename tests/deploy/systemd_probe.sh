#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# systemd_probe.sh: runs in a virtual machine whose pid 1 is systemd and that has the package installed. Starts, attacks,
# reloads, upgrades, removes; test_systemd.py reads what it prints, one "NAME value" a line.
set -u

get() {
	exec 3<>/dev/tcp/127.0.0.1/10077 || return 1
	printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&3
	cat <&3
	exec 3>&-
}

ready() {
	local i
	for ((i = 0; i < 90; i++)); do
		get /-/ready 2>/dev/null | grep -q '^HTTP/1.. 200' && return 0
		sleep 1
	done
	return 1
}

main_pid() { systemctl show picket -p MainPID --value; }
say() { printf 'PROBE %s\n' "$*"; }

say "kernel $(uname -r)"
say "systemd $(systemctl --version | head -1)"
say "enabled-by-itself $(systemctl is-enabled picket)"
say "active-by-itself $(systemctl is-active picket)"
systemctl start picket || journalctl -u picket --no-pager | tail -20
ready && say "ready yes"
say "state $(systemctl is-active picket) $(systemctl show picket -p Result --value)"
status=$(cat "/proc/$(main_pid)/status")
for name in CapEff CapBnd NoNewPrivs Seccomp; do say "$name $(sed -n "s/^$name:[[:space:]]*//p" <<<"$status")"; done
say "score $(systemd-analyze security picket --no-pager | sed -n 's/.*exposure level for [^:]*: \([0-9.]*\).*/\1/p')"
get /metrics | tr -d '\r' | sed -n 's/^picket_sensor_info{\(.*\)} 1/PROBE sensor \1/p; s/^picket_sensor_up{\(.*\)} 0/PROBE blind \1/p'

cgroup=/sys/fs/cgroup/system.slice/docker-$(printf '%064d' 7).scope
mkdir "$cgroup"
(echo "$BASHPID" >"$cgroup/cgroup.procs" && exec cat /etc/shadow >/dev/null)
for ((i = 0; i < 20; i++)); do
	picket events --json | grep -q shadow_file_read && break
	sleep 1
done
picket events --json | sed -n 's/.*"rule": *"\([a-z_]*\)".*/PROBE finding \1/p'

old=$(main_pid)
reloaded=$(systemctl reload picket && echo accepted)
sleep 2
say "reload $reloaded $([ "$old" = "$(main_pid)" ] && echo same-process)"
dpkg -i /picket.deb >/dev/null 2>&1
ready && say "upgrade $([ "$old" != "$(main_pid)" ] && systemctl is-active picket)"
old=$(main_pid)
dpkg -r picket >/dev/null 2>&1
say "removal $(systemctl is-active picket) $([ -e "/proc/$old" ] && echo still-runs || echo ended) $(find /sys/fs/bpf -name 'picket*' | wc -l)"
say "end"
systemctl poweroff -f -f
