# SPDX-License-Identifier: GPL-2.0-only
"""What is wrong is said in one line, and ends picket or leaves the old state."""
import os
import re
import signal
import socket
import subprocess

from conftest import BUILD, free_port, run, wait_for

GOOD = ("rules:\n- name: mine\n  description: Mine.\n  severity: info\n  event: file_open\n"
        "  where: {file.path: /etc/passwd}\n  scope: container\n")
BROKEN = GOOD.replace("severity: info", "severity: informational")


def start(tmp_path, *flags, **options):
    """Run what must end by itself."""
    return run(BUILD / "picket", f"--control.socket={tmp_path}/other.sock", *flags, check=False, timeout=20, **options)


def on_loopback():
    return f"--web.listen-address=127.0.0.1:{free_port()}"


def test_an_unknown_flag_ends_with_2_and_the_flag_that_was_meant(tmp_path):
    done = start(tmp_path, "--web.listen-adress=127.0.0.1:0")
    assert done.returncode == 2
    assert "--web.listen-address" in done.stderr and done.stderr.count("\n") == 1


def test_an_unknown_command_ends_with_2():
    done = run(BUILD / "picket", "evnts", check=False)
    assert done.returncode == 2 and "events" in done.stderr


def test_a_command_without_a_daemon_says_so(tmp_path):
    done = run(BUILD / "picket", "events", check=False, env={**os.environ, "PICKET_SOCKET": f"{tmp_path}/none.sock"})
    assert done.returncode == 1 and "no daemon answers" in done.stderr


def test_a_port_in_use_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = start(tmp_path, f"--web.listen-address={address}")
    assert done.returncode == 1
    errors = [line for line in done.stderr.splitlines() if "level=error" in line]
    assert len(errors) == 1 and address in errors[0] and "in use" in errors[0].lower(), done.stderr
    assert not os.path.exists(tmp_path / "other.sock")


def test_without_root_it_says_what_to_do(tmp_path):
    binary = tmp_path / "picket"
    binary.write_bytes((BUILD / "picket").read_bytes())
    binary.chmod(0o755)
    for directory in (tmp_path, *tmp_path.parents):
        if directory.owner() == "root" and not os.stat(directory).st_mode & 0o001:
            directory.chmod(0o711)
    done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(binary), on_loopback()],
                          capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert "root" in done.stderr and "sudo" in done.stderr, done.stderr


def test_without_btf_it_says_what_the_kernel_needs(tmp_path):
    hide = 'mount -t tmpfs none /sys/kernel/btf && exec "$@"'
    done = run("unshare", "--mount", "sh", "-c", hide, "sh", BUILD / "picket", on_loopback(),
               f"--control.socket={tmp_path}/other.sock", check=False, timeout=20)
    assert done.returncode == 1 and "CONFIG_DEBUG_INFO_BTF" in done.stderr, done.stderr


def test_without_a_cgroup2_mount_it_says_how_to_mount_it(tmp_path):
    umount = "umount -a -t cgroup2 && exec \"$@\""
    done = run("unshare", "--mount", "sh", "-c", umount, "sh", BUILD / "picket", on_loopback(),
               f"--control.socket={tmp_path}/other.sock", check=False, timeout=20)
    assert done.returncode == 1 and "mount -t cgroup2" in done.stderr, done.stderr


def test_a_broken_rule_file_ends_the_start_with_file_line_and_column(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text(BROKEN)
    done = start(tmp_path, f"--rules.path={path}", on_loopback())
    assert done.returncode == 1
    assert re.search(rf"{re.escape(str(path))}:4:\d+", done.stderr), done.stderr


def test_check_names_file_line_and_column_too(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text(BROKEN)
    done = run(BUILD / "picket", "check", path, check=False)
    assert done.returncode == 1
    assert re.search(rf"{re.escape(str(path))}:4:\d+", done.stdout + done.stderr)
    path.write_text(GOOD)
    assert run(BUILD / "picket", "check", path).returncode == 0


def test_a_rule_file_that_is_not_there_ends_the_start(tmp_path):
    done = start(tmp_path, f"--rules.path={tmp_path}/none.yaml", on_loopback())
    assert done.returncode == 1 and f"{tmp_path}/none.yaml" in done.stderr


def test_a_rule_file_broken_at_reload_keeps_the_old_rules(picket, containers, tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(GOOD)
    daemon = picket(f"--rules.path={path}")
    rules = daemon.value("picket_rules_loaded")
    assert rules >= 3 and daemon.value("picket_rules_last_reload_successful") == 1
    path.write_text(BROKEN)
    daemon.process.send_signal(signal.SIGHUP)
    wait_for(lambda: daemon.value("picket_rules_last_reload_successful") == 0, "the failed reload to show")
    assert daemon.value("picket_rules_loaded") == rules
    assert re.search(rf"{re.escape(str(path))}:4:\d+", daemon.log)
    name = containers.run("/ops", "open-many", "/etc/passwd", "1")
    assert len(daemon.wait_finding("--container", name, "--rule", "mine")) == 1
    path.write_text(GOOD.replace("/etc/passwd", "/etc/group"))
    daemon.process.send_signal(signal.SIGHUP)
    wait_for(lambda: daemon.value("picket_rules_last_reload_successful") == 1, "the good reload to show")
    name = containers.run("/ops", "open-many", "/etc/group", "1")
    assert len(daemon.wait_finding("--container", name, "--rule", "mine")) == 1


def test_a_second_picket_is_refused_and_the_first_goes_on(picket):
    daemon = picket()
    done = run(BUILD / "picket", f"--control.socket={daemon.socket}", on_loopback(), check=False, timeout=20)
    assert done.returncode == 1
    assert str(daemon.socket) in done.stderr and "another picket" in done.stderr
    assert daemon.cli("status").returncode == 0


def test_a_stale_socket_of_a_killed_picket_is_no_obstacle(picket):
    daemon = picket()
    daemon.process.kill()
    daemon.process.wait(10)
    assert daemon.socket.exists()
    daemon.start()
    assert daemon.cli("status").returncode == 0


def test_a_bad_endpoint_ends_the_start(tmp_path):
    done = start(tmp_path, "--otlp.endpoint=collector:4318", on_loopback())
    assert done.returncode == 1 and "collector:4318" in done.stderr
