#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# rootfs.sh BINARY FOLDER: everything that picket needs to run, in FOLDER: the program, the libraries it is linked to,
# the authorities that TLS trusts, one user. No shell, no package manager.
set -euo pipefail
binary=$1
folder=$2

rm -rf "$folder"
mkdir -p "$folder"/{usr/bin,usr/lib,usr/lib64,etc/ssl/certs,etc/picket/rules.d,run/picket,var/lib/picket,host,proc,sys,dev,tmp}
ln -s usr/lib "$folder/lib"
ln -s usr/lib64 "$folder/lib64"
ln -s usr/bin "$folder/bin"
install -m 0755 -s "$binary" "$folder/usr/bin/picket"

# "libz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x...)", and the loader without an arrow
ldd "$binary" | grep -oE '/[^ ]+' | sort -u | while read -r library; do
	install -D -m 0755 "$library" "$folder$library"
done
# the resolver loads these by name
for module in libnss_dns.so.2 libnss_files.so.2; do
	path=$(ldconfig -p | awk -v name=$module '$1 == name && !found { print $NF; found = 1 }')
	[ -z "$path" ] || install -D -m 0755 "$path" "$folder$path"
done

install -m 0644 /etc/ssl/certs/ca-certificates.crt "$folder/etc/ssl/certs/ca-certificates.crt"
echo 'root:x:0:0:root:/:/sbin/nologin' >"$folder/etc/passwd"
echo 'root:x:0:' >"$folder/etc/group"
echo 'hosts: files dns' >"$folder/etc/nsswitch.conf"
chmod 0700 "$folder/run/picket" "$folder/var/lib/picket"
chmod 1777 "$folder/tmp"
