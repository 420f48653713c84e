#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""confine.py UNIT -- COMMAND...: run COMMAND under the restrictions of a systemd unit, without systemd.

Reads the unit itself, so that what is tested is what is shipped: file systems, capabilities, system calls, namespaces
and address families. The command keeps this pid. The folder of PICKET_SOCKET stands for RuntimeDirectory; the one above
it, if that is one below /tmp, for StateDirectory. They and the command's own stay visible below the private /tmp.
A setting of the unit that is neither applied here nor listed as needing systemd is an error.
"""
import ctypes
import functools
import os
import re
import struct
import subprocess
import sys
from pathlib import Path

import seccomp

CLONE_NEWNS = 0x00020000
NAMESPACES = (CLONE_NEWNS, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000, 0x00000080)
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16}
PROT_WRITE, PROT_EXEC, SHM_EXEC = 2, 4, 0o100000
SET_ID_BITS = (0o4000, 0o2000)
MOUNT_SETATTR, MOUNT_ATTR_RDONLY, AT_FDCWD = 442, 1, -100
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
# What only systemd can do, or what says nothing about the command's rights.
NEEDS_SYSTEMD = {
    "Type", "EnvironmentFile", "ExecStart", "ExecReload", "Restart", "RestartSec", "ConfigurationDirectory",
    "RuntimeDirectory", "RuntimeDirectoryMode",
    "RuntimeDirectoryPreserve", "StateDirectory", "StateDirectoryMode", "SystemCallErrorNumber",
    "MemoryMax", "TasksMax", "OOMScoreAdjust", "DevicePolicy", "KeyringMode", "RemoveIPC", "PrivateMounts",
    "SystemCallArchitectures", "LimitMEMLOCK", "LimitNOFILE", "LimitCORE", "UMask",
}


def read_unit(path):
    """{setting: [values]} of the section [Service]."""
    settings, section = {}, ""
    for line in Path(path).read_text().splitlines():
        line = line.strip()
        if line.startswith("["):
            section = line
        elif section == "[Service]" and line and line[0] not in "#;":
            name, value = line.split("=", 1)
            settings.setdefault(name, []).append(value)
    return settings


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def mount_points():
    with open("/proc/self/mountinfo", encoding="utf-8") as table:
        return [re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), line.split()[4]) for line in table]


def below(path, roots):
    return any(path == root or path.startswith(root.rstrip("/") + "/") for root in roots)


def make_read_only(selected):
    """The mounts that selected() chooses."""
    libc = ctypes.CDLL(None, use_errno=True)
    attributes = struct.pack("QQQQ", MOUNT_ATTR_RDONLY, 0, 0, 0)
    for point in sorted(set(mount_points())):
        if selected(point) and libc.syscall(MOUNT_SETATTR, AT_FDCWD, os.fsencode(point), 0, attributes, len(attributes)):
            error = os.strerror(ctypes.get_errno())
            if os.path.exists(point) and not os.statvfs(point).f_flag & os.ST_RDONLY:
                sys.exit(f"confine: {point} stays writable: {error}")


def protect_system(writable):
    make_read_only(lambda point: not below(point, ("/dev", "/proc", "/sys", *writable)))


def protect_tunables(writable):
    for name in ("sys", "sysrq-trigger", "irq", "bus", "fs"):
        path = f"/proc/{name}"
        if os.path.exists(path):
            mount("--bind", path, path)
            mount("-o", "remount,bind,ro", path)
    make_read_only(lambda point: below(point, ("/sys",)) and not below(point, ("/sys/fs/cgroup", *writable)))
    hide("/proc/kallsyms", "/proc/kcore")


def protect_logs(_):
    hide("/proc/kmsg", "/dev/kmsg")


def hide(*paths):
    """As good as gone: a file without any permission, but not for CAP_DAC_OVERRIDE."""
    nothing = "/run/picket-confine-nothing"
    with open(os.open(nothing, os.O_CREAT | os.O_WRONLY, 0), "w", encoding="utf-8"):
        pass
    for path in paths:
        if os.path.exists(path):
            mount("--bind", nothing, path)
            mount("-o", "remount,bind,ro,nosuid,nodev,noexec", path)


def private_tmp(kept):
    """Fresh /tmp and /var/tmp, with what the test needs bound into them."""
    descriptors = [(path, os.open(path, os.O_PATH | os.O_DIRECTORY)) for path in kept]
    for tmp in ("/tmp", "/var/tmp"):
        mount("-t", "tmpfs", "-o", "mode=1777,nosuid,nodev", "tmpfs", tmp)
    for path, descriptor in descriptors:
        os.makedirs(path, exist_ok=True)
        subprocess.run(["mount", "--no-canonicalize", "--rbind", f"/proc/self/fd/{descriptor}", path], check=True,
                       pass_fds=[descriptor])


def writable_paths(settings):
    """Of ReadWritePaths: "-" says that a path may be missing."""
    for word in " ".join(settings.get("ReadWritePaths", [])).split():
        path = word.removeprefix("-")
        if os.path.exists(path):
            yield path
        elif path == word:
            sys.exit(f"confine: {path} is missing")


def confine_files(settings, command):
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS):
        sys.exit("confine: cannot unshare the mount namespace")
    mount("--make-rslave", "/")
    runtime = os.path.dirname(os.environ.get("PICKET_SOCKET", "/run/picket/x"))
    os.makedirs(runtime, mode=0o700, exist_ok=True)
    state, own = ([path] if below(path, ("/tmp", "/var/tmp")) else []
                  for path in (os.path.dirname(runtime), os.path.dirname(os.path.abspath(command[0]))))
    if settings.get("PrivateTmp") == ["yes"]:
        private_tmp(state + own)
    writable = [*state, runtime, *writable_paths(settings)]
    for path in writable:
        mount("--rbind", path, path)
    for name, values, apply in (("ProtectKernelTunables", ["yes"], protect_tunables),
                                ("ProtectKernelLogs", ["yes"], protect_logs),
                                ("ProtectSystem", ["strict"], protect_system)):
        if settings.get(name) == values:
            apply(writable)


def drop_capabilities(settings):
    """Leaves the bounding set; the permitted set of root becomes it when the command is executed."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = Path("/usr/include/linux/capability.h").read_text(encoding="utf-8")
    numbers = {name: int(number) for name, number in re.findall(r"#define (CAP_\w+)\s+(\d+)", header)}
    kept = {numbers[name] for name in " ".join(settings["CapabilityBoundingSet"]).split()}
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text(encoding="utf-8"))
    for number in set(range(last + 1)) - kept:
        if libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0):
            sys.exit(f"confine: cannot drop capability {number}")
    if settings.get("NoNewPrivileges") == ["yes"] and libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        sys.exit("confine: cannot set no_new_privs")


