# SPDX-License-Identifier: GPL-2.0-only
"""Every behaviour that the default rules must notice, done in a real container, beside a twin that must stay silent.

One daemon with the default rules watches all of it. A row says: number of the behaviour, rule, what the container runs,
and what its benign twin runs (of which only this rule must be silent). Names of programs are symlinks to BusyBox.
"""
import json
import os
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from conftest import BUILD, Containers, Picket, docker, hosts_namespaces_are_known

# x86-64
PROCESS_VM_READV, USERFAULTFD, BPF, PERF_EVENT_OPEN, INIT_MODULE, KEYCTL, UNSHARE, SETNS, SYSLOG, PTRACE = (
    310, 323, 321, 298, 175, 250, 272, 308, 103, 101)
SOCKET, OPEN_BY_HANDLE_AT = 41, 304
PROCESS_VM_WRITEV, KEXEC_LOAD, FINIT_MODULE, DELETE_MODULE, IOPL, IOPERM, QUOTACTL, ACCT, SWAPON, REBOOT, SETTIMEOFDAY = (
    311, 246, 313, 176, 172, 173, 179, 163, 167, 169, 164)
FSOPEN, MOVE_MOUNT, OPEN_TREE, PIVOT_ROOT = 430, 429, 428, 155
CLONE_NEWUSER = 0x10000000


def call(number, *arguments):
    return f"/ops call {number} " + " ".join(map(str, arguments))


def alias(name, arguments="--help", target="/bin/busybox"):
    """BusyBox under another program's name."""
    return f"/bin/busybox mkdir -p /opt; /bin/busybox ln -s {target} /opt/{name}; /opt/{name} {arguments}"


# any disk of this machine: it is opened, and nothing is read
DISK = next((f"/dev/{disk.name}" for disk in sorted(Path("/sys/block").iterdir()) if Path(f"/dev/{disk.name}").exists()), "/dev/none")
# under another name: the event must say whose it is
RUNTIME_SOCKET = ("-v", "/var/run/docker.sock:/other.sock")
# ways to one file: what is read by all of them is the same
WAYS = ("relative", "symlink", "hardlink", "openat2", "dot-dot", "descriptor", "proc-cwd", "chroot", "again", "untouched", "int80")
RAW = ("--cap-add=NET_RAW",)
HOST_CGROUP = ("-v", "/sys/fs/cgroup:/host-cgroup")
SECRETS = ("--tmpfs", "/run/secrets")
UNCONFINED = ("--security-opt", "seccomp=unconfined")

