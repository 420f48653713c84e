# SPDX-License-Identifier: GPL-2.0-only
"""What outlives the daemon when it runs with --bpf.pin, and what `picket unload` leaves."""
import os
import signal
import subprocess
import time
import uuid
from pathlib import Path

import pytest

from conftest import BUILD, docker, run, wait_for

OPENS = "picket_file_opens_total"
BPF_FS = Path("/sys/fs/bpf")


@pytest.fixture
def pin_path():
    if not os.path.ismount(BPF_FS):
        run("mount", "-t", "bpf", "bpf", BPF_FS)
    path = BPF_FS / f"picket-e2e-{uuid.uuid4().hex[:8]}"
    yield path
    run(BUILD / "picket", "unload", path)
    assert not path.exists()


def pinned(picket, pin_path, *flags):
    daemon = picket("--bpf.pin", f"--bpf.pin-path={pin_path}", *flags)
    daemon.journal = daemon.directory / "cgroups"
    return daemon


def wait_exit(name):
    wait_for(lambda: docker("inspect", "-f", "{{.State.Running}}", name).stdout.strip() == "false", f"{name}", 60)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_count_is_lost_while_the_daemon_is_away(picket, containers, pin_path, how):
    daemon = pinned(picket, pin_path)
    before = containers.start("/ops", "open-many", "/etc/group", "300000")
    wait_for(lambda: (daemon.value(OPENS, container=before, access="read") or 0) > 1000, "the first counts")
    daemon.process.send_signal(how)
    daemon.process.wait(10)
    meanwhile = containers.run("/ops", "open-many", "/etc/group", "1234")
    wait_exit(before)
    started = time.monotonic()
    daemon.start()
    print(f"ready {1000 * (time.monotonic() - started):.0f} ms after its start")
    scrape = daemon.scrape()
    assert scrape.value(OPENS, container=meanwhile, access="read") == 1234, "a container that lived meanwhile"
    assert scrape.value(OPENS, container=before, access="read") == 300000, "a container that ended meanwhile"


def test_last_values_that_nobody_scraped_yet_survive_a_kill(picket, containers, pin_path):
    daemon = pinned(picket, pin_path)
    name = containers.run("/ops", "open-many", "/etc/group", "4321", options=("--rm",))
    wait_for(lambda: name in daemon.journal.read_text(errors="replace"), "the journal to tell of it")
    time.sleep(1.5)  # its cgroup is gone, and the kernel knows nothing of it any more
    daemon.process.kill()
    daemon.process.wait(10)
    daemon.start()
    assert daemon.value(OPENS, container=name, access="read") == 4321