@functools.cache
def call_groups():
    """{@group: names and groups} as systemd knows them."""
    listed = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager"], capture_output=True, text=True, check=True)
    groups, group = {}, ""
    for line in listed.stdout.splitlines():
        name = line.strip()
        if line.startswith("@"):
            group = name
        elif line.startswith(" ") and name and not name.startswith("#"):
            groups.setdefault(group, []).append(name)
    return groups


def expand_calls(words):
    """The system calls of @groups and names."""
    calls = set()
    for word in words:
        calls |= expand_calls(call_groups()[word]) if word.startswith("@") else {word}
    return calls


def allowed_calls(settings):
    calls = set()
    for line in settings["SystemCallFilter"]:
        if line.startswith("~"):
            calls -= expand_calls(line[1:].split())
        else:
            calls |= expand_calls(line.split())
    # what systemd always allows
    return calls | expand_calls(["@default", "execve"])


def masked(position, mask, value):
    return seccomp.Arg(position, seccomp.MASKED_EQ, mask, value)


def refused(settings):
    """[(call, arguments)]: calls of the allowed ones that are refused for what they ask."""
    rules = []
    if settings.get("RestrictNamespaces") == ["yes"]:
        rules += [("setns", [])]
        rules += [(call, [masked(0, flag, flag)]) for call in ("unshare", "clone") for flag in NAMESPACES]
    if settings.get("MemoryDenyWriteExecute") == ["yes"]:
        both = PROT_WRITE | PROT_EXEC
        rules += [("mmap", [masked(2, both, both)]), ("mprotect", [masked(2, PROT_EXEC, PROT_EXEC)]),
                  ("pkey_mprotect", [masked(2, PROT_EXEC, PROT_EXEC)]), ("shmat", [masked(2, SHM_EXEC, SHM_EXEC)])]
    if settings.get("RestrictSUIDSGID") == ["yes"]:
        rules += [(call, [masked(position, bit, bit)]) for bit in SET_ID_BITS
                  for call, position in (("chmod", 1), ("fchmod", 1), ("fchmodat", 2), ("mkdir", 1), ("mkdirat", 2),
                                         ("mknod", 1), ("mknodat", 2), ("creat", 1))]
    if settings.get("LockPersonality") == ["yes"]:
        rules += [("personality", [seccomp.Arg(0, seccomp.NE, 0)])]
    if settings.get("RestrictRealtime") == ["yes"]:
        rules += [("sched_setscheduler", [seccomp.Arg(1, seccomp.NE, 0)])]
    families = [FAMILIES[name] for name in " ".join(settings.get("RestrictAddressFamilies", [])).split()]
    rules += [("socket", [seccomp.Arg(0, seccomp.EQ, family)]) for family in range(46) if family not in families]
    rules += [("socket", [seccomp.Arg(0, seccomp.GT, 45)])]
    return rules


