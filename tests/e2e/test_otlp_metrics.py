# SPDX-License-Identifier: GPL-2.0-only
"""Metrics by OTLP, decoded by google.protobuf by the published field numbers, against what /metrics says."""
import gzip
import http.server
import threading

import pytest

from conftest import wait_for
from otlp_receiver import MESSAGES, attributes, message_class, unknown_fields

METRICS = {
    **{name: MESSAGES[name] for name in ("ArrayValue", "KeyValueList", "AnyValue", "KeyValue", "Resource",
                                         "InstrumentationScope")},
    "Point": {"start": (2, "fixed64"), "time": (3, "fixed64"), "as_double": (4, "double"), "as_int": (6, "sfixed64"),
              "attributes": (7, "*KeyValue")},
    "Gauge": {"points": (1, "*Point")},
    "Sum": {"points": (1, "*Point"), "temporality": (2, "int32"), "monotonic": (3, "bool")},
    "Metric": {"name": (1, "string"), "description": (2, "string"), "unit": (3, "string"), "gauge": (5, "Gauge"),
               "sum": (7, "Sum")},
    "ScopeMetrics": {"scope": (1, "InstrumentationScope"), "metrics": (2, "*Metric")},
    "ResourceMetrics": {"resource": (1, "Resource"), "scope_metrics": (2, "*ScopeMetrics")},
    "Request": {"resource_metrics": (1, "*ResourceMetrics")},
}


class Collector:
    """Takes v1/metrics; answers with the next of `statuses`, then with 200."""

    def __init__(self):
        self.requests, self.paths, self.statuses = [], set(), []
        collector, request_class = self, message_class(METRICS, "Request")

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.headers["Content-Encoding"] == "gzip"
                if self.path != "/v1/metrics":  # findings of other containers
                    self.send_response(200)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                collector.paths.add(self.path)
                request = request_class()
                request.ParseFromString(gzip.decompress(body))
                status = collector.statuses.pop(0) if collector.statuses else 200
                if status == 200:
                    collector.requests.append(request)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def resources(self):
        return [part for request in list(self.requests) for part in request.resource_metrics]


@pytest.fixture
def collector():
    started = Collector()
    yield started
    started.server.shutdown()
    started.server.server_close()


def points(resource):
    """{(name, attributes): (point, metric)} of a ResourceMetrics."""
    return {(metric.name, tuple(sorted(attributes(point).items()))): (point, metric)
            for scope in resource.scope_metrics for metric in scope.metrics
            for point in (metric.sum if metric.HasField("sum") else metric.gauge).points}


def value(point):
    return point.as_int if point.HasField("as_int") else point.as_double


def test_a_containers_metrics_are_those_of_the_exposition(picket, containers, collector):
    collector.statuses = [503]
    daemon = picket(f"--otlp.endpoint={collector.endpoint}", "--otlp.metrics", OTEL_METRIC_EXPORT_INTERVAL="1500")
    name = containers.start("/bin/sh", "-c", "/ops open-many /etc/group 42; exec /bin/sleep 60")
    wait_for(lambda: daemon.value("picket_file_opens_total", container=name, access="read"), "the opens", 20)

    def ours():
        found = [part for part in collector.resources() if attributes(part.resource).get("container.name") == name]
        return found and points(found[-1]) and found[-1]

    def settled():
        part = ours()
        key = ("picket_file_opens", (("access", "read"),))
        return part and key in points(part) and value(points(part)[key][0]) >= 42 and part

    last = wait_for(settled, f"the metrics; {daemon.log[-2000:]}", 30)
    assert not unknown_fields(last)
    resource = attributes(last.resource)
    assert resource["container.id"] == containers.id(name) and resource["service.name"] == "picket"
    assert resource["container.runtime.name"] == "docker"
    scrape = daemon.scrape()
    found = points(last)
    for (metric_name, labels), (point, metric) in found.items():
        is_sum = metric.HasField("sum")
        exposed = scrape.values(metric_name + ("_total" if is_sum else ""), container=name, **dict(labels))
        assert exposed, (metric_name, labels)
        if is_sum:
            assert (metric.sum.temporality, metric.sum.monotonic) == (2, True)
            assert 0 < point.start <= point.time
        if metric_name == "picket_file_opens":
            assert value(point) == exposed[0][1]
    assert len(found) > 50 and collector.paths == {"/v1/metrics"}
    node = [points(part) for part in collector.resources() if "container.id" not in attributes(part.resource)]
    assert node and ("picket_ready", ()) in node[-1]
    assert daemon.value("picket_otlp_exported_data_points_total") > 100
    assert daemon.value("picket_otlp_metric_request_failures_total") == 1


def test_nothing_is_sent_unless_asked_for(picket, collector):
    daemon = picket(f"--otlp.endpoint={collector.endpoint}", OTEL_METRIC_EXPORT_INTERVAL="200")
    wait_for(lambda: daemon.value("picket_ready") == 1, "a scrape")
    assert not collector.paths and daemon.value("picket_otlp_metric_requests_total") == 0
