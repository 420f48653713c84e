# SPDX-License-Identifier: GPL-2.0-only
"""What users of Prometheus' exporters expect of one: flags, self cost, and manners on HTTP."""
import contextlib
import http.client
import os
import socket
import subprocess

from conftest import BUILD, Scrape, run, stop_process, wait_for


def ask(daemon, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=10)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def test_methods_and_paths_are_answered_as_http_has_it(picket):
    daemon = picket()
    for path in ("/", "/metrics", "/-/healthy", "/-/ready"):
        status, headers, body = ask(daemon, "HEAD", path)
        assert (status, body) == (200, b"") and headers["Content-Type"]
        status, headers, _ = ask(daemon, "POST", path, b"x")
        assert (status, headers["Allow"]) == (405, "GET, HEAD")
    status, headers, _ = ask(daemon, "GET", "/-/reload")
    assert (status, headers["Allow"]) == (405, "POST, PUT")
    assert ask(daemon, "GET", "/none")[0] == 404
    with contextlib.suppress(ConnectionError, http.client.HTTPException):
        assert ask(daemon, "POST", "/-/reload", b"x" * (4 << 20))[0] >= 400
    page = ask(daemon, "GET", "/")[2].decode()
    assert all(f'href="{path}"' in page for path in ("/metrics", "/-/healthy", "/-/ready"))


def test_who_opens_many_connections_and_says_nothing_keeps_nobody_else_out(picket):
    daemon = picket()
    with contextlib.ExitStack() as stack:
        for _ in range(120):
            stack.enter_context(socket.create_connection(("127.0.0.1", daemon.port)))
        done = run("curl", "-sS", "-m", "10", "-o", "/dev/null", "-w", "%{http_code}", "--interface", "127.0.0.2",
                   f"http://127.0.0.1:{daemon.port}/metrics")
        assert done.stdout == "200"


def test_kernel_memory_and_run_time_of_programs_are_told(picket, containers):
    daemon = picket("--bpf.stats")
    containers.run("/ops", "open-many", "/etc/group", "50")
    scrape = daemon.scrape()
    maps = {labels["map"]: value for labels, value in scrape.values("picket_bpf_map_memory_bytes")}
    assert maps["counters"] > 1 << 20 and maps["events"] > 1 << 20 and sum(maps.values()) < 64 << 20
    assert all(value >= 0 for value in maps.values())
    if "PICKET_WRAPPER" not in os.environ:  # the unit has no CAP_SYS_ADMIN, which measuring needs
        times = scrape.values("picket_bpf_program_run_seconds_total")
        assert len(times) > 3 and sum(value for _, value in times) > 0
    for name in ("cpu_seconds_total", "open_fds", "max_fds", "virtual_memory_bytes", "virtual_memory_max_bytes",
                 "resident_memory_bytes", "start_time_seconds", "threads"):
        assert scrape.value(f"process_{name}") is not None


def test_metrics_about_the_exporter_can_be_left_out(picket):
    daemon = picket("--web.disable-exporter-metrics")
    text = daemon.text()
    assert "\nprocess_" not in text and "picket_bpf_" not in text and "picket_events_lost_total" in text
    with daemon.get("/metrics?collect[]=process") as answer:
        assert Scrape(answer.read().decode()).value("process_open_fds") > 3


def test_a_socket_of_systemds_is_taken(tmp_path):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        port = listener.getsockname()[1]

        def hand_over():
            os.dup2(listener.fileno(), 3)
            os.set_inheritable(3, True)
            os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
            os.execv(BUILD / "picket", ["picket", "--web.systemd-socket", f"--control.socket={tmp_path / 'socket'}"])

        process = subprocess.Popen(["true"], pass_fds=[listener.fileno()], preexec_fn=hand_over,
                                   stderr=subprocess.DEVNULL)
        try:
            wait_for(lambda: run("curl", "-s", "-m", "5", f"http://127.0.0.1:{port}/-/ready",
                                 check=False).stdout == "picket is ready\n", "/-/ready", 20)
        finally:
            assert stop_process(process) == 0
    done = run(BUILD / "picket", "--web.systemd-socket", f"--control.socket={tmp_path / 'socket'}", check=False)
    assert done.returncode == 1 and "systemd handed over no listening socket" in done.stderr
