#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""seccomp.py: the system calls that picket.service allows, as a profile for Docker and Podman, to standard output.

Older engines' own profile refuses bpf(2) even with CAP_BPF. Needs systemd-analyze, which knows the groups.
"""
import json
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCE / "tests/deploy"))

import confine  # noqa: E402

# what an engine does between loading the profile and starting the program
ENGINE = {"capget", "capset", "prctl", "setgid", "setgroups", "setuid", "fchdir", "chdir"}


def main():
    settings = confine.read_unit(SOURCE / "deploy/picket.service")
    calls = sorted(confine.allowed_calls(settings) | ENGINE)
    profile = {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1, "architectures": ["SCMP_ARCH_X86_64"],
               "syscalls": [{"names": calls, "action": "SCMP_ACT_ALLOW"}]}
    print(json.dumps(profile, indent=1))


if __name__ == "__main__":
    main()