def make_filters(settings):
    """Two filters, the one that allows last: the kernel takes the stricter answer of both."""
    allow = seccomp.SyscallFilter(seccomp.ERRNO(1))
    for call in sorted(allowed_calls(settings)):
        add_rule(allow, seccomp.ALLOW, call, [])
    refuse = seccomp.SyscallFilter(seccomp.ALLOW)
    for call, arguments in refused(settings):
        add_rule(refuse, seccomp.ERRNO(97 if call == "socket" else 1), call, arguments)
    if settings.get("RestrictNamespaces") == ["yes"]:
        add_rule(refuse, seccomp.ERRNO(38), "clone3", [])
    return refuse, allow


def add_rule(target, action, call, arguments):
    try:
        target.add_rule(action, call, *arguments)
    except (RuntimeError, OSError, ValueError):
        if seccomp.resolve_syscall(seccomp.Arch(), call) >= 0:
            raise


APPLIED = {"Nice", "CapabilityBoundingSet", "NoNewPrivileges", "SystemCallFilter", "RestrictAddressFamilies",
           "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID", "LockPersonality", "MemoryDenyWriteExecute",
           "ProtectSystem", "ProtectHome", "PrivateTmp", "ProtectKernelTunables", "ProtectKernelLogs",
           "ReadWritePaths",
           # their system calls and capabilities are not among those allowed
           "ProtectKernelModules", "ProtectClock", "ProtectHostname"}


def check_complete(settings):
    unknown = settings.keys() - NEEDS_SYSTEMD - APPLIED
    if unknown:
        sys.exit(f"confine: cannot apply {' '.join(sorted(unknown))}")
    calls = allowed_calls(settings)
    for call in ("init_module", "finit_module", "delete_module", "sethostname", "setdomainname", "settimeofday",
                 "clock_settime", "syslog"):
        if call in calls:
            sys.exit(f"confine: {call} is allowed, but a Protect setting refuses it")


def main():
    if len(sys.argv) < 4 or sys.argv[2] != "--":
        sys.exit(__doc__)
    settings, command = read_unit(sys.argv[1]), sys.argv[3:]
    check_complete(settings)
    filters = make_filters(settings)
    confine_files(settings, command)
    os.setpriority(os.PRIO_PROCESS, 0, int(settings.get("Nice", ["0"])[-1]))
    drop_capabilities(settings)
    for system_calls in filters:
        system_calls.load()
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
