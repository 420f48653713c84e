#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# namespaces.sh FOLDER CGROUP ADDRESS/BITS: run by `unshare --mount --net`; makes these namespaces a node of their own
# and stays for as long as they are wanted. Folders are where a real node has them (/run/containerd, /var/lib/kubelet,
# /sys/fs/bpf), and nothing of it is seen outside. It moves into the child "node.service" of the cgroup, for a runtime
# is no container.
set -euo pipefail
folder=$1
cgroup=$2
address=$3

mount --make-rshared /
for covered in /run /var/lib /var/log; do
	mount -t tmpfs -o mode=0755 tmpfs $covered
done
mkdir -p /run/lock /run/netns /run/kubernetes /var/lib/etcd
# what an overlay's upper folder must not be in: a tmpfs is slow to fill and small
for kept in /var/lib/containerd /var/lib/kubelet; do
	mkdir -p $kept "$folder/disk$kept"
	mount --bind "$folder/disk$kept" $kept
done
mount -t bpf -o mode=0700 bpf /sys/fs/bpf

# The kubelet sets these for the whole machine. It finds them set as it wants them, here.
while read -r name value; do
	mkdir -p "$folder/sysctl"
	echo "$value" >"$folder/sysctl/$name"
	mount --bind "$folder/sysctl/$name" "/proc/sys/${name//.//}"
done <<-END
	vm.overcommit_memory 1
	vm.panic_on_oom 0
	kernel.panic 10
	kernel.panic_on_oops 1
	kernel.keys.root_maxkeys 1000000
	kernel.keys.root_maxbytes 25000000
END

# a device whose address is the node's; no way leads out
ip link set lo up
ip link add node0 type bridge
ip address add "$address" dev node0
ip link set node0 up

echo $$ >"$cgroup/node.service/cgroup.procs"
touch "$folder/ready"
exec sleep infinity