# number, rule, attack, benign twin, options of the container, and of the twin where they differ
ROWS = [
    (1, "shadow_file_read", "cat /etc/shadow", "cat /etc/passwd", ()),
    *[(1, "shadow_file_read", f"/ops read {way} /etc/shadow", f"/ops read {way} /etc/passwd", ()) for way in WAYS],
    (1, "shadow_file_read", "exec 3</etc/shadow; /ops nothing", "exec 3</etc/passwd; /ops nothing", ()),
    (1, "shadow_file_read_by_perl", "/bin/busybox mkdir -p /usr/bin; /bin/busybox cp /ops /usr/bin/perl; /usr/bin/perl read absolute /etc/shadow",
     "/bin/busybox mkdir -p /usr/bin; /bin/busybox cp /ops /usr/bin/adduser; /bin/busybox ln /usr/bin/adduser /usr/bin/perl; /usr/bin/perl read absolute /etc/passwd", ()),
    (1, "login_policy_read", "/bin/busybox mkdir -p /etc/pam.d; echo x >/etc/pam.d/login; cat /etc/pam.d/login",
     "/bin/busybox mkdir -p /etc/pam; echo x >/etc/pam/login; cat /etc/pam/login", ()),
    (1, "sensitive_file_read", "echo x >/etc/krb5.keytab; cat /etc/krb5.keytab", "echo x >/etc/krb5.conf; cat /etc/krb5.conf", ()),
    (1, "sensitive_file_read", "echo x >/etc/sudoers; cat /etc/sudoers", "echo x >/etc/sudo.conf; cat /etc/sudo.conf", ()),
    (2, "private_key_read", "/bin/busybox mkdir -p /root/.ssh; echo k >/root/.ssh/id_rsa; cat /root/.ssh/id_rsa",
     "/bin/busybox mkdir -p /root/.ssh; echo k >/root/.ssh/known_hosts; cat /root/.ssh/known_hosts", ()),
    (2, "private_key_read", "/bin/busybox mkdir -p /home/u/.aws; echo k >/home/u/.aws/credentials; cat /home/u/.aws/credentials",
     "/bin/busybox mkdir -p /home/u/.aws; echo k >/home/u/.aws/config; cat /home/u/.aws/config", ()),
    *[(2, "private_key_read", f"/bin/busybox mkdir -p /root/{path.rsplit('/', 1)[0]}; echo k >/root/{path}; cat /root/{path}",
       f"/bin/busybox mkdir -p /root/{path.rsplit('/', 1)[0]}; echo k >/root/{path}; /bin/busybox cp /ops /out/kubectl; /out/kubectl read absolute /root/{path}", ())
      for path in (".kube/config", ".config/gcloud/credentials.db", ".azure/accessTokens.json", ".docker/config.json", "./.netrc", "./.git-credentials")],
    (3, "service_account_token_read",
     "/bin/busybox mkdir -p /run/secrets/kubernetes.io/serviceaccount; echo t >/run/secrets/kubernetes.io/serviceaccount/token; "
     "cat /run/secrets/kubernetes.io/serviceaccount/token; true",
     "/bin/busybox mkdir -p /run/secrets/other; echo t >/run/secrets/other/token; cat /run/secrets/other/token", SECRETS),
    (3, "service_account_token_read", "/bin/busybox mkdir -p /run/secrets/kubernetes.io/serviceaccount; echo t >/run/secrets/kubernetes.io/serviceaccount/token; "
     "/ops read relative /run/secrets/kubernetes.io/serviceaccount/token; true",
     "/bin/busybox mkdir -p /run/secrets/kubernetes.io/serviceaccount; echo t >/run/secrets/kubernetes.io/serviceaccount/token; "
     "exec /ops read absolute /run/secrets/kubernetes.io/serviceaccount/token", SECRETS),
    (4, "secret_search", "/bin/busybox grep -r password /etc", "/bin/busybox grep -r hello /etc", ()),
    (4, "secret_search", "/bin/busybox find / -name id_rsa -maxdepth 2", "/bin/busybox find /etc -name motd", ()),
    (4, "secret_search", alias("locate", "id_rsa"), alias("locate", "motd"), ()),
    (5, "process_secrets_read", "sleep 5 & cat /proc/$!/environ", "cat /proc/self/environ", ()),
    (5, "process_attached", "/ops attach", call(PTRACE, 7, 99999), UNCONFINED),
    (5, "process_traces_itself", call(PTRACE, 0), call(PTRACE, 7, 99999), ()),
    (5, "process_memory_accessed", call(PROCESS_VM_READV, 1, 0, 0, 0, 0, 0), "true", UNCONFINED),
    (5, "process_secrets_read", "sleep 5 & cat /proc/$!/maps", "cat /proc/self/maps", ()),
    (5, "process_secrets_read", "sleep 5 & /bin/busybox dd if=/proc/$!/mem of=/dev/null count=0", "/bin/busybox dd if=/proc/self/mem of=/dev/null count=0", ()),
    (5, "process_memory_accessed", call(PROCESS_VM_WRITEV, 1, 0, 0, 0, 0, 0), "true", UNCONFINED),
    (6, "cloud_metadata_contact", "/bin/busybox nc -w 1 169.254.169.254 80", "/bin/busybox nc -w 1 127.0.0.1 80", ()),
    (6, "cloud_metadata_datagram", "/ops reach udp 169.254.169.254 80", "/ops reach udp 127.0.0.1 80", ()),
    (6, "cloud_metadata_contact", "/ops reach tcp 169.254.169.254 80", "/ops reach tcp 169.254.169.253 80", ()),
    (6, "cloud_metadata_contact", "/ops reach tcp 169.254.170.2 80", "/ops reach tcp 169.254.170.3 80", ()),
    (6, "cloud_metadata_contact", "/ops reach tcp fd00:ec2::254 80", "/ops reach tcp fd00:ec2::253 80", ()),
    (6, "cloud_metadata_contact", "/ops reach tcp ::ffff:169.254.169.254 80", "/ops reach tcp ::ffff:169.254.169.253 80", ()),
    (6, "cloud_metadata_datagram", "/ops reach udp fd00:ec2::254 80", "/ops reach udp fd00:ec2::253 80", ()),
    (7, "terminal_shell", "sh -c true", "sh -c true", ("-t",), ()),
    (7, "service_shell", alias("nginx", "shell", "/ops"), "/ops shell", ()),
    (7, "service_shell", alias("postgres", "shell", "/ops"), "/ops shell", ()),
    (7, "service_shell", alias("java", "shell", "/ops"), "/ops shell", ()),
    (8, "made_executable_and_run", "/bin/busybox cp /ops /out/x; /bin/busybox chmod 644 /out/x; cd /out; /bin/busybox chmod +x ./x; ./x nothing",
     "/bin/busybox cp /ops /out/x; /bin/busybox chmod 755 /out/x; /ops nothing", ()),
    (9, "memory_execution", "/ops memory", "/ops nothing", ()),
    (9, "deleted_executable", "/bin/busybox cp /ops /out/x; exec 3</out/x; /bin/busybox rm /out/x; /proc/self/fd/3 nothing",
     "exec 3</ops; /proc/self/fd/3 nothing", ()),
    (9, "temporary_directory_execution", "/bin/busybox cp /ops /tmp/x; /tmp/x nothing", "/ops nothing", ()),
    (9, "temporary_directory_execution", "/bin/busybox cp /ops /dev/shm/x; /dev/shm/x nothing; true", "/ops nothing",
     ("--tmpfs", "/dev/shm:exec")),
    (9, "temporary_directory_execution", "/bin/busybox mkdir -p /var/tmp; /bin/busybox cp /ops /var/tmp/x; /var/tmp/x nothing", "/ops nothing", ()),
    (9, "temporary_directory_execution", "/bin/busybox cp /ops /run/x; /run/x nothing", "/bin/busybox cp /ops /run/x; /ops nothing", ("--tmpfs", "/run:exec")),
    (9, "temporary_directory_script", "printf '#!/bin/sh\\ntrue\\n' >/tmp/x; /bin/busybox chmod 755 /tmp/x; /tmp/x",
     "printf '#!/bin/sh\\ntrue\\n' >/out/x; /bin/busybox chmod 755 /out/x; /out/x", ()),
    (10, "package_manager_started", alias("apt-get", "update"), "true", ()),
    (10, "compiler_started", alias("gcc"), "true", ()),
    (10, "remote_copy_started", alias("scp"), "true", ()),
    (10, "downloader_started", "/bin/busybox wget --help", "/bin/busybox cat /etc/passwd", ()),
    (10, "downloader_started", alias("curl"), "true", ()),
    (10, "orchestration_client_started", alias("kubectl", "get pods"), "true", ()),
    (10, "package_manager_started", alias("apk", "add x"), "true", ()),
    (10, "compiler_started", alias("clang"), "true", ()),
    (10, "remote_copy_started", alias("rsync"), "true", ()),
    (10, "orchestration_client_started", alias("docker", "ps"), "true", ()),
    (11, "encoded_payload", "sh -c 'echo dHJ1ZQ== | /bin/busybox base64 -d | sh'", "sh -c 'echo dHJ1ZQ== | /bin/busybox base64 -d'", ()),
    (11, "decoded_payload_piped", "echo 'echo dHJ1ZQ== | /bin/busybox base64 -d | sh' >/out/s; sh /out/s",
     "echo 'echo dHJ1ZQ== | /bin/busybox base64 -d >/out/t; sh /out/t' >/out/s; sh /out/s", ()),
    (11, "encoded_payload", alias("python3", """-c 'import base64; exec(base64.b64decode("cHJpbnQoKQ=="))'"""), alias("python3", """-c 'print("b64")'"""), ()),
    (11, "encoded_payload", alias("perl", "-e 'eval decode_base64(q(MQ==))'"), alias("perl", "-e 1"), ()),
    (12, "reverse_shell", "/ops reverse-shell 4000", "/ops local-shell", ()),
    (12, "network_socket_on_stdio", "/ops reverse-shell 4001", "/ops local-shell", ()),
    (12, "netcat_executes", alias("nc", "-w 1 -e /bin/sh 127.0.0.1 1"), "/bin/busybox nc -w 1 127.0.0.1 1", ()),
    (12, "netcat_executes", alias("socat", "TCP:127.0.0.1:1 EXEC:/bin/sh"), alias("socat", "TCP:127.0.0.1:1 STDOUT"), ()),
    (14, "user_management_started", alias("useradd", "mallory"), "/bin/busybox id", ()),
    (14, "user_management_started", alias("chpasswd"), "/bin/busybox id", ()),
    (14, "system_account_shell", "sh -c true", "sh -c true", ("-t", "--user=33"), ("-t", "--user=1000")),
    (15, "account_file_changed", "/bin/busybox ln -s /etc /tmp/e; /bin/busybox rm /tmp/e/passwd",
     "/bin/busybox ln -s /etc /tmp/e; /bin/busybox rm /tmp/e/motd", ()),
    (15, "system_binary_written", "echo x >/bin/evil", "echo x >/tmp/fine", ()),
    (15, "system_binary_changed", "/bin/busybox mv /bin/true /bin/ls2", "echo x >/tmp/a; /bin/busybox mv /tmp/a /tmp/b", ()),
    (15, "configuration_written", "echo x >/etc/motd", "echo x >/tmp/motd", ()),
    (15, "account_file_written", "echo mallory:x:0:0::/:/bin/sh >>/etc/passwd", "cat /etc/passwd", ()),
    (15, "account_file_changed", "echo x >/tmp/p; /bin/busybox mv /tmp/p /etc/passwd", "echo x >/tmp/p; /bin/busybox mv /tmp/p /etc/p", ()),
    (15, "account_file_changed", "echo x >/etc/p; cd /etc; /bin/busybox mv p ../etc/./passwd", "cd /etc; echo x >p; /bin/busybox mv p q", ()),
    (15, "package_database_written", "/bin/busybox mkdir -p /var/lib/dpkg; echo x >/var/lib/dpkg/status",
     "/bin/busybox mkdir -p /var/lib/app; echo x >/var/lib/app/status", ()),
    *[(15, "system_binary_written", f"/bin/busybox mkdir -p {folder}; echo x >{folder}/evil", f"/bin/busybox mkdir -p /srv{folder}; echo x >/srv{folder}/fine", ())
      for folder in ("/sbin", "/usr/bin", "/usr/sbin", "/usr/lib", "/boot")],
    (15, "system_binary_written", "cd /out; echo x >../bin/../bin/evil", "cd /bin; echo x >../out/fine", ()),
    (15, "system_binary_written", "/bin/busybox ln -s /bin /out/b; echo x >/out/b/evil", "/bin/busybox ln -s /out /tmp/b; echo x >/tmp/b/fine", ()),
    (15, "package_script_wrote",
     "printf '#!/bin/sh\\n/bin/busybox touch /bin/new\\n' >/out/dpkg; /bin/busybox chmod 755 /out/dpkg; /out/dpkg",
     "printf '#!/bin/sh\\n/bin/busybox touch /bin/new\\n' >/out/other; /bin/busybox chmod 755 /out/other; /out/other", ()),
    (15, "package_script_changed", "printf '#!/bin/sh\\n/bin/busybox chmod 755 /bin/busybox\\n' >/out/dpkg; /bin/busybox chmod 755 /out/dpkg; /out/dpkg",
     "/bin/busybox chmod 755 /bin/busybox", ()),
    (16, "hidden_file_created", "echo x >/opt/.x 2>/dev/null || echo x >/.x", "echo x >/tmp/.x", ()),
    (16, "hidden_directory_created", "/bin/busybox mkdir /tmp/.x", "/bin/busybox mkdir /tmp/x", ()),
    (16, "system_binary_changed", "/bin/busybox mkdir -p /usr/bin/deep", "/bin/busybox mkdir -p /srv/deep", ()),
    (16, "system_binary_changed", "echo x >/out/x; /bin/busybox mv /out/x /bin/x", "echo x >/out/x; /bin/busybox mv /out/x /out/y", ()),
    (17, "scheduled_task_written", "/bin/busybox mkdir -p /etc/cron.d; echo x >/etc/cron.d/x", "echo x >/etc/motd", ()),
    (17, "scheduled_task_changed", "/bin/busybox mkdir -p /etc/cron.d; echo x >/tmp/x; /bin/busybox mv /tmp/x /etc/cron.d/x", "echo x >/tmp/x; /bin/busybox mv /tmp/x /tmp/y", ()),
    (17, "loader_configuration_written", "echo /tmp/x.so >/etc/ld.so.preload", "cat /etc/passwd", ()),
    (17, "loader_configuration_changed", "echo x >/tmp/x; /bin/busybox mv /tmp/x /etc/ld.so.preload", "echo x >/tmp/x; /bin/busybox mv /tmp/x /etc/x", ()),
    (17, "login_module_written", "/bin/busybox mkdir -p /etc/pam.d; echo x >/etc/pam.d/login", "echo x >/etc/motd", ()),
    *[(17, "scheduled_task_written", f"/bin/busybox mkdir -p {folder}; echo x >{folder}/x", f"/bin/busybox mkdir -p /srv{folder}; echo x >/srv{folder}/x", ())
      for folder in ("/etc/systemd/system", "/etc/init.d", "/var/spool/cron/crontabs", "/var/spool/at", "/etc/cron.daily")],
    (17, "loader_configuration_written", "/bin/busybox mkdir -p /etc/ld.so.conf.d; echo /tmp >/etc/ld.so.conf.d/x.conf", "echo x >/etc/x.conf", ()),
    (17, "login_module_written", "/bin/busybox mkdir -p /usr/lib/x86_64-linux-gnu/security; echo x >/usr/lib/x86_64-linux-gnu/security/pam_evil.so",
     "/bin/busybox mkdir -p /usr/lib/x86_64-linux-gnu/security; echo x >/usr/lib/x86_64-linux-gnu/security/other.so", ()),
    (18, "shell_startup_written", "/bin/busybox mkdir -p /root; echo x >>/root/.bashrc", "/bin/busybox mkdir -p /root; echo x >>/root/notes", ()),
    (18, "shell_startup_changed", "/bin/busybox mkdir -p /root; echo x >/tmp/x; /bin/busybox mv /tmp/x /root/.profile", "echo x >/tmp/x; /bin/busybox mv /tmp/x /tmp/y", ()),
    (18, "shell_startup_read", "/bin/busybox mkdir -p /root; echo x >/root/.bashrc; /ops open-many /root/.bashrc 1",
     "/bin/busybox mkdir -p /root; echo x >/root/.bashrc; cat /root/.bashrc", ()),
    (18, "authorized_keys_written", "/bin/busybox mkdir -p /root/.ssh; echo k >>/root/.ssh/authorized_keys", "/bin/busybox mkdir -p /root/.ssh; echo k >/root/.ssh/known_hosts", ()),
    (18, "authorized_keys_changed", "/bin/busybox mkdir -p /root/.ssh; echo k >/tmp/k; /bin/busybox mv /tmp/k /root/.ssh/authorized_keys", "echo k >/tmp/k; /bin/busybox mv /tmp/k /tmp/l", ()),
    (18, "shell_profile_written", "/bin/busybox mkdir -p /etc/profile.d; echo x >/etc/profile.d/x.sh", "echo x >/etc/motd", ()),
    (18, "shell_profile_changed", "echo x >/tmp/x; /bin/busybox mv /tmp/x /etc/profile", "echo x >/tmp/x; /bin/busybox mv /tmp/x /etc/motd", ()),
    (18, "shell_startup_written", "/bin/busybox mkdir -p /home/u; echo x >/home/u/.zshrc", "/bin/busybox mkdir -p /home/u; echo x >/home/u/zshrc", ()),
    (19, "sensitive_file_linked", "/bin/busybox ln -s /etc/shadow /tmp/s", "/bin/busybox ln -s /etc/hosts /tmp/s", ()),
    (19, "sensitive_file_linked", "/bin/busybox ln /etc/shadow /etc/s", "/bin/busybox ln /etc/group /etc/g", ()),
    (19, "setuid_bit_set", "/bin/busybox cp /ops /out/x; /bin/busybox chmod 4755 /out/x", "/bin/busybox cp /ops /out/x; /bin/busybox chmod 755 /out/x", ()),
    (19, "setuid_bit_set", "/bin/busybox cp /ops /out/x; /bin/busybox chmod 2755 /out/x", "/bin/busybox cp /ops /out/x; /bin/busybox chmod 1755 /out/x", ()),
    (19, "sensitive_file_linked", "cd /etc; /bin/busybox ln -s ../etc/shadow /tmp/s", "cd /etc; /bin/busybox ln -s ../etc/group /tmp/s", ()),
    (20, "log_removed", "/bin/busybox mkdir -p /var/log; echo x >/var/log/x; /bin/busybox rm /var/log/x", "echo x >/tmp/x; /bin/busybox rm /tmp/x", ()),
    (20, "shell_history_removed", "/bin/busybox mkdir -p /root; echo x >/root/.bash_history; /bin/busybox rm /root/.bash_history", "/bin/busybox mkdir -p /root; echo x >/root/x; /bin/busybox rm /root/x", ()),
    (20, "shell_history_removed", "/bin/busybox mkdir -p /root; /bin/busybox ln -s /dev/null /root/.bash_history", "/bin/busybox ln -s /dev/null /tmp/x", ()),
    (20, "bulk_deletion", "/bin/busybox mkdir /out/d; cd /out/d; /bin/busybox seq 1 300 | /bin/busybox xargs /bin/busybox touch; /bin/busybox rm -r /out/d",
     "cd /out; for i in 1 2 3 4; do /bin/busybox mkdir d; /bin/busybox seq 1 90 | (cd d; /bin/busybox xargs /bin/busybox touch); /bin/busybox rm -r d; done", ()),
    (20, "destruction_tool_started", "/bin/busybox shred --help", "/bin/busybox rm --help", ()),
    (20, "disk_overwritten", "/bin/busybox dd if=/dev/zero of=/dev/sda count=0", "/bin/busybox dd if=/dev/zero of=/tmp/x count=1", ()),
    (20, "shell_history_moved", "/bin/busybox mkdir -p /root; echo x >/root/.bash_history; /bin/busybox mv /root/.bash_history /tmp/x", "echo x >/tmp/x; /bin/busybox mv /tmp/x /tmp/y", ()),
    (20, "shell_history_emptied", "/bin/busybox mkdir -p /root; echo x >/root/.bash_history; /bin/busybox truncate -s 0 /root/.bash_history",
     "/bin/busybox mkdir -p /root; echo x >/root/x; /bin/busybox truncate -s 0 /root/x", ()),
    (20, "log_removed", "/bin/busybox mkdir -p /var/log; echo x >/var/log/x; /bin/busybox truncate -s 0 /var/log/x", "echo x >/tmp/x; /bin/busybox truncate -s 0 /tmp/x", ()),
    *[(20, "destruction_tool_started", alias(tool), "true", ()) for tool in ("wipefs", "mkfs.ext4", "blkdiscard")],
    (21, "other_containers_files_written", "/bin/busybox mkdir -p /mnt/var/lib/docker/containers/x; echo x >/mnt/var/lib/docker/containers/x/y", "/bin/busybox mkdir -p /mnt/docker; echo x >/mnt/docker/y", ()),
    (21, "device_directory_file_created", "echo x >/dev/x", "echo x >/dev/null", ()),
    (21, "entry_point_written", "echo x >/docker-entrypoint.sh", "echo x >/srv.sh", ()),
    (21, "entry_point_changed", "echo x >/out/e; /bin/busybox mv /out/e /docker-entrypoint.sh", "echo x >/out/e; /bin/busybox mv /out/e /out/docker-entrypoint.sh", ()),
    (22, "root_gained", "/bin/busybox cp /ops /out/s; /bin/busybox chmod 4755 /out/s; /ops become-root /out/s", "/ops nothing", ()),
    (23, "sudo_heap_overflow", alias("sudoedit", "-s 'AAAA\\\\'"), alias("sudoedit", "/etc/hosts"), ()),
    (23, "pkexec_without_arguments", "/bin/busybox cp /bin/busybox /out/pkexec; exec -a '' /out/pkexec 2>/dev/null || "
     + "true", "/bin/busybox cp /bin/busybox /out/pkexec; /out/pkexec --help", ()),
    (24, "user_namespace_created", call(UNSHARE, CLONE_NEWUSER), call(UNSHARE, 0x04000000), UNCONFINED),
    (24, "user_namespace_then_mount", "/bin/busybox unshare -U -m /bin/busybox mount -t tmpfs none /tmp; true",
     "/bin/busybox mount -t tmpfs none /tmp; /bin/busybox unshare -U /bin/true; true", UNCONFINED),
    (24, "userfaultfd_used", call(USERFAULTFD, 0), "true", ()),
    (25, "kernel_module_loaded", call(INIT_MODULE, 0, 0, 0), "true", ()),
    (25, "kernel_interface_used", call(BPF, 0, 0, 0), "true", ()),
    (25, "kernel_interface_used", call(PERF_EVENT_OPEN, 0, 0, 0, 0, 0), "true", ()),
    (25, "system_control_used", call(SYSLOG, 10, 0, 0), "true", ()),
    (25, "keyring_used", call(KEYCTL, 0, -3, 0), "true", ()),
    *[(25, "kernel_module_loaded", call(number, 0, 0, 0), "true", ()) for number in (FINIT_MODULE, DELETE_MODULE, KEXEC_LOAD)],
    *[(25, "kernel_interface_used", call(number, 0, 0, 0), "true", ()) for number in (IOPL, IOPERM, SETTIMEOFDAY)],
    *[(25, "system_control_used", call(number, 0, 0, 0, 0), "true", ()) for number in (QUOTACTL, ACCT, SWAPON, REBOOT)],
    (26, "proc_root_escape", "cat /proc/self/root/etc/passwd", "cat /etc/passwd", ()),
    (26, "proc_root_escape", "cat /proc/self/root/etc/group", "cat /proc/self/mounts", ()),
    (26, "proc_root_escape", f"cat /proc/{os.getpid()}/root/etc/hostname; cat /proc/1/root/etc/hostname; true", "cat /proc/1/status", ("--pid=host", "--cap-add=SYS_PTRACE", *UNCONFINED)),
    (27, "kernel_hook_written", "echo x >/out/release_agent", "echo x >/out/agent", ()),
    (27, "kernel_hook_written", "echo 0 >/out/notify_on_release", "cat /etc/passwd >/out/notify", ()),
    (28, "runtime_socket_connected", "/ops reach-socket /other.sock", "/ops reach-socket self", RUNTIME_SOCKET),
    (28, "runtime_socket_connected", "/bin/busybox ln -s /other.sock /tmp/x; /ops reach-socket /proc/self/root/tmp/x",
     "/ops reach-socket self", RUNTIME_SOCKET),
    (29, "namespace_joined", call(SETNS, 0, 0), "true", ()),
    (29, "host_namespace_entered", f"/bin/busybox nsenter -m -t {os.getpid()} /bin/true", "true",
     ("--pid=host", "--cap-add=SYS_ADMIN", "--cap-add=SYS_PTRACE", "--cap-add=SYS_CHROOT", *UNCONFINED)),
    (29, "host_namespace_entered", f"/bin/busybox nsenter -n -t {os.getpid()} /bin/true", "/bin/busybox nsenter -p -t 1 /bin/true; true",
     ("--pid=host", "--cap-add=SYS_ADMIN", "--cap-add=SYS_PTRACE", *UNCONFINED)),
    (30, "mount_performed", "/bin/busybox mount -t tmpfs none /tmp", "/bin/busybox mount", ()),
    (30, "root_directory_changed", "/bin/busybox chroot / /bin/true", "true", ()),
    *[(30, "mount_performed", call(number, 0, 0, 0, 0, 0), "true", ()) for number in (FSOPEN, MOVE_MOUNT, OPEN_TREE, PIVOT_ROOT)],
    (30, "file_system_tool_started", alias("debugfs"), "true", ()),
    (31, "block_device_opened", f"/bin/busybox dd if={DISK} of=/dev/null count=0", "cat /dev/null", ("--device", DISK)),
    (31, "kernel_memory_opened", "/bin/busybox dd if=/dev/kmsg of=/dev/null bs=1 count=0", "cat /dev/null", ("--device", "/dev/kmsg", "--cap-add=SYSLOG")),
    (31, "device_node_made", "/bin/busybox mknod /tmp/d b 8 0", "/bin/busybox mknod /tmp/n c 1 3", ()),
    (32, "file_handle_opened", call(OPEN_BY_HANDLE_AT, -100, 0, 0), "cat /etc/passwd", ()),
    (33, "container_cgroup_left", "/ops join-cgroup /host-cgroup/unified/cgroup.procs || /ops join-cgroup /host-cgroup/cgroup.procs", "true", HOST_CGROUP),
    (34, "miner_pool_connection", "/bin/busybox nc -w 1 192.0.2.7 3333", "/bin/busybox nc -w 1 192.0.2.7 443", ()),
    (34, "kubernetes_api_contact", "/ops reach tcp 10.96.0.1 443; true", "exec /ops reach tcp 10.96.0.1 443", ()),
    (34, "miner_pool_connection", "/ops reach tcp 2001:db8::7 3333", "/ops reach tcp 2001:db8::7 443", ()),
    (35, "ssh_to_other_port", "/bin/busybox cp /ops /out/ssh; /out/ssh reach tcp 192.0.2.7 2222",
     "/bin/busybox cp /ops /out/ssh; /out/ssh reach tcp 192.0.2.7 22", ()),
    (35, "packet_socket_made", call(SOCKET, 17, 3, 768), call(SOCKET, 2, 1, 0), RAW),
    (35, "raw_socket_made", call(SOCKET, 2, 3, 1), call(SOCKET, 2, 1, 0), RAW),
    (35, "packet_socket_made", call(SOCKET, 40, 1, 0), call(SOCKET, 1, 1, 0), UNCONFINED),
    (36, "network_tool_started", alias("nmap"), "true", ()),
    *[(36, "network_tool_started", alias(tool), "true", ()) for tool in ("tcpdump", "tshark", "socat", "ngrok", "chisel", "masscan", "proxychains")],
    (37, "miner_started", alias("xmrig"), "true", ()),
    (37, "process_killed_for_memory", "/bin/busybox dd if=/dev/zero of=/dev/null bs=200M count=1; true",
     "/bin/busybox dd if=/dev/zero of=/dev/null bs=1M count=1", ("--memory=24m",)),
    (37, "forbidden_system_call", "sh -c 'kill -31 $$'; true", "sh -c 'kill -15 $$'; true", ()),
    (37, "miner_started", "/bin/busybox cp /ops /out/xmrig; /out/xmrig nothing", "/bin/busybox cp /ops /out/miner; /out/miner nothing", ()),
    (37, "miner_started", "exec -a xmrig /ops nothing", "exec -a worker /ops nothing", ()),
    (37, "miner_started", "printf '#!/bin/sh\\ntrue\\n' >/out/xmrig; /bin/busybox chmod 755 /out/xmrig; /out/xmrig",
     "printf '#!/bin/sh\\ntrue\\n' >/out/run; /bin/busybox chmod 755 /out/run; /out/run", ()),
]


