# SPDX-License-Identifier: GPL-2.0-only
"""Programs that the image does not have, in a container whose root is an overlay as runtimes make it.

The Docker of these tests copies images (its storage driver asks nothing of the file system below), so runc is started
by hand on an overlay of the image.
"""
import json
import shutil
import uuid

import pytest

from conftest import make_image, run

CASES = {
    "copied": ("/bin/busybox cp /ops /opt/dropped; /opt/dropped nothing", True),
    "changed in place": ("/bin/busybox cp /bin/busybox /tmp/b; /bin/busybox dd if=/dev/zero of=/ops bs=1 count=1 seek=2000000 conv=notrunc 2>/tmp/e; /ops nothing", True),
    "moved into its place": ("/bin/busybox cp /ops /opt/new; /bin/busybox mv /opt/new /bin/true; /bin/true nothing", True),
    "through a symlink": ("/bin/busybox cp /ops /opt/dropped; /bin/busybox ln -s /opt/dropped /bin/link; /bin/link nothing", True),
    "of the image": ("/ops nothing; /bin/busybox true", False),
    "of the image by a symlink": ("/bin/busybox ln -s /ops /opt/link; /opt/link nothing", False),
}


@pytest.fixture
def overlay(image, tmp_path):
    """A bundle whose root is an overlay of the image, writable as a container's."""
    if not shutil.which("runc"):
        pytest.skip("runc is not installed")
    for name in ("lower", "upper", "work", "bundle/rootfs"):
        (tmp_path / name).mkdir(parents=True)
    run("gcc", "-static", "-O2", "-o", tmp_path / "ops", f"{__file__.rsplit('/', 1)[0]}/ops.c")
    make_image(tmp_path / "image.tar", tmp_path / "ops")
    run("tar", "-C", tmp_path / "lower", "-xf", tmp_path / "image.tar")
    (tmp_path / "lower/opt").mkdir()
    root = tmp_path / "bundle/rootfs"
    layers = ",".join(f"{name}dir={tmp_path / name}" for name in ("lower", "upper", "work"))
    done = run("mount", "-t", "overlay", "overlay", "-o", layers, root, check=False)
    if done.returncode:
        pytest.skip(f"no overlay can be mounted here: {done.stderr.strip()}")
    yield tmp_path / "bundle"
    run("umount", root)


def run_bundle(bundle, command):
    """Return: the id of the container, which has ended."""
    identity = uuid.uuid4().hex * 2
    (bundle / "config.json").unlink(missing_ok=True)
    run("runc", "spec", "-b", bundle)
    config = json.loads((bundle / "config.json").read_text())
    config["process"]["terminal"] = False
    config["process"]["args"] = ["/bin/sh", "-c", command]
    config["root"]["readonly"] = False
    config["linux"]["cgroupsPath"] = f"/docker/{identity}"
    (bundle / "config.json").write_text(json.dumps(config))
    run("runc", "run", "-b", bundle, identity, check=False)
    return identity


@pytest.mark.parametrize("case", CASES)
def test_a_program_is_dropped_when_it_is_not_the_images(case, picket, overlay):
    command, dropped = CASES[case]
    daemon = picket()
    identity = run_bundle(overlay, command)
    assert daemon.value("picket_process_execs_total", container_id=identity) >= 2, "the container was seen"
    attacked = run_bundle(overlay, "cat /etc/shadow")
    daemon.wait_finding("--container", attacked[:12], "--rule", "shadow_file_read")
    found = daemon.findings("--container", identity[:12], "--rule", "dropped_binary_executed")
    assert bool(found) == dropped, found
