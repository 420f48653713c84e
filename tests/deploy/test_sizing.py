# SPDX-License-Identifier: GPL-2.0-only
"""The sizing script's arithmetic."""
import pytest
import sizing
from conftest import SOURCE, run

NODE = ["# TYPE picket_sensor_up gauge", 'picket_sensor_up{sensor="file"} 1', "process_threads 1"]


def text(containers, series=3):
    lines = NODE + [f'picket_x{i}_total{{container_id="id{c}",container="c{c}"}} 0'
                    for c in range(containers) for i in range(series)]
    return "\n".join(lines) + "\n"


def test_series_of_containers_and_of_the_node_are_told_apart():
    scrape = sizing.Scrape(text(10))
    assert (scrape.containers, scrape.node_series, scrape.container_series) == (10, 2, 30)
    assert scrape.node_bytes + scrape.container_bytes == len(text(10))


def test_what_was_measured_is_what_is_computed_for_as_many_containers():
    scrape = sizing.Scrape(text(10))
    assert scrape.series(10) == 32 and scrape.bytes(10) == len(text(10))
    assert scrape.series(100) == pytest.approx(sizing.Scrape(text(100)).series(100))


def test_host_without_an_id_counts_for_the_node():
    assert sizing.Scrape('picket_x{container_id=""} 1\n').node_series == 1


def test_fleet_is_a_multiple_of_a_node():
    found = dict((what, (one, fleet)) for what, one, fleet in sizing.rows(sizing.Scrape(text(10)), 10, 10000, 30))
    assert found["active series"] == ("32", "320 k")
    assert found["samples a second"] == ("1.07", "10.7 k")


def test_a_scrape_without_containers_is_refused(tmp_path):
    path = tmp_path / "scrape"
    path.write_text("\n".join(NODE) + "\n")
    done = run(SOURCE / "tests/deploy/sizing.py", path, check=False)
    assert done.returncode != 0 and "no container" in done.stderr