def row_id(row):
    return f"{row[0]}-{row[1]}"


@pytest.fixture(scope="module")
def outcome(image, tmp_path_factory):
    """Both twins of every row, under one daemon. Return: the names of their containers, and the findings of each."""
    directory = tmp_path_factory.mktemp("coverage")
    daemon = Picket(directory, [], {}).start()
    containers = Containers()

    def both(row):
        _, _, attack, benign, options, *other = row
        started = time.time()
        bad = containers.run("/bin/sh", "-c", attack, name=containers.name("bad"), options=options, check=False)
        good = containers.run("/bin/sh", "-c", benign, name=containers.name("good"),
                              options=other[0] if other else options, check=False)
        return bad, good, started

    reader = subprocess.Popen([BUILD / "picket", "events", "-f", "--json", "-n", "0"], stdout=subprocess.PIPE, env=daemon.environment)
    arrivals = []
    keeper = threading.Thread(target=lambda: arrivals.extend((time.time(), line) for line in reader.stdout))
    keeper.start()
    try:
        with ThreadPoolExecutor(3) as pool:
            names = list(pool.map(both, ROWS))
        time.sleep(1)
    finally:
        reader.terminate()
        reader.wait(10)
        keeper.join(10)
    findings = {}
    for arrived, line in arrivals:
        finding = json.loads(line)
        finding["arrived_after_ms"] = (arrived - datetime.fromisoformat(finding["time"][:26] + "+00:00").timestamp()) * 1000
        findings.setdefault(finding.get("container.name"), []).append(finding)
    lost = daemon.value("picket_events_lost_total")
    logs = {name: docker("logs", name, check=False) for pair in names for name in pair[:1]}
    containers.remove_all()
    daemon.stop()
    yield dict(zip(map(id, ROWS), names)), findings, lost, logs


