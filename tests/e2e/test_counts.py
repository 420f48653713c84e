# SPDX-License-Identifier: GPL-2.0-only
"""What is counted, and for whom."""
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from conftest import docker, wait_for

OPENS = "picket_file_opens_total"
EXECS = "picket_process_execs_total"
FORKS = "picket_process_forks_total"


def test_a_container_that_opens_a_file_100000_times_shows_exactly_that(picket, containers):
    daemon = picket()
    idle = containers.run("/ops", "open-many", "/etc/group", "0")
    busy = containers.run("/ops", "open-many", "/etc/group", "100000")
    scrape = daemon.scrape()
    before = scrape.value(OPENS, container=idle, access="read")
    assert before is not None, f"no sample for {idle}"
    assert scrape.value(OPENS, container=busy, access="read") - before == 100000
    assert before == 0, "the runtime's own opens were counted as the container's"


def test_a_container_that_execs_500_times_shows_exactly_that(picket, containers):
    daemon = picket()
    idle = containers.run("/ops", "exec-many", "0")
    busy = containers.run("/ops", "exec-many", "500")
    scrape = daemon.scrape()
    assert scrape.value(EXECS, container=busy) - scrape.value(EXECS, container=idle) == 500
    assert scrape.value(FORKS, container=busy) - scrape.value(FORKS, container=idle) == 500
    assert scrape.value(EXECS, container=idle) == 1, "the container's first program, and nothing of the runtime"


def test_refused_opens_are_counted_by_error(picket, containers):
    daemon = picket()
    name = containers.run("/ops", "open-many", "/does/not/exist", "1", check=False)
    assert daemon.value("picket_file_open_failures_total", container=name, error="ENOENT") == 1


def seconds_alive(containers, name):
    started, finished = containers.inspect(name, "{{.State.StartedAt}} {{.State.FinishedAt}}").split()
    return (datetime.fromisoformat(finished[:26]) - datetime.fromisoformat(started[:26])).total_seconds()


def test_a_container_that_lives_under_50_ms_is_counted_under_its_own_name(picket, containers):
    daemon = picket()
    alive = {}
    for _ in range(10):
        name = containers.run("/ops", "open-many", "/etc/group", "7")
        alive[name] = seconds_alive(containers, name)
        samples = daemon.values(OPENS, container=name, access="read")
        assert [value for _, value in samples] == [7], f"{name} lived {alive[name]} s: {samples}"
        assert samples[0][0]["container_id"] == containers.id(name)
        if alive[name] < 0.05:
            return
    raise AssertionError(f"this machine is too slow to show it: {alive}")


def test_a_container_that_is_removed_at_once_is_counted_under_its_own_name(picket, containers):
    daemon = picket()
    name = containers.run("/ops", "open-many", "/etc/group", "7", options=("--rm",))
    assert daemon.value(OPENS, container=name, access="read") == 7


def test_containers_started_at_the_same_time_are_told_apart_and_from_their_runtime(picket, containers):
    daemon = picket()
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda count: containers.run("/ops", "open-many", "/etc/group", str(count)), range(24)))
    scrape = daemon.scrape()
    extra = [scrape.value(OPENS, container=name, access="read") - count for count, name in enumerate(names)]
    assert extra == [0] * 24, f"the runtime's own opens counted as the workloads': {extra}"
    assert [scrape.value(EXECS, container=name) for name in names] == [1] * 24
    own = [finding for finding in daemon.findings() if finding.get("container.name") in names]
    assert not own, "the runtime's own work raised a rule"


def test_programs_put_into_a_running_container_bring_nothing_of_the_runtime_with_them(picket, containers):
    daemon = picket()
    name = containers.start("/bin/sh", "-c", "while :; do :; done")  # keeps a processor busy: the runtime gets interrupted
    wait_for(lambda: daemon.value(OPENS, container=name, access="read") is not None, "the container")
    before = daemon.value(OPENS, container=name, access="read")
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: docker("exec", name, "/ops", "open-many", "/etc/group", "3"), range(60)))
    assert daemon.value(OPENS, container=name, access="read") - before == 180


def test_a_restarted_picket_finds_the_running_containers_again(picket, containers):
    daemon = picket()
    name = containers.start("/bin/sh", "-c", "while :; do cat /etc/group >/dev/null; sleep 0.1; done")
    wait_for(lambda: daemon.value(EXECS, container=name), "the container's first program")
    daemon.stop()
    daemon.start()
    assert name in daemon.cli("containers").stdout
    first = daemon.value(EXECS, container=name)
    assert first is not None, f"no sample for {name} after the restart"
    wait_for(lambda: daemon.value(EXECS, container=name) > first, "the container's execs to be counted again")


@pytest.mark.parametrize("device", ["fuse", "kvm"])
def test_devices_are_counted_by_the_names_that_this_kernel_gives_them(picket, containers, device):
    if not Path(f"/dev/{device}").exists():
        pytest.skip(f"this machine has no /dev/{device}")
    daemon = picket()
    name = containers.run("/ops", "open-many", f"/dev/{device}", "3", options=("--device", f"/dev/{device}"))
    scrape = daemon.scrape()
    assert scrape.value("picket_device_opens_total", container=name, device=device) == 3
    assert scrape.value("picket_device_opens_total", container=name) == 3
