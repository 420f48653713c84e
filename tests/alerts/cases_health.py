# SPDX-License-Identifier: GPL-2.0-only
"""Cases of the alerts whose expressions are like no other's."""
from cases import NODE, Alert, series
from promtool import Case

TWO = {**NODE, "instance": "node-2"}


def up(node=None):
    return series("up", node or NODE)


def down_cases():
    alert = Alert("PicketDown", "critical", "health", "picket on node-1 could not be scraped for 5m.",
                  "picket does not answer: nobody watches this node.")
    return {
        "fires": [Case({up(): "1x9 0x40"}, [(0, 19, 0), (20, 50, 1)], alert.full(20, NODE))],
        "quiet": [Case({up(): "1x100", series("up", {**NODE, "job": "node"}): "0x100"}, [(0, 100, 0)])],
        "resolves": [Case({up(): "1x9 0x20 1x100"}, [(20, 30, 1), (31, 130, 0)])],
        "reset": [Case({up(): "1x9 0x3 1x40 0x3 1x40"}, [(0, 90, 0)])],  # a restart is shorter than its patience
        "churn": [Case({up(): "1x9 0x15 stale", up(TWO): "1x60"}, [(20, 25, 1), (26, 60, 0)])],
        "gap": [Case({up(): "1x9 0x15 _x4 0x30"}, [(20, 55, 1)])],  # Prometheus itself did not scrape
    }


def absent_cases():
    alert = Alert("PicketAbsent", "critical", "health",
                  "No target of job picket for 15m: service discovery or the deployment is broken.",
                  "Prometheus knows no picket at all.")
    return {
        "fires": [Case({up(): "1x9 stale"}, [(0, 39, 0), (40, 60, 1)], alert.full(40, {"job": "picket"}))],
        "quiet": [Case({up(): "0x100"}, [(0, 100, 0)])],  # known and down is another alert
        "resolves": [Case({up(): "_x50 1x50"}, [(30, 49, 1), (51, 100, 0)])],
        "reset": [Case({up(): "1x9 0x5 1x60"}, [(0, 75, 0)])],
        "churn": [Case({up(): "1x9 stale", up(TWO): "_x20 1x60"}, [(0, 80, 0)])],
        "gap": [Case({up(): "1x9 _x25 1x60"}, [(0, 90, 0)])],
    }


def restarting_cases():
    alert = Alert("PicketRestarting", "warning", "health", "picket on node-1 restarted 4 times in an hour.",
                  "picket keeps restarting.")
    metric = series("process_cpu_seconds_total", NODE)
    return {
        "fires": [Case({metric: "1+1x8 0+1x8 0+1x8 0+1x8 0+1x8"}, [(0, 35, 0), (36, 44, 1)], alert.full(36, NODE))],
        "quiet": [Case({metric: "1+1x40 0+1x40 0+1x40 0+1x40"}, [(0, 160, 0)])],
        "resolves": [Case({metric: "1+1x8 0+1x8 0+1x8 0+1x8 0+1x200"}, [(36, 120, 1), (160, 230, 0)])],
        "reset": [Case({metric: "1+1x40 0+1x40"}, [(0, 80, 0)])],  # one restart is none of its business
        "churn": [Case({series("process_cpu_seconds_total", {**NODE, "instance": f"node-{i}"}): f"_x{i * 9 + 1} {i}+1x9 stale"
                        for i in range(6)}, [(0, 80, 0)])],
        "gap": [Case({metric: "1+1x8 stale _x3 0+1x8 stale _x3 0+1x8 stale _x3 0+1x8 stale _x3 0+1x60"},
                     [(0, 50, 0), (53, 100, 1)]),
                Case({metric: "1+1x8 stale _x3 10+1x8 stale _x3 20+1x8 stale _x3 30+1x60"}, [(0, 90, 0)])],
    }


