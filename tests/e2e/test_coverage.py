# SPDX-License-Identifier: GPL-2.0-only
"""Every behaviour that the default rules must notice, done in a real container, beside a twin that must stay silent.

One daemon with the default rules watches all of it. A row says: number of the behaviour, rule, what the container runs,
and what its benign twin runs (of which only this rule must be silent). Names of programs are symlinks to BusyBox.
"""
import json
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conftest import BUILD, Containers, Picket, docker

# x86-64
PROCESS_VM_READV, USERFAULTFD, BPF, PERF_EVENT_OPEN, INIT_MODULE, KEYCTL, UNSHARE, SETNS, SYSLOG, PTRACE = (
    310, 323, 321, 298, 175, 250, 272, 308, 103, 101)
SOCKET, OPEN_BY_HANDLE_AT = 41, 304
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
RAW = ("--cap-add=NET_RAW",)
HOST_CGROUP = ("-v", "/sys/fs/cgroup:/host-cgroup")
SECRETS = ("--tmpfs", "/run/secrets")
UNCONFINED = ("--security-opt", "seccomp=unconfined")

# number, rule, attack, benign twin, options of the container, and of the twin where they differ
ROWS = [
    (1, "shadow_file_read", "cat /etc/shadow", "cat /etc/passwd", ()),
    (1, "sensitive_file_read", "echo x >/etc/sudoers; cat /etc/sudoers", "echo x >/etc/sudo.conf; cat /etc/sudo.conf", ()),
    (2, "private_key_read", "/bin/busybox mkdir -p /root/.ssh; echo k >/root/.ssh/id_rsa; cat /root/.ssh/id_rsa",
     "/bin/busybox mkdir -p /root/.ssh; echo k >/root/.ssh/known_hosts; cat /root/.ssh/known_hosts", ()),
    (2, "private_key_read", "/bin/busybox mkdir -p /home/u/.aws; echo k >/home/u/.aws/credentials; cat /home/u/.aws/credentials",
     "/bin/busybox mkdir -p /home/u/.aws; echo k >/home/u/.aws/config; cat /home/u/.aws/config", ()),
    (3, "service_account_token_read",
     "/bin/busybox mkdir -p /run/secrets/kubernetes.io/serviceaccount; echo t >/run/secrets/kubernetes.io/serviceaccount/token; "
     "cat /run/secrets/kubernetes.io/serviceaccount/token; true",
     "/bin/busybox mkdir -p /run/secrets/other; echo t >/run/secrets/other/token; cat /run/secrets/other/token", SECRETS),
    (4, "secret_search", "/bin/busybox grep -r password /etc", "/bin/busybox grep -r hello /etc", ()),
    (4, "secret_search", "/bin/busybox find / -name id_rsa -maxdepth 2", "/bin/busybox find /etc -name motd", ()),
    (5, "process_secrets_read", "sleep 5 & cat /proc/$!/environ", "cat /proc/self/environ", ()),
    (5, "process_attached", "/ops attach", call(PTRACE, 7, 99999), UNCONFINED),
    (5, "process_traces_itself", call(PTRACE, 0), call(PTRACE, 7, 99999), ()),
    (5, "process_memory_accessed", call(PROCESS_VM_READV, 1, 0, 0, 0, 0, 0), "true", UNCONFINED),
    (6, "cloud_metadata_contact", "/bin/busybox nc -w 1 169.254.169.254 80", "/bin/busybox nc -w 1 127.0.0.1 80", ()),
    (6, "cloud_metadata_datagram", "/ops reach udp 169.254.169.254 80", "/ops reach udp 127.0.0.1 80", ()),
    (7, "terminal_shell", "sh -c true", "sh -c true", ("-t",), ()),
    (7, "service_shell", alias("nginx", "shell", "/ops"), "/ops shell", ()),
    (8, "made_executable_and_run", "/bin/busybox cp /ops /out/x; /bin/busybox chmod 644 /out/x; cd /out; /bin/busybox chmod +x ./x; ./x nothing",
     "/bin/busybox cp /ops /out/x; /bin/busybox chmod 755 /out/x; /ops nothing", ()),
    (9, "memory_execution", "/ops memory", "/ops nothing", ()),
    (9, "deleted_executable", "/bin/busybox cp /ops /out/x; exec 3</out/x; /bin/busybox rm /out/x; /proc/self/fd/3 nothing",
     "exec 3</ops; /proc/self/fd/3 nothing", ()),
    (9, "temporary_directory_execution", "/bin/busybox cp /ops /tmp/x; /tmp/x nothing", "/ops nothing", ()),
    (9, "temporary_directory_execution", "/bin/busybox cp /ops /dev/shm/x; /dev/shm/x nothing; true", "/ops nothing",
     ("--tmpfs", "/dev/shm:exec")),
    (10, "package_manager_started", alias("apt-get", "update"), "true", ()),
    (10, "compiler_started", alias("gcc"), "true", ()),
    (10, "remote_copy_started", alias("scp"), "true", ()),
    (10, "downloader_started", "/bin/busybox wget --help", "/bin/busybox cat /etc/passwd", ()),
    (10, "downloader_started", alias("curl"), "true", ()),
    (10, "orchestration_client_started", alias("kubectl", "get pods"), "true", ()),
    (11, "encoded_payload", "sh -c 'echo dHJ1ZQ== | /bin/busybox base64 -d | sh'", "sh -c 'echo dHJ1ZQ== | /bin/busybox base64 -d'", ()),
    (11, "decoded_payload_piped", "echo 'echo dHJ1ZQ== | /bin/busybox base64 -d | sh' >/out/s; sh /out/s",
     "echo 'echo dHJ1ZQ== | /bin/busybox base64 -d >/out/t; sh /out/t' >/out/s; sh /out/s", ()),
    (12, "reverse_shell", "/ops reverse-shell 4000", "/ops local-shell", ()),
    (12, "network_socket_on_stdio", "/ops reverse-shell 4001", "/ops local-shell", ()),
    (12, "netcat_executes", alias("nc", "-w 1 -e /bin/sh 127.0.0.1 1"), "/bin/busybox nc -w 1 127.0.0.1 1", ()),
    (14, "user_management_started", alias("useradd", "mallory"), "/bin/busybox id", ()),
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
    (16, "hidden_file_created", "echo x >/opt/.x 2>/dev/null || echo x >/.x", "echo x >/tmp/.x", ()),
    (16, "hidden_directory_created", "/bin/busybox mkdir /tmp/.x", "/bin/busybox mkdir /tmp/x", ()),
    (17, "scheduled_task_written", "/bin/busybox mkdir -p /etc/cron.d; echo x >/etc/cron.d/x", "echo x >/etc/motd", ()),
    (17, "scheduled_task_changed", "/bin/busybox mkdir -p /etc/cron.d; echo x >/tmp/x; /bin/busybox mv /tmp/x /etc/cron.d/x", "echo x >/tmp/x; /bin/busybox mv /tmp/x /tmp/y", ()),
    (17, "loader_configuration_written", "echo /tmp/x.so >/etc/ld.so.preload", "cat /etc/passwd", ()),
    (17, "loader_configuration_changed", "echo x >/tmp/x; /bin/busybox mv /tmp/x /etc/ld.so.preload", "echo x >/tmp/x; /bin/busybox mv /tmp/x /etc/x", ()),
    (17, "login_module_written", "/bin/busybox mkdir -p /etc/pam.d; echo x >/etc/pam.d/login", "echo x >/etc/motd", ()),
    (18, "shell_startup_written", "/bin/busybox mkdir -p /root; echo x >>/root/.bashrc", "/bin/busybox mkdir -p /root; echo x >>/root/notes", ()),
    (18, "shell_startup_changed", "/bin/busybox mkdir -p /root; echo x >/tmp/x; /bin/busybox mv /tmp/x /root/.profile", "echo x >/tmp/x; /bin/busybox mv /tmp/x /tmp/y", ()),
    (18, "shell_startup_read", "/bin/busybox mkdir -p /root; echo x >/root/.bashrc; /ops open-many /root/.bashrc 1",
     "/bin/busybox mkdir -p /root; echo x >/root/.bashrc; cat /root/.bashrc", ()),
    (18, "authorized_keys_written", "/bin/busybox mkdir -p /root/.ssh; echo k >>/root/.ssh/authorized_keys", "/bin/busybox mkdir -p /root/.ssh; echo k >/root/.ssh/known_hosts", ()),
    (18, "authorized_keys_changed", "/bin/busybox mkdir -p /root/.ssh; echo k >/tmp/k; /bin/busybox mv /tmp/k /root/.ssh/authorized_keys", "echo k >/tmp/k; /bin/busybox mv /tmp/k /tmp/l", ()),
    (19, "sensitive_file_linked", "/bin/busybox ln -s /etc/shadow /tmp/s", "/bin/busybox ln -s /etc/hosts /tmp/s", ()),
    (19, "sensitive_file_linked", "/bin/busybox ln /etc/shadow /etc/s", "/bin/busybox ln /etc/group /etc/g", ()),
    (19, "setuid_bit_set", "/bin/busybox cp /ops /out/x; /bin/busybox chmod 4755 /out/x", "/bin/busybox cp /ops /out/x; /bin/busybox chmod 755 /out/x", ()),
    (20, "log_removed", "/bin/busybox mkdir -p /var/log; echo x >/var/log/x; /bin/busybox rm /var/log/x", "echo x >/tmp/x; /bin/busybox rm /tmp/x", ()),
    (20, "shell_history_removed", "/bin/busybox mkdir -p /root; echo x >/root/.bash_history; /bin/busybox rm /root/.bash_history", "/bin/busybox mkdir -p /root; echo x >/root/x; /bin/busybox rm /root/x", ()),
    (20, "shell_history_removed", "/bin/busybox mkdir -p /root; /bin/busybox ln -s /dev/null /root/.bash_history", "/bin/busybox ln -s /dev/null /tmp/x", ()),
    (20, "bulk_deletion", "/bin/busybox mkdir /out/d; cd /out/d; /bin/busybox seq 1 300 | /bin/busybox xargs /bin/busybox touch; /bin/busybox rm -r /out/d",
     "cd /out; for i in 1 2 3 4; do /bin/busybox mkdir d; /bin/busybox seq 1 90 | (cd d; /bin/busybox xargs /bin/busybox touch); /bin/busybox rm -r d; done", ()),
    (20, "destruction_tool_started", "/bin/busybox shred --help", "/bin/busybox rm --help", ()),
    (20, "disk_overwritten", "/bin/busybox dd if=/dev/zero of=/dev/sda count=0", "/bin/busybox dd if=/dev/zero of=/tmp/x count=1", ()),
    (21, "other_containers_files_written", "/bin/busybox mkdir -p /mnt/var/lib/docker/containers/x; echo x >/mnt/var/lib/docker/containers/x/y", "/bin/busybox mkdir -p /mnt/docker; echo x >/mnt/docker/y", ()),
    (21, "device_directory_file_created", "echo x >/dev/x", "echo x >/dev/null", ()),
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
    (26, "proc_root_escape", "cat /proc/self/root/etc/passwd", "cat /etc/passwd", ()),
    (27, "kernel_hook_written", "echo x >/out/release_agent", "echo x >/out/agent", ()),
    (28, "runtime_socket_connected", "/ops reach-socket /other.sock", "/ops reach-socket self", RUNTIME_SOCKET),
    (28, "runtime_socket_connected", "/bin/busybox ln -s /other.sock /tmp/x; /ops reach-socket /proc/self/root/tmp/x",
     "/ops reach-socket self", RUNTIME_SOCKET),
    (29, "namespace_joined", call(SETNS, 0, 0), "true", ()),
    (29, "host_namespace_entered", f"/bin/busybox nsenter -m -t {os.getpid()} /bin/true", "true",
     ("--pid=host", "--cap-add=SYS_ADMIN", "--cap-add=SYS_PTRACE", "--cap-add=SYS_CHROOT", *UNCONFINED)),
    (30, "mount_performed", "/bin/busybox mount -t tmpfs none /tmp", "/bin/busybox mount", ()),
    (30, "root_directory_changed", "/bin/busybox chroot / /bin/true", "true", ()),
    (31, "block_device_opened", f"/bin/busybox dd if={DISK} of=/dev/null count=0", "cat /dev/null", ("--device", DISK)),
    (31, "kernel_memory_opened", "/bin/busybox dd if=/dev/kmsg of=/dev/null bs=1 count=0", "cat /dev/null", ("--device", "/dev/kmsg", "--cap-add=SYSLOG")),
    (31, "device_node_made", "/bin/busybox mknod /tmp/d b 8 0", "/bin/busybox mknod /tmp/n c 1 3", ()),
    (32, "file_handle_opened", call(OPEN_BY_HANDLE_AT, -100, 0, 0), "cat /etc/passwd", ()),
    (33, "container_cgroup_left", "/ops join-cgroup /host-cgroup/unified/cgroup.procs || /ops join-cgroup /host-cgroup/cgroup.procs", "true", HOST_CGROUP),
    (34, "miner_pool_connection", "/bin/busybox nc -w 1 192.0.2.7 3333", "/bin/busybox nc -w 1 192.0.2.7 443", ()),
    (35, "ssh_to_other_port", "/bin/busybox cp /ops /out/ssh; /out/ssh reach tcp 192.0.2.7 2222",
     "/bin/busybox cp /ops /out/ssh; /out/ssh reach tcp 192.0.2.7 22", ()),
    (35, "packet_socket_made", call(SOCKET, 17, 3, 768), call(SOCKET, 2, 1, 0), RAW),
    (35, "raw_socket_made", call(SOCKET, 2, 3, 1), call(SOCKET, 2, 1, 0), RAW),
    (36, "network_tool_started", alias("nmap"), "true", ()),
    (37, "miner_started", alias("xmrig"), "true", ()),
    (37, "process_killed_for_memory", "/bin/busybox dd if=/dev/zero of=/dev/null bs=200M count=1; true",
     "/bin/busybox dd if=/dev/zero of=/dev/null bs=1M count=1", ("--memory=24m",)),
    (37, "forbidden_system_call", "sh -c 'kill -31 $$'; true", "sh -c 'kill -15 $$'; true", ()),
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

    follow = directory / "findings.jsonl"
    with open(follow, "wb") as out:
        reader = subprocess.Popen([BUILD / "picket", "events", "-f", "--json", "-n", "0"], stdout=out, env=daemon.environment)
        try:
            with ThreadPoolExecutor(3) as pool:
                names = list(pool.map(both, ROWS))
            time.sleep(1)
        finally:
            reader.terminate()
            reader.wait(10)
    findings = {}
    for line in follow.read_text().splitlines():
        finding = json.loads(line)
        findings.setdefault(finding.get("container.name"), []).append(finding)
    lost = daemon.value("picket_events_lost_total")
    logs = {name: docker("logs", name, check=False) for pair in names for name in pair[:1]}
    containers.remove_all()
    daemon.stop()
    yield dict(zip(map(id, ROWS), names)), findings, lost, logs


def hosts_namespaces_are_known():
    """Without a wrapper, picket's own are the host's."""
    try:
        os.stat("/proc/1/ns/mnt")
    except PermissionError:
        return "PICKET_WRAPPER" not in os.environ
    return True


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


def test_the_table_of_what_was_found(outcome):
    names, findings, _, _ = outcome
    print(f"\n{'no':>3} {'rule':32} {'found':6} {'events':>8}  also raised")
    for row in ROWS:
        bad, _, _ = names[id(row)]
        found = rules_of(findings, bad)
        events = [finding for finding in findings.get(bad, []) if finding["rule"] == row[1]]
        others = [rule for rule in found if rule != row[1]]
        print(f"{row[0]:>3} {row[1]:32} {'yes' if row[1] in found else 'NO':6} {len(events):>8}  {' '.join(others)}")
    assert len(names) == len(ROWS)