@pytest.mark.parametrize("damage", ["garbage", "cut", "gone"])
def test_a_damaged_journal_costs_no_count_of_what_lives(picket, containers, pin_path, damage):
    daemon = pinned(picket, pin_path)
    name = containers.start("/bin/sh", "-c", "cat /etc/group; while :; do sleep 1; done")
    wait_for(lambda: daemon.value(OPENS, container=name, access="read"), "the container")
    counted = daemon.value(OPENS, container=name, access="read")
    daemon.process.kill()
    daemon.process.wait(10)
    whole = daemon.journal.read_bytes()
    if damage == "gone":
        daemon.journal.unlink()
    else:
        daemon.journal.write_bytes(os.urandom(5000) if damage == "garbage" else whole[:len(whole) // 2])
    daemon.start()
    assert daemon.value(OPENS, container=name, access="read") == counted
    later = containers.run("/ops", "open-many", "/etc/group", "55")
    daemon.process.kill()
    daemon.process.wait(10)
    daemon.start()
    assert daemon.value(OPENS, container=later, access="read") == 55, "the journal goes on"


def test_a_start_that_is_killed_at_any_moment_leaves_what_the_next_one_can_use(picket, containers, pin_path):
    daemon = pinned(picket, pin_path)
    name = containers.start("/bin/sh", "-c", "cat /etc/group; while :; do sleep 1; done")
    wait_for(lambda: daemon.value(OPENS, container=name, access="read"), "the container")
    counted = daemon.value(OPENS, container=name, access="read")
    daemon.stop()
    for step in range(16):  # every other time with other programs, so that they are replaced
        flags = ["--sensor.signal=none"] if step % 2 else []
        with subprocess.Popen([*map(str, daemon.command), *flags], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as started:
            time.sleep(0.05 + 0.06 * step)
            started.kill()
    daemon.start()
    assert daemon.value(OPENS, container=name, access="read") == counted
    later = containers.run("/ops", "open-many", "/etc/group", "66")
    assert daemon.value(OPENS, container=later, access="read") == 66, "all programs are there"
    assert daemon.value("picket_sensor_up") == len(daemon.values("picket_sensor_up"))


def test_a_first_start_that_is_killed_is_made_good_and_unloaded(picket, containers, pin_path, tmp_path):
    command = [BUILD / "picket", "--bpf.pin", f"--bpf.pin-path={pin_path}", "--web.listen-address=127.0.0.1:0",
               f"--control.socket={tmp_path}/control.sock"]
    seen = set()

    def pins():
        return len(list(pin_path.rglob("*"))) if pin_path.exists() else 0

    for step in range(14):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as started:
            if step >= 2:  # the first two are killed before anything is pinned, however fast the machine is
                wait_for(lambda: pins() > 5 * (step - 2), "the pins", 30)
            started.kill()
        seen.add(pins())
        if step % 2:
            run(BUILD / "picket", "unload", pin_path)
            assert not pin_path.exists()
    assert len(seen) > 1, f"it was never killed while it pinned: {seen}"
    daemon = pinned(picket, pin_path)
    name = containers.run("/ops", "open-many", "/etc/group", "77")
    assert daemon.value(OPENS, container=name, access="read") == 77


def test_a_second_daemon_is_refused_and_disturbs_nothing(picket, containers, pin_path, tmp_path):
    daemon = pinned(picket, pin_path)
    second = run(BUILD / "picket", "--bpf.pin", f"--bpf.pin-path={pin_path}", "--web.listen-address=127.0.0.1:0",
                 f"--control.socket={tmp_path}/second.sock", check=False)
    assert second.returncode == 1 and "another picket uses what is pinned" in second.stderr
    name = containers.run("/ops", "open-many", "/etc/group", "88")
    assert daemon.value(OPENS, container=name, access="read") == 88


def test_counting_goes_on_without_a_gap_under_load(picket, containers, pin_path):
    daemon = pinned(picket, pin_path)
    name = containers.start("/ops", "open-many", "/etc/group", "1000000")
    for _ in range(3):
        wait_for(lambda: daemon.value(OPENS, container=name, access="read") is not None, "the container")
        daemon.stop()
        daemon.start()
    wait_exit(name)
    assert daemon.value(OPENS, container=name, access="read") == 1000000


def test_events_sent_while_the_daemon_is_away_are_judged_when_it_is_back(picket, containers, pin_path, reader_rule):
    daemon = pinned(picket, pin_path, "--rules.path", reader_rule)
    daemon.stop()
    name = containers.run("/ops", "open-many", "/etc/passwd", "5")
    daemon.start()
    found = daemon.wait_finding("--rule", "passwd_read")
    assert [finding["container.name"] for finding in found] == [name] * 5
    assert daemon.value("picket_events_lost_total") == 0


def test_a_rule_is_enforced_while_the_daemon_is_away(picket, containers, pin_path):
    daemon = pinned(picket, pin_path, "--enforce")
    name = containers.start("/bin/sh", "-c", "while [ ! -e /tmp/go ]; do sleep 0.1; done; cat /etc/shadow; echo survived")
    wait_for(lambda: daemon.value("picket_process_execs_total", container=name), "the container")
    daemon.stop()
    docker("exec", name, "/bin/sh", "-c", "echo > /tmp/go")
    wait_exit(name)
    output = docker("logs", name).stdout
    assert "canary" not in output, "the hashes were read"


def test_an_upgrade_to_another_configuration_says_what_it_keeps(picket, containers, pin_path):
    daemon = pinned(picket, pin_path)
    name = containers.run("/ops", "open-many", "/etc/group", "77")
    assert daemon.value(OPENS, container=name, access="read") == 77
    kept = containers.start("/bin/sh", "-c", "cat /etc/group; while :; do sleep 1; done")
    wait_for(lambda: daemon.value(OPENS, container=kept, access="read"), "the container")
    counted = daemon.value(OPENS, container=kept, access="read")
    daemon.stop()
    daemon.command.append("--sensor.signal=none")  # other programs, the same counters
    daemon.start()
    assert "counters go on from an earlier build's" in daemon.log
    assert daemon.value(OPENS, container=kept, access="read") == counted
    daemon.stop()
    daemon.command.append("--containers.max=100")  # another layout
    daemon.start()
    assert "starting anew" in daemon.log
    assert daemon.value(OPENS, container=kept, access="read") == 0


def test_unload_leaves_nothing_behind(picket, pin_path):
    daemon = pinned(picket, pin_path)
    daemon.stop()
    assert pin_path.exists()
    done = run(BUILD / "picket", "unload", pin_path)
    assert "objects removed" in done.stdout
    assert not pin_path.exists()
    assert "nothing is pinned" in run(BUILD / "picket", "unload", pin_path).stdout


def test_unload_touches_nothing_outside_a_bpf_file_system(tmp_path):
    (tmp_path / "precious").write_text("x")
    done = run(BUILD / "picket", "unload", tmp_path, check=False)
    assert done.returncode == 1 and "nothing was touched" in done.stderr
    assert (tmp_path / "precious").exists()
