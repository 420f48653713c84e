# SPDX-License-Identifier: GPL-2.0-only
"""
The cases of every alert: fires, quiet, resolves, reset, churn, gap (see KINDS).

Times are counted in scrapes of 30 s. A window of 10 minutes is 20 of them, the memory of an hour 120.
"""
from promtool import Case

KINDS = {
    "fires": "fires when it should, with the labels and the text that a person gets",
    "quiet": "does not fire on what is near to it",
    "resolves": "ends, and stays so",
    "reset": "a restart of picket neither raises nor hides it",
    "churn": "containers and nodes that come and go neither raise it, nor make it flap, nor hide it",
    "gap": "missing scrapes neither raise it, nor make it flap, nor hide it",
}
WINDOW = 20
RUNBOOK = "https://runbooks.example.org/picket/%s.md"
NODE = {"job": "picket", "instance": "node-1"}
WEB = {**NODE, "container_id": "c1", "container": "web", "pod": "shop-1", "namespace": "shop"}
DB = {**NODE, "container_id": "c2", "container": "db", "pod": "", "namespace": ""}
HOST = {**NODE, "container_id": "", "container": "", "pod": "", "namespace": ""}
ON_WEB = "container web of pod shop/shop-1 on node-1"


def series(metric, labels, **more):
    return f"{metric}{{{', '.join(f'{name}=' + chr(34) + value + chr(34) for name, value in {**labels, **more}.items())}}}"


class Alert:
    """One alert of one severity: what its cases have in common."""

    def __init__(self, name, severity, category, description, summary):
        self.name, self.severity, self.category = name, severity, category
        self.annotations = {"summary": summary, "description": description, "runbook_url": RUNBOOK % name}

    def full(self, step, labels):
        """What Alertmanager is sent; labels that are empty are not."""
        labels = {name: value for name, value in labels.items() if value}
        return step, {**labels, "severity": self.severity, "category": self.category}, self.annotations


def counter_cases(alert, metric, own, others, constant=None, one=1, per_node=False):
    """
    An alert on a counter that grew. own: labels beside the workload's that raise it; others: those that do not.
    one: what it takes.
    """
    web, database = (NODE, {**NODE, "instance": "node-2"}) if per_node else (WEB, DB)
    constant = constant or {}

    def case(values, counts, full=None, more=None):
        return Case({**constant, **more_series(values), **(more or {})}, counts, full)

    def more_series(values):
        return values if isinstance(values, dict) else {series(metric, web, **own): values}

    other = series(metric, database, **own)
    near = {series(metric, web, **labels): f"0x10 {one}x60 {2 * one}x60" for labels in others}
    return {
        "fires": [
            case(f"0x10 {one}x60", [(0, 10, 0), (11, 30, 1)], alert.full(11, {**web, **own, **alert_labels(constant)})),
            # Born above 0: scraped for the first time after it happened.
            case(f"_x10 {one}x60", [(0, 9, 0), (11, 29, 1)]),
            # Lived for one scrape only.
            case(f"_x10 {one} stale", [(0, 9, 0), (11, 29, 1), (32, 40, 0)]),
        ],
        "quiet": [case("0x130", [(0, 130, 0)], more=near),
                  case(f"0x10 {one - 1}x60", [(0, 60, 0)])],
        "resolves": [case(f"0x10 {one}x150", [(11, 30, 1), (31, 150, 0)])],
        "reset": [
            case(f"{5 * one}x100 0x60", [(30, 160, 0)]),
            case(f"{5 * one}x100 0x10 {one}x60", [(30, 111, 0), (112, 131, 1), (133, 160, 0)]),
            # Restarted and grown between two scrapes.
            case(f"{5 * one}x100 {one}x60", [(30, 100, 0), (101, 120, 1), (123, 160, 0)]),
        ],
        "churn": [
            # It dies with the alert; others come and go beside it.
            case({series(metric, web, **own): f"0x10 {one}x3 stale", other: "_x5 0x10 stale"},
                 [(0, 10, 0), (11, 30, 1), (31, 60, 0)]),
            # It ends long after; its end raises nothing.
            case({series(metric, web, **own): f"{5 * one}x40 stale", other: "_x50 0x40"}, [(25, 90, 0)]),
            # Two at a time are two.
            case({series(metric, web, **own): f"0x10 {one}x40", other: f"_x15 {one}x40"},
                 [(11, 14, 1), (16, 30, 2), (31, 34, 1), (36, 55, 0)]),
        ],
        "gap": [
            # One failed scrape while it fires.
            case(f"0x10 {one}x3 stale {one}x40", [(11, 30, 1), (31, 50, 0)]),
            # Long silence: what was counted before is not new, what was counted meanwhile is.
            case(f"{5 * one}x40 stale _x39 {5 * one}x60", [(25, 140, 0)]),
            case(f"{5 * one}x40 stale _x39 {6 * one}x60", [(25, 79, 0), (82, 99, 1), (102, 140, 0)]),
            # Long silence with a restart in it.
            case(f"{5 * one}x40 stale _x39 {one}x60", [(25, 79, 0), (82, 99, 1), (102, 140, 0)]),
            case(f"{5 * one}x40 stale _x39 0x60", [(25, 140, 0)]),
        ],
    }


