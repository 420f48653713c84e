# SPDX-License-Identifier: GPL-2.0-only
"""Rules of several events, and what keeps findings from becoming noise: in real containers."""
from conftest import wait_for

STORM = """
rules:
  - name: passwd_read
    description: Somebody reads it again and again.
    severity: warning
    event: file_open
    where: {file.path: /etc/passwd, file.access: read}
  - name: group_read
    description: Only two may speak.
    severity: warning
    event: file_open
    where: {file.path: /etc/group, file.access: read}
    grouped: false
    throttle: {burst: 2, interval: 1h}
"""


def test_the_same_again_is_counted_and_summed_up_in_log_otlp_and_events(picket, containers, receiver, tmp_path):
    (tmp_path / "storm.yaml").write_text(STORM)
    daemon = picket(f"--rules.path={tmp_path / 'storm.yaml'}", f"--otlp.endpoint={receiver.endpoint}",
                    "--findings.group-seconds=2")
    name = containers.run("/ops", "open-many", "/etc/passwd", "500")
    first, summary = wait_for(lambda: len(found := daemon.findings("--container", name)) >= 2 and found,
                              f"a summary; {daemon.log}")
    assert "picket.repeats" not in first and summary["picket.repeats"] == 499
    assert summary["picket.repeats.of"] == first["picket.finding.id"]
    assert first["time"] <= summary["picket.repeats.first_time"] < summary["picket.repeats.last_time"]
    assert "499 times more in" in summary["summary"] and "499 times more in" in daemon.log
    assert "499 times more in" in daemon.cli("events", "--container", name).stdout
    scrape = daemon.scrape()
    assert scrape.value("picket_rule_matches_total", container=name, rule="passwd_read") == 500
    assert scrape.value("picket_findings_grouped_total") == 499
    wait_for(lambda: any(record["attributes"].get("picket.repeats") == 499 for record in receiver.records), "the summary by OTLP")


def test_throttled_findings_are_counted_and_summed_up(picket, containers, tmp_path):
    (tmp_path / "storm.yaml").write_text(STORM)
    daemon = picket(f"--rules.path={tmp_path / 'storm.yaml'}", "--findings.group-seconds=2")
    name = containers.run("/ops", "open-many", "/etc/group", "100")
    found = wait_for(lambda: len(found := daemon.findings("--container", name)) >= 3 and found, f"three; {daemon.log}")
    assert [finding.get("picket.repeats") for finding in found] == [None, None, 98]
    assert found[2]["picket.repeats.reason"] == "throttled"
    assert daemon.value("picket_findings_throttled_total") == 98


def test_a_sequence_says_which_events_made_it_up_and_when(picket, containers):
    daemon = picket()
    name = containers.run("/bin/sh", "-c", "/bin/busybox cp /ops /out/x; cd /out; /bin/busybox chmod 600 x; "
                          "/bin/busybox chmod +x x; /out/x nothing")
    found, = daemon.wait_finding("--container", name, "--rule", "made_executable_and_run")
    assert (found["picket.step.1.event.kind"], found["picket.step.2.event.kind"]) == ("file_modify", "process_exec")
    assert "/out/x by mode" in found["picket.step.1.summary"]
    assert found["picket.step.1.time"] < found["picket.step.2.time"] == found["time"]
    assert "s before: busybox" in found["summary"] and "s before: busybox" in daemon.log
    assert daemon.value("picket_rule_matches_total", container=name, rule="made_executable_and_run") == 1


def test_a_sequence_kills_the_process_that_completes_it(picket, containers, tmp_path):
    (tmp_path / "kill.yaml").write_text("rules: [{name: made_executable_and_run, append: {response: [kill]}}]")
    daemon = picket("--enforce", f"--rules.path={tmp_path / 'kill.yaml'}")
    name = containers.run("/bin/sh", "-c", "/bin/busybox cp /ops /out/x; /bin/busybox chmod 600 /out/x; "
                          "/bin/busybox chmod +x /out/x; /out/x sleep 20; echo $? >/out/status; true", check=False)
    found, = daemon.wait_finding("--container", name, "--rule", "made_executable_and_run")
    assert found["picket.response.kill"] == "done"
