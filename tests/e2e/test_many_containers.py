# SPDX-License-Identifier: GPL-2.0-only
"""More containers than there are slots, and containers that are hardly there."""
import statistics
import sys
import time

import pytest

from conftest import HERE, run, wait_for

sys.path.insert(0, str(HERE.parent / "soak"))
import workload

OPENS, EXECS = "picket_file_opens_total", "picket_process_execs_total"


@pytest.fixture
def load(tmp_path):
    """load(): a workload of its own containers, which are gone afterwards."""
    work, root = tmp_path / "work", tmp_path / "root"
    work.mkdir()
    root.mkdir()
    run("gcc", "-static", "-O2", "-Wall", "-Werror", "-o", tmp_path / "load", HERE.parent / "soak/load.c")
    started = workload.Workload(tmp_path / "load", work, root, 0, 0)
    yield started
    started.close()


def run_all(load, containers, reads):
    """One worker in each, some at a time, until all have ended."""
    for number, container in enumerate(containers):
        load.start(container, -reads(number), "clone")
        while len(load.workers) >= 48:
            load.read_reports()
            time.sleep(0.001)
    wait_for(lambda: load.read_reports() or not load.workers, "the workers", 60)
    assert not load.failed, load.failed[:3]


def test_10000_containers_at_once_are_counted_apart_or_together_and_never_lost(picket, load):
    daemon = picket("--no-rules.defaults", "--containers.max=1000", f"--path.rootfs={load.root}")
    others = len(daemon.values("picket_container_info"))
    containers = [load.make(1, nested=False) for _ in range(10000)]
    wait_for(lambda: len(daemon.values("picket_container_info")) >= 10000 + others, "all to be known", 60)
    overflow_before = daemon.value("picket_container_overflow_operations_total")
    run_all(load, containers, lambda number: 1 + number % 7)
    scrape = daemon.scrape()
    counted = {labels["container_id"]: value for labels, value in scrape.values(OPENS, access="read")}
    apart = [one for one in containers if one.id in counted]
    together = [one for one in containers if one.id not in counted]
    assert 800 <= len(apart) <= 1000, len(apart)
    wrong = [(one.name, one.truth[workload.READ], counted[one.id]) for one in apart
             if counted[one.id] != one.truth[workload.READ]]
    assert not wrong, wrong[:5]
    # each worker is in the host's mount namespace, which is counted, too
    expected = sum(sum(one.truth.values()) + 1 for one in together)
    assert scrape.value("picket_isolation_breaks_total") >= len(apart)
    assert scrape.value("picket_container_overflow_operations_total") - overflow_before == expected
    assert scrape.value("picket_container_slots_exhausted_total") >= len(together)
    print(f"{len(apart)} counted apart, {len(together)} together: {expected} operations")
    load.drain()
    later = load.make(1, nested=False)
    wait_for(lambda: daemon.values("picket_container_info", container_id=later.id), "one more")


def test_containers_that_live_for_some_milliseconds_are_counted_under_their_names(picket, load):
    daemon = picket("--no-rules.defaults", f"--path.rootfs={load.root}")
    containers, lived_ms = [], []
    for number in range(200):
        began = time.monotonic()
        container = load.make(1, nested=False)
        load.start(container, -(number + 1), "clone")
        while not container.gone_at:
            load.read_reports()
            load.bury()
        lived_ms.append(1000 * (container.gone_at - began))
        containers.append(container)
    scrape = daemon.scrape()
    counted = {labels["container_id"]: (labels["container"], value)
               for labels, value in scrape.values(OPENS, access="read")}
    wrong = [(one.name, one.truth[workload.READ], counted.get(one.id)) for one in containers
             if counted.get(one.id, (0, 0))[1] != one.truth[workload.READ]]
    named = sum(counted[one.id][0] == one.name for one in containers if one.id in counted)
    print(f"lived {min(lived_ms):.1f} ms at least, median {statistics.median(lived_ms):.1f} ms; {named} of 200 named")
    assert not wrong, wrong[:5]
    assert min(lived_ms) < 10
    assert named >= 190  # their files are gone as soon as they are


def test_a_burst_of_containers_is_counted_from_the_first_instruction(picket, load):
    daemon = picket("--no-rules.defaults", "--containers.max=4096", f"--path.rootfs={load.root}")
    before = daemon.value("picket_container_overflow_operations_total")
    containers = []
    daemon.process.send_signal(19)  # SIGSTOP: it can give out no slots meanwhile
    try:
        for _ in range(1500):
            containers.append(load.make(1, nested=False))
        run_all(load, containers, lambda number: 1 + number % 5)
    finally:
        daemon.process.send_signal(18)
    wait_for(lambda: all(daemon.values("picket_container_info", container_id=one.id) for one in containers[-3:]),
             "the last ones", 30)
    scrape = daemon.scrape()
    counted = {labels["container_id"]: value for labels, value in scrape.values(OPENS, access="read")}
    wrong = [one.name for one in containers if counted.get(one.id) != one.truth[workload.READ]]
    assert not wrong, f"{len(wrong)} wrong, {wrong[:5]}"
    assert scrape.value("picket_container_overflow_operations_total") == before
    load.drain()
