# SPDX-License-Identifier: GPL-2.0-only
"""1,000 rules are loaded anew while 100,000 events a second come in: none is lost, none judged twice or by half a set."""
import re
import signal
import statistics
import time

from conftest import docker, wait_for

RATE, SECONDS, RELOADS = 100_000, 10, 12
ACCESS = "file.access: read"


def rule(name, path):
    # counted, never sent: what is measured is the judging
    return (f"- {{name: {name}, description: d, severity: info, event: file_open, grouped: false,"
            f" where: {{file.path: {path}, {ACCESS}}}, throttle: {{burst: 1, interval: 1h}}}}\n")


def rule_set(number):
    """Of 1,000 rules; in every other set the watched file is that of another rule."""
    watched, other = ("even", "odd")[:: 1 if number % 2 == 0 else -1]
    text = "rules:\n" + rule("always", "/etc/group") + rule(watched, "/etc/group") + rule(other, "/etc/nothing")
    return text + "".join(rule(f"r{i}", f"{{prefix: /srv/{number}/{i}/}}") for i in range(997))


def status(daemon, metric):
    """Without a scrape, which would hold up what is measured."""
    return int(re.search(rf"{metric}\W+(\d+)", daemon.cli("status").stdout)[1])


def test_no_event_is_lost_or_judged_twice_while_rules_are_loaded_anew(picket, containers, tmp_path, capsys):
    path = tmp_path / "rules.yaml"
    path.write_text(rule_set(0))
    daemon = picket("--no-rules.defaults", f"--rules.path={path}", "--events.buffer-size=67108864")
    name = containers.start("/ops", "open-rate", "/etc/group", str(RATE), str(SECONDS))
    for number in range(1, RELOADS + 1):
        time.sleep(SECONDS / RELOADS / 2)
        broken = number == RELOADS // 2
        path.write_text("rules:\n- {name: broken, event: file_opened}\n" if broken else rule_set(number))
        said = len(daemon.log)
        daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: re.search(r"rules loaded in|reload failed", daemon.log[said:]), f"a reload; {daemon.log[said:]}")
        assert status(daemon, "rules_last_reload_successful") == (not broken)
        if broken:
            assert status(daemon, "rules_loaded") == 1000, "the old set stays"
            assert f"{path}:2:25: event is never" in daemon.log and "did you mean" in daemon.log
    running = containers.inspect(name, "{{.State.Running}}")
    assert docker("wait", name, timeout=60).stdout.strip() == "0"
    events, seconds = (float(word) for word in docker("logs", name).stdout.split())
    scrape = wait_for(lambda: (found := daemon.scrape()).value("picket_rule_matches_total", rule="always", container=name)
                      == events and found, f"{events} matches", 30)
    even, odd = (scrape.value("picket_rule_matches_total", rule=which, container=name) for which in ("even", "odd"))
    assert scrape.value("picket_events_lost_total") == 0
    assert scrape.value("picket_file_opens_total", container=name, access="read") == events
    assert even + odd == events and even and odd, "each was judged by one whole set"
    times = [float(found) for found in re.findall(r"1000 rules loaded in ([0-9.]+) ms", daemon.log)]
    with capsys.disabled():
        print(f"\n{len(times)} reloads of 1,000 rules under {events / seconds:,.0f} events/s"
              f"{'' if running == 'true' else ' (the last ones after it)'}: {events:,.0f} events, none lost, none judged "
              f"twice; a reload took {statistics.median(times):.1f} ms (at most {max(times):.1f})")


def plain_rule(name):
    return f"rules:\n- {{name: {name}, event: file_open, grouped: false, where: {{file.path: /etc/group, {ACCESS}}}}}\n"


def test_what_a_rule_saw_before_it_was_removed_is_told(picket, containers, tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(plain_rule("first"))
    daemon = picket("--no-rules.defaults", f"--rules.path={path}")
    name = containers.start("/ops", "open-rate", "/etc/group", "100", "8")
    wait_for(lambda: len(daemon.findings("--container", name)) > 100, "the first ones")
    path.write_text(plain_rule("second"))
    daemon.process.send_signal(signal.SIGHUP)
    assert docker("wait", name, timeout=60).stdout.strip() == "0"
    found = wait_for(lambda: len(found := daemon.findings("--container", name)) >= 800 and found, "all of them")
    names = [finding["rule"] for finding in found]
    assert len(names) == 800 and names == sorted(names) and set(names) == {"first", "second"}
