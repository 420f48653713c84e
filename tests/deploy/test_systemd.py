# SPDX-License-Identifier: GPL-2.0-only
"""
The unit under systemd itself: Debian with the package in a virtual machine, whose pid 1 is systemd, on Debian's kernel.

Needs root, debootstrap and QEMU. The machine is emulated in software: it takes minutes.
"""
import os
import re
import shutil
import subprocess

import pytest
from conftest import BUILD, SOURCE, need, run
from test_package import package
from test_unit import CAPABILITIES, MOST_EXPOSURE

RELEASE = "bookworm"
SECONDS = 900
SHARE_TO_LEAVE_OUT = ("doc", "man", "locale", "zoneinfo", "info", "lintian", "perl")
PROBE_UNIT = """[Unit]
After=basic.target
[Service]
Type=oneshot
ExecStart=/probe.sh
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
"""


def make_disk(root):
    """An archive of the folder, which the kernel unpacks into memory."""
    (root / "etc/systemd/system/probe.service").write_text(PROBE_UNIT)
    shutil.copy(SOURCE / "tests/deploy/systemd_probe.sh", root / "probe.sh")
    shutil.copy(package(), root / "picket.deb")
    run("chroot", root, "dpkg", "-i", "/picket.deb")
    for name in SHARE_TO_LEAVE_OUT:
        shutil.rmtree(root / "usr/share" / name, ignore_errors=True)
    (root / "init").symlink_to("usr/lib/systemd/systemd")
    archive = root.parent / "disk.cpio"
    with open(archive, "wb") as out:
        names = subprocess.run(["find", ".", "-mindepth", "1"], cwd=root, stdout=subprocess.PIPE, check=True).stdout
        subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], cwd=root, input=names, stdout=out, check=True)
    shutil.rmtree(root)
    return archive


@pytest.fixture(scope="module")
def probe(tmp_path_factory):
    """{name: [values]} of what the machine says."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    need("debootstrap", "dpkg-deb", "cpio", "qemu-system-x86_64")
    fetched = run(SOURCE / "tests/kernels/run.sh", "--kernel", RELEASE, check=False, timeout=580,
                  env={**os.environ, "BUILD": str(BUILD)})
    if fetched.returncode:
        pytest.skip(f"no kernel of {RELEASE}: {fetched.stderr[-200:]}")
    depends = re.sub(r"\([^)]*\)|,", "", run("dpkg-deb", "-f", package(), "Depends").stdout).split()
    run(SOURCE / "tests/deploy/package_root.sh", BUILD / "systemd-root", *depends, "systemd", timeout=580)
    folder = tmp_path_factory.mktemp("machine")
    run("cp", "-a", BUILD / "systemd-root", folder / "root")
    disk = make_disk(folder / "root")
    console = folder / "console"
    try:
        run("qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "2048", "-smp", "2", "-nodefaults", "-display", "none",
            "-no-reboot", "-serial", f"file:{console}", "-kernel", fetched.stdout.split()[-1], "-initrd", disk, "-append",
            "console=ttyS0 quiet panic=-1 no_timer_check systemd.unit=probe.service systemd.show_status=0 "
            "lsm=landlock,lockdown,yama,integrity,apparmor,bpf", check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        pass
    disk.unlink()
    text = console.read_text(errors="replace").replace("\r", "")
    assert "PROBE end" in text, text[-3000:]
    said = {}
    for name, value in re.findall(r"^PROBE (\S+) ?(.*)$", text, re.M):
        said.setdefault(name, []).append(value)
    return said


def test_the_package_starts_nothing_by_itself(probe):
    assert probe["enabled-by-itself"] == ["disabled"] and probe["active-by-itself"] == ["inactive"]


def test_the_unit_becomes_ready_with_every_sensor(probe):
    assert probe["ready"] == ["yes"] and probe["state"] == ["active success"]
    backends = dict(re.search(r'sensor="(\w+)",backend="(\w+)"', line).groups() for line in probe["sensor"])
    print(f"\n{probe['kernel'][0]}, {probe['systemd'][0]}: {backends}")
    assert [sensor for sensor, backend in backends.items() if backend == "none"] in ([], ["perf"])
    assert len(backends) >= 10 and not [line for line in probe.get("blind", []) if "perf" not in line]


def test_systemds_own_score_of_the_running_unit(probe):
    print(f"\nsystemd-analyze security: {probe['score'][0]}")
    assert float(probe["score"][0]) <= MOST_EXPOSURE


def test_the_process_has_the_rights_of_the_unit_and_no_others(probe):
    wanted = sum(1 << number for number in CAPABILITIES.values())
    assert int(probe["CapBnd"][0], 16) == wanted and int(probe["CapEff"][0], 16) & ~wanted == 0
    assert (probe["NoNewPrivs"], probe["Seccomp"]) == (["1"], ["2"])


def test_an_attack_in_a_container_is_found(probe):
    assert "shadow_file_read" in probe["finding"]


def test_a_reload_keeps_the_process_and_an_upgrade_replaces_it(probe):
    assert probe["reload"] == ["accepted same-process"] and probe["upgrade"] == ["active"]


def test_a_removal_ends_the_service_and_leaves_nothing_in_the_kernel(probe):
    assert probe["removal"] == ["inactive ended 0"]
