# SPDX-License-Identifier: GPL-2.0-only
"""The service unit: its exposure, and what a process under its restrictions can and cannot do."""
import os
import re

import pytest
from conftest import SOURCE, need, run

UNIT = SOURCE / "deploy/picket.service"
# systemd's scale: 0 is safe, 10 is not. A change that raises it has to raise this figure too, knowingly.
MOST_EXPOSURE = 3.2
CAPABILITIES = {"bpf": 39, "perfmon": 38, "net_admin": 12, "sys_ptrace": 19, "dac_read_search": 2, "kill": 5}


def exposure(unit):
    need("systemd-analyze")
    listed = run("systemd-analyze", "security", "--offline=true", unit).stdout
    return float(re.search(r"Overall exposure level for \S+: ([\d.]+)", listed)[1])


def test_exposure_is_within_its_bound():
    score = exposure(UNIT)
    print(f"systemd-analyze security: {score}")
    assert score <= MOST_EXPOSURE


def test_the_bound_notices_a_setting_that_is_lost(tmp_path):
    weaker = tmp_path / "picket.service"
    weaker.write_text(UNIT.read_text().replace("ProtectSystem=strict\n", "").replace("NoNewPrivileges=yes\n", ""))
    assert exposure(weaker) > MOST_EXPOSURE


def test_systemd_understands_every_line(tmp_path):
    need("systemd-analyze")
    unit = tmp_path / "picket.service"
    unit.write_text(UNIT.read_text().replace("/usr/bin/picket", "/bin/true"))
    assert run("systemd-analyze", "verify", "--man=no", unit).stderr == ""


@pytest.fixture
def confined(tmp_path):
    """confined(script): the result of a shell script under the unit's restrictions."""
    need("systemd-analyze")
    if os.geteuid() != 0:
        pytest.skip("needs root")
    pytest.importorskip("seccomp")

    def call(script):
        return run(SOURCE / "tests/deploy/confine.py", UNIT, "--", "/bin/bash", "-c", script, check=False,
                   env={**os.environ, "PICKET_SOCKET": str(tmp_path / "run/control.sock")})

    return call


# Without the restrictions these succeed and leave nothing.
HARMLESS = [
    "unshare -m true", "unshare -U true", "dmesg --syslog >/dev/null", "setpriv --reuid 1 true", "chroot / true",
    "unshare -m mount -t tmpfs none /mnt",
    "chrt -f 1 true", "/usr/bin/python3 -c 'import socket; socket.socket(17, 3, 0)'",
    "/usr/bin/python3 -c 'import socket; socket.socket(16, 3, 0)'",
    "/usr/bin/python3 -c 'import mmap; mmap.mmap(-1, 4096, prot=7)'",
]


@pytest.mark.parametrize("script", HARMLESS)
def test_refused_only_under_the_restrictions(confined, script):
    assert confined(script).returncode != 0
    if run("/bin/bash", "-c", script, check=False).returncode:
        pytest.skip("this machine refuses it to everybody")


@pytest.mark.parametrize("script", [
    "touch /etc/picket-test", "touch /usr/picket-test", "touch /root/picket-test", "touch /boot/picket-test",
    "echo 1 >/proc/sys/vm/drop_caches", "echo h >/proc/sysrq-trigger", "test -s /proc/kallsyms", "test -s /dev/kmsg",
    "nsenter -t 1 -m true", "chmod u+s \"$(dirname \"$PICKET_SOCKET\")\"",
    "chown 1:1 \"$(dirname \"$PICKET_SOCKET\")\"", "hostname picket-test", "date -s @0",
    "mknod \"$(dirname \"$PICKET_SOCKET\")/null\" c 1 3",
])
def test_refused(confined, script):
    assert confined(script).returncode != 0


def test_capabilities_are_those_of_the_unit_and_stay_so(confined):
    status = confined("cat /proc/self/status").stdout
    wanted = sum(1 << number for number in CAPABILITIES.values())
    for name in ("CapPrm", "CapEff", "CapBnd"):
        assert int(re.search(rf"{name}:\s*(\w+)", status)[1], 16) == wanted, name
    assert "NoNewPrivs:\t1" in status and "Seccomp:\t2" in status


def test_it_runs_before_others_as_the_unit_says(confined):
    wanted = re.search(r"^Nice=(\S+)", UNIT.read_text(), re.M)
    assert confined("nice").stdout.strip() == (wanted[1] if wanted else "0")


def test_programs_can_be_pinned_and_nothing_else_of_sys_is_writable(confined):
    if not os.path.ismount("/sys/fs/bpf"):
        pytest.skip("no bpf file system is mounted")
    folder = f"/sys/fs/bpf/picket-test-{os.getpid()}"
    assert confined(f"mkdir {folder} && rmdir {folder}").returncode == 0
    assert confined("test ! -w /sys/kernel && test ! -w /sys/fs").returncode == 0


def test_what_picket_needs_is_allowed(confined):
    done = confined("set -e; touch \"$PICKET_SOCKET\"; test -r /sys/kernel/btf/vmlinux; head -c1 /etc/shadow >/dev/null;"
                    "sleep 9 & head -c1 /proc/$!/maps >/dev/null; kill $!")
    assert done.returncode == 0, done.stderr


def test_a_setting_that_cannot_be_applied_is_an_error(tmp_path):
    pytest.importorskip("seccomp")
    unit = tmp_path / "unit.service"
    unit.write_text(UNIT.read_text() + "\n[Service]\nInventedSetting=yes\n")
    done = run(SOURCE / "tests/deploy/confine.py", unit, "--", "/bin/true", check=False)
    assert done.returncode != 0 and "InventedSetting" in done.stderr
