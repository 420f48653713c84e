# SPDX-License-Identifier: GPL-2.0-only
"""Prometheus' protobuf exposition, decoded by google.protobuf by field numbers of the published protocol."""
import gzip
import time

from conftest import parse_metrics, wait_for
from otlp_receiver import message_class, unknown_fields
from test_prometheus import Prometheus

ACCEPT = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
MESSAGES = {
    "LabelPair": {"name": (1, "string"), "value": (2, "string")},
    "Timestamp": {"seconds": (1, "int64"), "nanos": (2, "int32")},
    "Gauge": {"value": (1, "double")},
    "Counter": {"value": (1, "double"), "created": (3, "Timestamp")},
    "Metric": {"label": (1, "*LabelPair"), "gauge": (2, "Gauge"), "counter": (3, "Counter")},
    "MetricFamily": {"name": (1, "string"), "help": (2, "string"), "type": (3, "int32"), "metric": (4, "*Metric")},
}
MetricFamily = message_class(MESSAGES, "MetricFamily")
CHANGING = ("process_", "picket_scrape_", "picket_bpf_", "picket_events_total", "picket_container_")


def decode(data):
    """The messages of a delimited stream."""
    families, at = [], 0
    while at < len(data):
        size = shift = 0
        while True:
            byte = data[at]
            size |= (byte & 0x7f) << shift
            at, shift = at + 1, shift + 7
            if not byte & 0x80:
                break
        family = MetricFamily()
        family.ParseFromString(data[at:at + size])
        assert not unknown_fields(family)
        families.append(family)
        at += size
    return families


def samples(families):
    return [(family.name, {label.name: label.value for label in metric.label},
             (metric.counter if family.type == 0 else metric.gauge).value)
            for family in families for metric in family.metric]


def test_protobuf_and_text_say_the_same_sample_by_sample(picket, containers):
    daemon = picket("--collector.perf")
    ours = containers.start("/ops", "sleep", "60", options=["--label", "x=\"quotes\" and \\"])
    containers.run("/ops", "read", "absolute", "/etc/shadow")
    with daemon.get("/metrics", Accept=ACCEPT, Accept_Encoding="gzip") as answer:
        assert answer.headers["Content-Type"] == ("application/vnd.google.protobuf; "
                                                  "proto=io.prometheus.client.MetricFamily; encoding=delimited")
        families = decode(gzip.decompress(answer.read()))
    text = parse_metrics(daemon.text())

    def ordered(found):
        return [(name, sorted(labels.items())) for name, labels, _ in found if not name.startswith("picket_bpf")]

    assert ordered(samples(families)) == ordered(text), "the same samples in the same order"
    still = [(name, labels, value) for name, labels, value in samples(families)
             if not name.startswith(CHANGING) and labels.get("container") == ours]
    assert len(still) > 100 and all(sample in text for sample in still)
    kinds = {line.split()[2]: line.split()[3] for line in daemon.text().splitlines() if line.startswith("# TYPE")}
    assert all(kinds[family.name] == ("counter", "gauge")[family.type] and family.help for family in families)


def test_counters_say_since_when_they_count(picket, containers):
    daemon = picket()
    before = time.time()
    name = containers.run("/ops", "open-many", "/etc/group", "7")
    with daemon.get("/metrics", Accept=ACCEPT) as answer:
        families = {family.name: family for family in decode(answer.read())}
    for family in ("picket_file_opens_total", "picket_rule_matches_total"):
        ours = [metric.counter for metric in families[family].metric
                if any(label.value == name for label in metric.label)]
        assert ours
        for counter in ours:
            assert before - 1 < counter.created.seconds + counter.created.nanos / 1e9 < time.time()
    assert 7.0 in [metric.counter.value for metric in families["picket_file_opens_total"].metric]


def test_prometheus_scrapes_protobuf_when_it_negotiates_it(picket, containers, tmp_path):
    daemon = picket()
    name = containers.run("/ops", "open-many", "/etc/group", "42")
    with Prometheus(tmp_path / "prometheus", daemon.port, flags=["--enable-feature=native-histograms"]) as server:
        state = wait_for(server.target_state, "a scrape", 20)
        assert (state["health"], state["lastError"]) == ("up", "")
        query = f'picket_file_opens_total{{container="{name}",access="read"}}'
        assert wait_for(lambda: server.query(query), "the samples", 10)[0]["value"][1] == "42"
        metadata = server.ask("metadata", metric="picket_file_opens_total")["picket_file_opens_total"]
        assert metadata[0]["type"] == "counter" and metadata[0]["help"]
        assert len(server.query("picket_build_info")) == 1
