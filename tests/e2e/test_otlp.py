# SPDX-License-Identifier: GPL-2.0-only
"""What arrives at a collector that shares no code with picket."""
import re

import pytest

from conftest import wait_for

LOST = "picket_events_lost_total"


def reads(receiver, name):
    return [record for record in receiver.records if record["attributes"].get("container.name") == name
            and record["attributes"]["security_rule.name"] == "passwd_read"]


def ids(records):
    return [record["attributes"]["picket.finding.id"] for record in records]


def wait_matches(daemon, name, matches):
    """Until the daemon has judged all of this container's reads."""
    wait_for(lambda: daemon.value("picket_rule_matches_total", rule="passwd_read", container=name) == matches,
             f"{matches} matches of {name}")


def test_a_finding_arrives_once_with_all_that_tells_who_did_what(picket, containers, receiver):
    daemon = picket(f"--otlp.endpoint={receiver.endpoint}", OTEL_RESOURCE_ATTRIBUTES="deployment.environment=e2e")
    name = containers.run("/ops", "read", "absolute", "/etc/shadow")
    wait_for(lambda: receiver.records, f"a record; {daemon.log}")
    daemon.stop()  # sends what is left
    record, = receiver.records
    found = record["attributes"]
    assert found["container.id"] == containers.id(name)
    assert found["container.name"] == name
    assert found["process.pid"] > 1
    assert found["file.path"] == "/etc/shadow"
    assert found["security_rule.name"] == "shadow_file_read"
    assert (record["severity_text"], record["event_name"]) == ("critical", "picket.finding.file_open")
    assert record["severity_number"] in range(17, 25)
    assert record["time"] and record["observed"] >= record["time"]
    assert record["resource"]["deployment.environment"] == "e2e"
    assert record["resource"]["service.name"] == "picket"
    assert set(receiver.paths) == {"/v1/logs"}
    assert set(receiver.encodings) == {"gzip"}
    assert not receiver.problems


def test_each_of_many_findings_arrives_exactly_once(picket, containers, receiver, reader_rule):
    daemon = picket(f"--otlp.endpoint={receiver.endpoint}", f"--rules.path={reader_rule}")
    names = [containers.run("/ops", "open-many", "/etc/passwd", "700") for _ in range(2)]
    wait_matches(daemon, names[1], 700)
    daemon.stop()
    for name in names:
        assert len(reads(receiver, name)) == 700
    assert len(set(ids(receiver.records))) == len(receiver.records) == 1400
    assert not receiver.problems


def test_compression_can_be_switched_off(picket, containers, receiver):
    picket(f"--otlp.endpoint={receiver.endpoint}", OTEL_EXPORTER_OTLP_COMPRESSION="none")
    containers.run("/ops", "read", "absolute", "/etc/shadow")
    wait_for(lambda: receiver.records, "a record")
    assert set(receiver.encodings) == {"identity"}


def test_nothing_is_lost_while_the_collector_is_away_within_the_queue(picket, containers, receiver, reader_rule):
    daemon = picket(f"--otlp.endpoint={receiver.endpoint}", f"--rules.path={reader_rule}",
                    OTEL_BLRP_MAX_QUEUE_SIZE="500", OTEL_BLRP_MAX_EXPORT_BATCH_SIZE="100")
    name = containers.run("/ops", "open-many", "/etc/passwd", "50")
    wait_for(lambda: len(reads(receiver, name)) == 50, "the first 50")
    receiver.stop()
    name = containers.run("/ops", "open-many", "/etc/passwd", "500")
    wait_matches(daemon, name, 500)
    wait_for(lambda: daemon.value("picket_otlp_request_failures_total") >= 2, "failed requests", 20)
    assert daemon.value("picket_otlp_queue_records") == 500
    receiver.start()
    wait_for(lambda: len(reads(receiver, name)) >= 500, "the other 500", 40)
    daemon_losses = daemon.value(LOST)
    daemon.stop()
    assert len(set(ids(receiver.records))) == len(receiver.records) == 550
    assert daemon_losses == 0
    assert not receiver.problems


def test_what_is_lost_beyond_the_queue_is_counted_exactly(picket, containers, receiver, reader_rule):
    receiver.stop()
    daemon = picket(f"--otlp.endpoint={receiver.endpoint}", f"--rules.path={reader_rule}",
                    OTEL_BLRP_MAX_QUEUE_SIZE="200")
    name = containers.run("/ops", "open-many", "/etc/passwd", "330")
    wait_matches(daemon, name, 330)
    assert daemon.value(LOST, stage="otlp_queue") == 130
    receiver.start()
    wait_for(lambda: len(reads(receiver, name)) >= 200, "what the queue held", 40)
    assert daemon.value(LOST, stage="otlp_queue") == 130
    assert daemon.value("picket_otlp_exported_records_total") == 200
    daemon.stop()
    assert len(set(ids(receiver.records))) == len(receiver.records) == 200


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_collector_is_asked_again(status, picket, containers, receiver):
    receiver.status = status
    daemon = picket(f"--otlp.endpoint={receiver.endpoint}")
    containers.run("/ops", "read", "absolute", "/etc/shadow")
    wait_for(lambda: receiver.refused, "a refusal")
    receiver.status = 200
    wait_for(lambda: receiver.records, "the record after all", 20)
    assert len(receiver.records) == 1
    assert daemon.value(LOST) == 0


def test_what_a_collector_refuses_for_good_is_counted_as_lost(picket, containers, receiver):
    receiver.status = 400
    daemon = picket(f"--otlp.endpoint={receiver.endpoint}")
    containers.run("/ops", "read", "absolute", "/etc/shadow")
    wait_for(lambda: daemon.value(LOST, stage="otlp_export") == 1, "the loss")
    assert receiver.refused == 1


def test_an_unreachable_collector_does_not_stop_picket(picket, containers):
    daemon = picket("--otlp.endpoint=http://127.0.0.1:1")
    name = containers.run("/ops", "read", "absolute", "/etc/shadow")
    assert daemon.wait_finding("--container", name)
    wait_for(lambda: daemon.value("picket_otlp_request_failures_total"), "a failed request")
    assert daemon.is_ready()
    assert re.search(r"otlp|collector", daemon.log, re.I), "the log says nothing of it"
