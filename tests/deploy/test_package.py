# SPDX-License-Identifier: GPL-2.0-only
"""The Debian package in a clean root: installed, upgraded, removed, purged; nothing is left behind.

Needs root, debootstrap and lintian.
"""
import os
import re
import shutil

import pytest
from conftest import BUILD, SOURCE, need, run

# what dpkg itself writes at each turn
OWN_RECORDS = re.compile(r"var/lib/dpkg/(status|status-old|available|lock.*|triggers/Lock|diversions.*|statoverride.*)"
                         r"|var/log/|var/cache/|\.packages")
UNIT_LINK = "etc/systemd/system/multi-user.target.wants/picket.service"


def package(version="0.1.0-1"):
    return BUILD / f"deb/picket_{version}_amd64.deb"


def listing(root):
    """{path: what tells whether it is the same}, without what dpkg keeps for itself."""
    found = {}
    for directory, names, files in os.walk(root):
        for name in names + files:
            path = os.path.join(directory, name)
            short = os.path.relpath(path, root)
            if OWN_RECORDS.match(short) or short.startswith(("proc/", "sys/", "dev/")):
                continue
            status = os.lstat(path)
            size = status.st_size if os.path.isfile(path) else 0
            found[short] = (status.st_mode, status.st_uid, status.st_gid, size,
                            os.readlink(path) if os.path.islink(path) else "")
    return found


@pytest.fixture(scope="module")
def clean_root():
    if os.geteuid() != 0:
        pytest.skip("needs root")
    need("debootstrap", "dpkg-deb")
    depends = re.sub(r"\([^)]*\)|,", "", run("dpkg-deb", "-f", package(), "Depends").stdout).split()
    root = BUILD / "package-root"
    run(SOURCE / "tests/deploy/package_root.sh", root, *depends, timeout=550)
    return root


@pytest.fixture
def root(clean_root, tmp_path):
    copy = tmp_path / "root"
    run("cp", "-a", clean_root, copy)
    yield copy
    shutil.rmtree(copy)


@pytest.fixture(scope="module")
def next_package(tmp_path_factory):
    """The same package as a later version, with another default file."""
    folder = tmp_path_factory.mktemp("next")
    run("dpkg-deb", "-R", package(), folder / "tree")
    control = folder / "tree/DEBIAN/control"
    control.write_text(control.read_text().replace("Version: 0.1.0-1", "Version: 0.1.1-1"))
    with open(folder / "tree/etc/default/picket", "a", encoding="utf-8") as defaults:
        defaults.write("# of the next version\n")
    run("dpkg-deb", "--root-owner-group", "-b", folder / "tree", folder / "next.deb")
    return folder / "next.deb"


def chroot(root, *command, **options):
    return run("chroot", root, *command, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C",
                                              "DEBIAN_FRONTEND": "noninteractive",
                                              # deb-systemd-helper stands for systemctl and wants to know for whom
                                              "DPKG_MAINTSCRIPT_PACKAGE": "picket"}, **options)


def install(root, deb):
    shutil.copy(deb, root / "picket.deb")
    done = chroot(root, "dpkg", "--force-confold", "-i", "/picket.deb")
    (root / "picket.deb").unlink()
    return done


def test_lintian_finds_nothing():
    need("lintian")
    changes = next((BUILD / "deb").glob("picket_*.changes"))
    assert run("lintian", "--allow-root", "--profile", "debian", "--fail-on", "error,warning,info", package(),
               changes).stdout == ""


def test_depends_on_nothing_but_libraries():
    depends = run("dpkg-deb", "-f", package(), "Depends").stdout
    assert all(re.match(r"lib|zlib1g", word.strip()) for word in depends.split(","))


def test_installed_it_runs_but_nothing_is_enabled(root):
    install(root, package())
    assert "picket, version" in chroot(root, "picket", "--version").stdout
    assert not (root / UNIT_LINK).exists()
    assert not list(root.glob("etc/systemd/system/**/picket*"))
    assert chroot(root, "dpkg", "--verify", "picket").stdout == ""


def test_upgrade_keeps_what_was_changed_and_renews_what_was_not(root, next_package):
    install(root, package())
    install(root, next_package)
    assert "of the next version" in (root / "etc/default/picket").read_text()
    install(root, package())
    (root / "etc/default/picket").write_text("PICKET_FLAGS=--enforce\n")
    install(root, next_package)
    assert (root / "etc/default/picket").read_text() == "PICKET_FLAGS=--enforce\n"
    assert "0.1.1-1" in chroot(root, "dpkg-query", "-W", "picket").stdout


def test_an_upgrade_keeps_the_service_enabled_or_not_as_it_was(root, next_package):
    install(root, package())
    chroot(root, "deb-systemd-helper", "enable", "picket.service")
    assert (root / UNIT_LINK).is_symlink()
    install(root, next_package)
    assert (root / UNIT_LINK).is_symlink()


def test_an_upgrade_restarts_a_service_that_runs(root):
    install(root, package())
    script = (root / "var/lib/dpkg/info/picket.postinst").read_text()
    assert "deb-systemd-invoke try-restart 'picket.service'" in script


@pytest.mark.parametrize("turn, wanted", [("remove", ["deb-systemd-invoke stop picket.service", "picket unload"]),
                                          ("upgrade", [])])
def test_only_a_removal_stops_the_service_and_unloads_what_is_pinned(root, turn, wanted):
    """Both programs are replaced by ones that tell how they were called."""
    install(root, package())
    folder = root / "stubs"
    folder.mkdir()
    (root / "run/systemd/system").mkdir(parents=True, exist_ok=True)
    for program in ("deb-systemd-invoke", "picket"):
        (folder / program).write_text('#!/bin/sh\necho "${0##*/} $*" >>/called\n')
        (folder / program).chmod(0o755)
    chroot(root, "/bin/sh", "-c", f"PATH=/stubs:$PATH; /var/lib/dpkg/info/picket.prerm {turn} 0.1.1-1")
    called = root / "called"
    assert (called.read_text().splitlines() if called.exists() else []) == wanted


def test_removal_keeps_configuration(root):
    install(root, package())
    (root / "etc/picket/rules.d/mine.yaml").write_text("rules: []\n")
    chroot(root, "dpkg", "-r", "picket")
    assert not (root / "usr/bin/picket").exists()
    assert (root / "etc/default/picket").exists() and (root / "etc/picket/rules.d/mine.yaml").exists()


def test_purge_leaves_nothing_behind(root, next_package):
    before = listing(root)
    install(root, package())
    assert listing(root) != before
    chroot(root, "deb-systemd-helper", "enable", "picket.service")
    (root / "etc/picket/rules.d/mine.yaml").write_text("rules: []\n")
    (root / "var/lib/picket/incidents").mkdir(parents=True)
    (root / "var/lib/picket/incidents/1.json").write_text("{}\n")
    install(root, next_package)
    chroot(root, "dpkg", "-r", "picket")
    chroot(root, "dpkg", "-P", "picket")
    after = listing(root)
    assert {name: (before.get(name), after.get(name)) for name in before.keys() | after.keys()
            if before.get(name) != after.get(name)} == {}


def test_the_same_source_gives_the_same_package():
    first = run("sha256sum", package()).stdout
    run("make", "--no-print-directory", "-C", SOURCE, "deb", f"BUILD={BUILD}", timeout=580)
    assert run("sha256sum", package()).stdout == first