def rules_of(findings, name):
    return sorted({finding["rule"] for finding in findings.get(name, [])})


@pytest.mark.parametrize("row", ROWS, ids=map(row_id, ROWS))
def test_the_behaviour_is_noticed_and_its_benign_twin_is_not(outcome, row):
    names, findings, lost, logs = outcome
    bad, good, _ = names[id(row)]
    assert lost == 0
    log = logs[bad]
    if row[1] == "host_namespace_entered" and not hosts_namespaces_are_known():
        pytest.skip("picket has a mount namespace of its own, and this machine lets not even root read /proc/1/ns")
    assert row[1] in rules_of(findings, bad), f"{row[2]!r} raised {rules_of(findings, bad)}; it said {log.stdout}{log.stderr}"
    assert row[1] not in rules_of(findings, good), f"{row[3]!r} raised {rules_of(findings, good)}"


def test_the_table_of_what_was_found(outcome, capsys):
    """Time to event: from the kernel's record to the line that `picket events` printed."""
    names, findings, _, _ = outcome
    lines = [f"{'no':>3} {'rule':32} {'found':6} {'twin':7} {'ms':>7}  what was done"]
    for row in ROWS:
        bad, good, _ = names[id(row)]
        events = [finding for finding in findings.get(bad, []) if finding["rule"] == row[1]]
        after = f"{min(finding['arrived_after_ms'] for finding in events):.1f}" if events else "-"
        silent = "silent" if row[1] not in rules_of(findings, good) else "RAISED"
        lines.append(f"{row[0]:>3} {row[1]:32} {'yes' if events else 'NO':6} {silent:7} {after:>7}  {row[2].split('; ')[-1][:70]}")
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    assert len(names) == len(ROWS)