def alert_labels(constant):
    """tags come with picket_rule_info."""
    for key in constant:
        if key.startswith("picket_rule_info") and 'tags="' in key:
            return {"tags": key.split('tags="')[1].split('"')[0]}
    return {}


def gauge_cases(alert, bad, good, labels, wait, constant=None, lasting=10):
    """
    An alert on a state. bad, good: functions from the labels of a node to {series: a value for ever}, of which `_` is
    missing; labels: what the alert says; wait: scrapes until it fires; lasting: scrapes for which a gauge outlives its
    last sample.
    """
    two = {**NODE, "instance": "node-2"}

    def timeline(*parts, node=None):
        """parts: (good | bad | "stale" | "_", scrapes)"""
        names = [*good(node or NODE), *(name for name in bad(node or NODE) if name not in good(node or NODE))]
        values = {name: [] for name in names}
        for state, count in parts:
            for name in names:
                value = state if isinstance(state, str) else state(node or NODE).get(name, "stale")
                values[name] += [str(value)] * count
        return {**{name: " ".join(text) for name, text in values.items()}, **(constant or {})}

    def case(parts, counts, full=None, more=None):
        return Case({**timeline(*parts), **(more or {})}, counts, full)

    start = 10 + wait
    return {
        "fires": [case([(good, 10), (bad, wait + 20)], [(0, start - 1, 0), (start, start + 18, 1)],
                       alert.full(start, labels))],
        "quiet": [case([(good, 150)], [(0, 149, 0)]),
                  *([case([(good, 10), (bad, max(1, wait - 11)), (good, 60)], [(0, 60, 0)])] if wait > 1 + lasting else [])],
        "resolves": [case([(good, 10), (bad, wait + 10), (good, 60)],
                          [(start, start + 8, 1), (start + 10 + lasting, start + 60, 0)])],
        "reset": [case([(good, 10), (bad, wait + 10), ("stale", 1), (good, 60)],
                       [(start, start + 8, 1), (start + 11 + lasting, start + 60, 0)]),
                  case([(good, 30), ("stale", 2), (good, 60)], [(0, 90, 0)])],
        "churn": [case([(good, 10), (bad, wait + 10), ("stale", 1), ("_", 60)],
                       [(start, start + 8, 1), (start + 11 + lasting, start + 60, 0)],
                       more=timeline((good, 100), node=two)),
                  case([(good, 100)], [(0, start + 4, 0), (start + 5, start + 14, 1)],
                       more=timeline(("_", 5), (good, 10), (bad, wait + 60), node=two))],
        "gap": [case([(good, 10), (bad, wait + 5), ("stale", 1), ("_", 4), (bad, 20)], [(start, start + 25, 1)]),
                case([(good, 10), ("stale", 1), ("_", 4), (good, 60)], [(0, 70, 0)])],
    }