def heavy_loss_cases():
    alert = Alert("PicketEventsLost", "critical", "health",
                  "10% of the events on node-1 are lost; rules do not see them.",
                  "picket loses a large part of what the kernel reports.")
    lost, events = series("picket_events_lost_total", NODE, stage="transport"), series("picket_events_total", NODE, kind="file_open")

    def case(lost_values, event_values, counts, full=None):
        return Case({lost: lost_values, events: event_values}, counts, full)

    return {
        "fires": [case("0x9 0+10x60", "0+90x70", [(0, 19, 0), (28, 60, 1)], alert.full(40, NODE))],
        "quiet": [case("0+1x100", "0+90x100", [(0, 100, 0)]), case("0x100", "0x100", [(0, 100, 0)]),
                  case("0x9 500x90", "0+90x100", [(0, 100, 0)]),  # one burst makes the ticket, not the page
                  Case({series("picket_events_lost_total", NODE, stage="stream"): "0+10x60", events: "0+90x60"},
                       [(0, 60, 0)])],
        "resolves": [case("0+10x40 400x60", "0+90x100", [(20, 40, 1), (55, 100, 0)])],
        "reset": [case("0x20 0x40", "0+90x20 0+90x40", [(0, 60, 0)]),
                  case("0+10x40 0+10x40", "0+90x40 0+90x40", [(20, 80, 1)])],
        "churn": [Case({lost: "0+10x40 stale", events: "0+90x40 stale",
                        series("picket_events_total", TWO, kind="file_open"): "0+90x100"},
                       [(20, 40, 1), (55, 100, 0)])],
        "gap": [case("0+10x30 stale _x3 340+10x40", "0+90x30 stale _x3 3060+90x40", [(20, 70, 1)])],
    }


def otlp_cases():
    alert = Alert("PicketOtlpFailing", "warning", "health", "100% of the export requests of node-1 fail.",
                  "The collector refuses what picket sends, or cannot be reached.")
    failed, sent = series("picket_otlp_request_failures_total", NODE), series("picket_otlp_requests_total", NODE)

    def case(failed_values, sent_values, counts, full=None):
        return Case({failed: failed_values, sent: sent_values}, counts, full)

    return {
        "fires": [case("0+2x60", "0+2x60", [(0, 20, 0), (21, 60, 1)], alert.full(30, NODE))],
        "quiet": [case("0x100", "0+2x100", [(0, 100, 0)]), case("0+1x100", "0+4x100", [(0, 100, 0)]),
                  case("0x100", "0x100", [(0, 100, 0)])],  # nothing to send
        "resolves": [case("0+2x40 80x60", "0+2x100", [(21, 40, 1), (52, 100, 0)])],
        "reset": [case("0+2x40 0+2x40", "0+2x40 0+2x40", [(21, 80, 1)]), case("0x80", "0+2x40 0+2x40", [(0, 80, 0)])],
        "churn": [Case({failed: "0+2x40 stale", sent: "0+2x40 stale",
                        series("picket_otlp_request_failures_total", TWO): "0x100",
                        series("picket_otlp_requests_total", TWO): "0+2x100"}, [(21, 40, 1), (55, 100, 0)])],
        "gap": [case("0+2x30 stale _x3 68+2x40", "0+2x30 stale _x3 68+2x40", [(21, 70, 1)])],
    }


def slow_cases():
    alert = Alert("PicketScrapeSlow", "warning", "health", "A scrape of node-1 takes 7s.",
                  "Scrapes of picket come close to their timeout.")
    metric = series("scrape_duration_seconds", NODE)
    return {
        "fires": [Case({metric: "0.1x9 7x60"}, [(0, 29, 0), (30, 60, 1)], alert.full(30, NODE))],
        "quiet": [Case({metric: "0.1x20 7x10 0.1x60"}, [(0, 90, 0)])],
        "resolves": [Case({metric: "7x40 0.1x60"}, [(20, 40, 1), (41, 100, 0)])],
        "reset": [Case({metric: "0.1x20 0.01x20"}, [(0, 40, 0)])],  # written by Prometheus, at failed scrapes too
        "churn": [Case({metric: "7x40 stale", series("scrape_duration_seconds", TWO): "0.1x100"},
                       [(20, 40, 1), (41, 100, 0)])],
        "gap": [Case({metric: "7x30 _x5 7x30"}, [(20, 65, 1)])],
    }


def watchdog_cases():
    alert = Alert("PicketWatchdog", "none", "health", "Route it to a dead man's switch that pages when it is not heard of.",
                  "This alert always fires: when it stops, alerting itself is broken.")
    always = [(0, 60, 1)]
    return {
        "fires": [Case({up(): "1x60"}, always, alert.full(0, {}))],
        "quiet": "It has no reason ever to be quiet.",
        "resolves": "It never resolves.",
        "reset": [Case({up(): "1x20 0x5 1x40"}, always)],
        "churn": [Case({up(): "1x20 stale"}, always)],
        "gap": [Case({up(): "_x60"}, always)],
    }


def health_cases():
    return {
        ("PicketDown", "critical"): down_cases(),
        ("PicketAbsent", "critical"): absent_cases(),
        ("PicketRestarting", "warning"): restarting_cases(),
        ("PicketEventsLost", "critical"): heavy_loss_cases(),
        ("PicketOtlpFailing", "warning"): otlp_cases(),
        ("PicketScrapeSlow", "warning"): slow_cases(),
        ("PicketWatchdog", "none"): watchdog_cases(),
    }
