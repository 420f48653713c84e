# SPDX-License-Identifier: GPL-2.0-only
"""make install: what lies where, the manual page, the completion."""
import re

import pytest
from conftest import BUILD, SOURCE, need, run


def install(root, *variables):
    run("make", "--no-print-directory", "-C", SOURCE, "install", f"BUILD={BUILD}", f"DESTDIR={root}", *variables)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    path = tmp_path_factory.mktemp("root")
    install(path)
    return path


def test_files_lie_below_the_prefix(root):
    for name, mode in (("usr/local/bin/picket", 0o755), ("usr/local/lib/systemd/system/picket.service", 0o644),
                       ("usr/local/share/man/man8/picket.8", 0o644), ("etc/default/picket", 0o644)):
        assert (root / name).stat().st_mode & 0o777 == mode, name
    assert (root / "etc/picket/rules.d").is_dir()


def test_unit_starts_the_binary_that_was_installed(root, tmp_path):
    assert "ExecStart=/usr/local/bin/picket " in (root / "usr/local/lib/systemd/system/picket.service").read_text()
    install(tmp_path, "PREFIX=/usr")
    assert "ExecStart=/usr/bin/picket " in (tmp_path / "usr/lib/systemd/system/picket.service").read_text()


def test_configuration_is_kept(tmp_path):
    (tmp_path / "etc/default").mkdir(parents=True)
    (tmp_path / "etc/default/picket").write_text("mine\n")
    install(tmp_path)
    assert (tmp_path / "etc/default/picket").read_text() == "mine\n"


def test_uninstall_takes_everything_but_configuration(tmp_path):
    install(tmp_path)
    run("make", "--no-print-directory", "-C", SOURCE, "uninstall", f"BUILD={BUILD}", f"DESTDIR={tmp_path}")
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if not path.is_dir()}
    assert left == {"etc/default/picket"}
    assert (tmp_path / "etc/picket/rules.d").is_dir()


def test_manual_page_is_clean_and_has_every_flag(root):
    need("mandoc")
    page = root / "usr/local/share/man/man8/picket.8"
    lint = run("mandoc", "-T", "lint", "-W", "warning", page, check=False)
    assert lint.returncode == 0, lint.stdout
    text = re.sub(r".\x08", "", run("mandoc", "-T", "ascii", page).stdout)
    words = run(BUILD / "picket", "--help").stdout
    flags = re.findall(r"^  (--\S+)", words, re.M) + re.findall(r"^  (O[A-Z]+_\S+)", words, re.M)
    assert len(flags) > 20
    assert not [flag for flag in flags if flag not in text]


@pytest.mark.parametrize("line, wanted", [
    ("picket --enf", "--enforce"), ("picket --no-enf", "--no-enforce"), ("picket eve", "events"),
    ("picket events --fo", "--follow"), ("picket --otlp", "--otlp.endpoint"),
])
def test_completion(root, line, wanted):
    need("bash")
    words = line.split()
    script = (f"PATH={root}/usr/local/bin:$PATH; . {root}/usr/local/share/bash-completion/completions/picket;"
              f"COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _picket; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    assert wanted in run("bash", "-c", script).stdout.splitlines()


def test_version_of_every_part_is_the_same():
    version = re.search(r"^VERSION := (\S+)", (SOURCE / "Makefile").read_text(), re.M)[1]
    assert re.match(rf"picket \({re.escape(version)}-", (SOURCE / "deploy/debian/changelog").read_text())