# Name: (a rule of this class, its tags, what the description begins with, summary)
CLASSES = {
    "PicketWasmEscape": ("wasm_exec", "T1611,wasm", "A sandbox escape by definition",
                         "A WebAssembly sandbox did what its module cannot ask for."),
    "PicketTeeMisuse": ("tee_device_opened", "T1552", "Misuse of a trusted execution environment",
                        "A workload used a trusted execution environment that it should not."),
    "PicketReverseShell": ("reverse_shell", "T1059", "Somebody outside types commands",
                           "A shell in a workload is driven over the network."),
    "PicketEscapeAttempt": ("proc_root_escape", "T1611", "An attempt to leave the container",
                            "A workload reached for the host around its container."),
    "PicketCredentialTheft": ("shadow_file_read", "T1003.008", "Secrets must be taken for stolen",
                              "A workload read secrets that are not its business."),
    "PicketPrivilegeEscalation": ("uid_gained", "T1548.001,T1068", "Rights were gained",
                                  "A workload gained rights that it was not given."),
    "PicketCodeInjection": ("memfd_exec", "T1059,T1620", "Injected, hidden or memory-only code",
                            "Code ran in a workload that is in no file of its image."),
    "PicketMinerOrImpact": ("miner_started", "T1496", "Mining, destruction or denial of service",
                            "A workload is misused or being destroyed."),
    "PicketPersistence": ("cron_written", "T1053.003", "A foothold was left",
                          "Something was left in a workload that survives a restart."),
    "PicketTampering": ("log_truncated", "T1070.002", "Traces or protections were changed",
                        "Traces were removed or protections weakened in a workload."),
    "PicketCommandAndControl": ("downloader", "T1105,T1059", "Tools or orders came in, or data went out",
                                "A workload talks to, or fetches tools from, where it should not."),
    "PicketLateralMovement": ("scanner", "T1046", "The network is being explored from inside",
                              "A workload looks for its neighbours or moves to them."),
    "PicketUnexpectedExecution": ("terminal_shell", "T1059.004", "Somebody or something ran commands",
                                  "A program ran in a workload that its image has no use for."),
    "PicketRuleMatch": ("house_rule", "house", "See the rule for what it means", "A rule of no known class matched."),
}


def class_cases():
    cases = {}
    for name, (rule, tags, what, summary) in CLASSES.items():
        for severity, own, others in (("critical", "critical", ("error", "warning", "notice")),
                                      ("warning", "error", ("critical", "notice", "info", "debug"))):
            alert = Alert(name, severity, "attack",
                          f"{what}: rule {rule} ({tags}) matched 1 times in 10m in {ON_WEB}.", summary)
            info = {series("picket_rule_info", NODE, rule=rule, severity=own, tags=tags): "1x200"}
            cases[name, severity] = counter_cases(
                alert, "picket_rule_matches_total", {"rule": rule, "severity": own},
                [{"rule": rule, "severity": other} for other in others], info)
    return cases


# (name, severity, metric, labels that raise it, labels that do not, what it takes, description, summary)
SIGNALS = [
    ("PicketIsolationBroken", "critical", "picket_isolation_breaks_total", {"boundary": "mount_namespace"}, [], 1,
     "A process crossed the boundary mount_namespace 1", "A process of a container is outside what should hold it."),
    ("PicketUnexplainedRights", "critical", "picket_credential_changes_total", {"change": "unexplained"},
     [{"change": "root"}, {"change": "capabilities"}], 1, "Rights appeared out of nowhere 1",
     "A process gained rights without a setuid program or call, as after a kernel exploit."),
    ("PicketKernelTampering", "warning", "picket_privileged_operations_total", {"operation": "module"},
     [{"operation": "ptrace"}, {"operation": "memfd"}], 1, "The operation module was attempted 1",
     "A container tried to change the running kernel."),
    ("PicketHostDeviceOpened", "warning", "picket_device_opens_total", {"device": "block"},
     [{"device": "tun"}, {"device": "other"}], 1, "A device of kind block was opened 1",
     "A container opened a disk or the memory of the host."),
    ("PicketSeccompKill", "warning", "picket_signals_total", {"signal": "SIGSYS"}, [{"signal": "SIGKILL"}], 1,
     "The kernel sent SIGSYS 1",
     "Processes of a container made system calls that their seccomp profile forbids."),
    ("PicketDenialBurst", "warning", "picket_syscall_denials_total", {"error": "EPERM"}, [], 6001,
     "System calls were refused with EPERM 6001",
     "A container keeps asking the kernel for what it may not have."),
    ("PicketForkBomb", "warning", "picket_process_forks_total", {}, [], 120001, "Processes were created 120001",
     "A container creates processes at a rate that endangers its node."),
    ("PicketOomKills", "warning", "picket_process_exits_total", {"reason": "oom_kill"}, [{"reason": "exited"}], 3,
     "A process was killed for lack of memory 3",
     "The kernel keeps killing processes of a container for lack of memory."),
    ("PicketAttestationFailing", "warning", "picket_tee_attestation_failures_total", {"tee": "sgx"}, [], 1,
     "An attestation request to sgx failed 1",
     "A trusted execution environment refuses to vouch for a workload."),
]
# The same, of picket itself.
LOSSES = [
    ("PicketEventsLost", "warning", "picket_events_lost_total", {"stage": "transport"},
     [{"stage": "otlp_queue"}, {"stage": "stream"}], "1 events were lost at transport in 10m on node-1.",
     "picket lost events before any rule saw them."),
    ("PicketFindingsLost", "warning", "picket_events_lost_total", {"stage": "otlp_export"},
     [{"stage": "transport"}, {"stage": "stream"}],
     "1 findings were lost at otlp_export in 10m on node-1; the metrics have them.",
     "Findings did not reach the collector."),
    ("PicketResponseFailing", "critical", "picket_response_failures_total", {"action": "kill"}, [],
     "The response kill failed 1 times in 10m on node-1: the attack goes on.", "A response to an attack failed."),
    ("PicketResponded", "info", "picket_responses_total", {"action": "pause"}, [{"action": "investigate"}],
     "The response pause was carried out 1 times in 10m on node-1.",
     "picket interfered with a workload, as a rule told it to."),
    ("PicketContainersUncounted", "warning", "picket_container_slots_exhausted_total", {}, [],
     "1 cgroups on node-1 were counted together in 10m, without names.",
     "Containers found no counters of their own."),
]


def counter_table_cases():
    cases = {}
    for name, severity, metric, own, others, one, what, summary in SIGNALS:
        alert = Alert(name, severity, "attack", f"{what} times in 10m in {ON_WEB}.", summary)
        cases[name, severity] = counter_cases(alert, metric, own, others, one=one)
        cases[name, severity]["quiet"].append(Case({series(metric, HOST, **own): f"0x10 {one}x60"}, [(0, 60, 0)]))
    for name, severity, metric, own, others, description, summary in LOSSES:
        alert = Alert(name, severity, "health", description, summary)
        cases[name, severity] = counter_cases(alert, metric, own, others, per_node=True)
    return cases


# (name, severity, weaknesses that raise it, one that does not, summary)
POSTURES = [
    ("PicketPrivilegedContainer", "warning", "privileged", "root_user", "A privileged container appeared."),
    ("PicketRuntimeSocketMounted", "warning", "docker_socket_mounted", "privileged",
     "A container appeared that can command the container runtime, and so its node."),
    ("PicketHostNamespaceShared", "info", "host_pid", "writable_rootfs",
     "A container appeared that shares parts of the host."),
]


def posture_cases():
    cases = {}
    for name, severity, weakness, other, summary in POSTURES:
        alert = Alert(name, severity, "posture", f"A start with the weakness {weakness}: {ON_WEB}.", summary)
        metric = "picket_container_posture"
        web, database = series(metric, WEB, weakness=weakness), series(metric, DB, weakness=weakness)
        system = series(metric, {**WEB, "namespace": "kube-system"}, weakness=weakness)
        cases[name, severity] = {
            "fires": [Case({web: "_x10 1x60"}, [(0, 9, 0), (11, 29, 1)],
                           alert.full(11, {**WEB, "weakness": weakness})),
                      Case({web: "_x10 1 stale"}, [(11, 29, 1), (32, 60, 0)])],
            "quiet": [Case({series(metric, WEB, weakness=other): "_x10 1x60", system: "_x10 1x60", web: "0x70"},
                           [(0, 70, 0)])],
            "resolves": [Case({web: "_x10 1x150"}, [(11, 29, 1), (32, 150, 0)])],
            "reset": [Case({web: "1x60 stale _x3 1x60"}, [(25, 120, 0)])],
            "churn": [Case({web: "_x10 1x5 stale", database: "_x20 1x60"},
                           [(11, 19, 1), (21, 29, 2), (32, 39, 1), (42, 80, 0)])],
            "gap": [Case({web: "1x40 stale _x60 1x60"}, [(25, 160, 0)]),
                    Case({web: "_x10 1x3 stale _x2 1x60"}, [(11, 29, 1), (32, 70, 0)])],
        }
    return cases


def one(metric, bad, good, **more):
    """(bad, good) of a gauge with one series."""
    return (lambda node: {series(metric, node, **more): bad}), (lambda node: {series(metric, node, **more): good})


def two(first, second, bad, good):
    """(bad, good) of a share: (part, whole)."""
    return (lambda node: {series(first, node): bad[0], series(second, node): bad[1]},
            lambda node: {series(first, node): good[0], series(second, node): good[1]})


def quarantined(node):
    return {series("picket_container_quarantined", {**WEB, **node}, action="pause"): 1}


def nothing(_):
    return {}


def sensor(up, backend):
    return lambda node: {series("picket_sensor_up", node, sensor="file"): up,
                         series("picket_sensor_info", node, sensor="file", backend=backend): 1}


# (name, severity, (bad, good), labels beside the node's, scrapes until it fires, description, summary)
GAUGES = [
    ("PicketSensorDown", "critical", (sensor(0, "tracepoint"), sensor(1, "tracepoint")), {"sensor": "file"}, 6,
     "Sensor file on node-1 sees nothing since 3m.",
     "A sensor is attached but its own test events do not arrive."),
    ("PicketSensorBlind", "critical", (sensor(0, "none"), sensor(1, "tracepoint")),
     {"sensor": "file", "backend": "none"}, 6, "Sensor file on node-1 has no backend.",
     "A sensor found no way into this kernel."),
    ("PicketOtlpQueueFilling", "warning",
     two("picket_otlp_queue_records", "picket_otlp_queue_capacity_records", (1844, 2048), (1600, 2048)), {}, 10,
     "The queue on node-1 is 90.04% full.", "Findings pile up before the collector and will be lost soon."),
    ("PicketRulesReloadFailed", "warning", one("picket_rules_last_reload_successful", 0, 1), {}, 2,
     "The last reload of the rules failed on node-1.", "The rules on disk have errors; the old ones are in force."),
    ("PicketNoRules", "critical", one("picket_rules_loaded", 0, 2), {}, 10,
     "No rule is in force on node-1: it counts, but judges nothing.", "picket runs without a single rule."),
    ("PicketQuarantineStuck", "warning", (quarantined, nothing),
     {**WEB, "action": "pause"}, 120, f"For more than 1h the response pause holds {ON_WEB}.",
     "A container is held by a response and nobody has decided about it."),
    ("PicketSlotsFilling", "warning",
     two("picket_container_slots_used", "picket_container_slots_capacity", (4000, 4096), (3000, 4096)), {}, 20,
     "97.66% of the counter slots on node-1 are in use.", "The counters for containers are almost used up."),
    ("PicketCollectorFailing", "warning", one("picket_scrape_collector_success", 0, 1, collector="process"),
     {"collector": "process"}, 10, "Collector process fails on node-1.",
     "A part of the metrics could not be collected."),
    ("PicketFileDescriptors", "warning", two("process_open_fds", "process_max_fds", (900, 1000), (100, 1000)), {}, 10,
     "picket on node-1 has 90% of its file descriptors open.", "picket is about to run out of file descriptors."),
]


def gauge_table_cases():
    cases = {}
    for name, severity, (bad, good), more, wait, description, summary in GAUGES:
        alert = Alert(name, severity, "health", description, summary)
        cases[name, severity] = gauge_cases(alert, bad, good, {**NODE, **more}, wait)
    # Blind is not down: it has its own alert. What may be missing is not blind.
    for name in ("PicketSensorDown", "PicketSensorBlind"):
        perf = {series("picket_sensor_up", NODE, sensor="perf"): "0x60",
                series("picket_sensor_info", NODE, sensor="perf", backend="none"): "1x60"}
        cases[name, "critical"]["quiet"].append(Case(perf, [(0, 60, 0)]))
    return cases
