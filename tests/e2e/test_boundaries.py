# SPDX-License-Identifier: GPL-2.0-only
"""Namespaces of the host: who enters one that its container was not given is told of, who was given it is not."""
import os

import pytest

from conftest import IMAGE, docker, hosts_namespaces_are_known, wait_for

BREAKS = "picket_isolation_breaks_total"
ADMIN = ("--cap-add=SYS_ADMIN", "--cap-add=SYS_PTRACE", "--cap-add=SYS_CHROOT", "--security-opt", "seccomp=unconfined",
         "--security-opt", "apparmor=unconfined")
HOST_PROC = ("-v", "/proc:/host-proc:ro")
PROCESS = os.getpid()  # of the host, whose namespaces every container's root may look at

pytestmark = pytest.mark.skipif(not hosts_namespaces_are_known(), reason="picket cannot tell the host's namespaces")


def boundaries(daemon, container_id):
    """What was counted, but for what was not."""
    found = daemon.values(BREAKS, container_id=container_id)
    assert found, "the container's counters"
    return {labels["boundary"]: int(value) for labels, value in found if value}


def told(daemon, name):
    return sorted({finding["picket.isolation.boundary"] for finding in
                   daemon.findings("--container", name, "--rule", "host_namespace_entered")})


def nsenter(namespace, path="ns"):
    return f"/bin/busybox nsenter --{namespace}=/host-proc/{PROCESS}/ns/{path} /bin/true"


@pytest.mark.parametrize("namespace, path", [("net", "net"), ("ipc", "ipc"), ("uts", "uts"), ("mount", "mnt")])
def test_a_namespace_of_the_host_entered_through_its_proc_is_told_of_once(picket, containers, namespace, path):
    daemon = picket()
    name = containers.start("/bin/sh", "-c", f"{nsenter(namespace, path)}; {nsenter(namespace, path)}; sleep 60",
                            options=(*ADMIN, *HOST_PROC))
    boundary = {"net": "network"}.get(namespace, namespace) + "_namespace"
    wait_for(lambda: told(daemon, name), "the finding")
    wait_for(lambda: boundaries(daemon, containers.id(name)) == {boundary: 2}, f"two processes beyond {boundary}")
    assert told(daemon, name) == [boundary]
    finding = daemon.findings("--container", name, "--rule", "host_namespace_entered")[0]
    assert path.replace("net", "network").replace("mnt", "mount") in finding["picket.process.host_namespaces"]


def test_by_docker_exec_as_well_and_whoever_is_killed_for_it_runs_no_program(picket, containers):
    daemon = picket("--enforce")
    name = containers.start("sleep", "60", options=(*ADMIN, *HOST_PROC))
    done = docker("exec", name, "/bin/sh", "-c",
                  f"/bin/busybox nsenter --net=/host-proc/{PROCESS}/ns/net /bin/sleep 20; echo $?", timeout=15)
    assert done.stdout.strip() == "137"
    assert told(daemon, name) == ["network_namespace"]


@pytest.mark.parametrize("options", [("--network=host",), ("--pid=host",), ("--ipc=host",), ("--uts=host",),
                                     ("--cgroupns=host",), ("--pid=host", "--network=host")],
                         ids=lambda options: options[-1])
def test_a_container_that_was_given_one_is_not_told_of_for_it(picket, containers, options):
    daemon = picket()
    name = containers.name()
    given = {"--network=host": ("net",), "--ipc=host": ("ipc",), "--uts=host": ("uts",)}.get(options[-1], ())
    enter = "; ".join(nsenter(one, one) for one in given) or "true"
    network = () if "--network=host" in options else ("--network=none",)
    docker("run", "-d", "--name", name, *network, *options, *ADMIN, *HOST_PROC, IMAGE,
           "/bin/sh", "-c", f"/bin/true; (/bin/true); {enter}; sleep 60")
    docker("exec", name, "/bin/sh", "-c", f"(/bin/true); {enter}")
    assert daemon.value("picket_process_execs_total", container_id=containers.id(name)) >= 4
    assert boundaries(daemon, containers.id(name)) == {}
    assert told(daemon, name) == []



@pytest.mark.parametrize("outer", [(), ("--network=host", "--ipc=host", "--pid=host")], ids=["own", "of the host"])
def test_containers_that_share_the_namespaces_of_another_are_not_told_of(picket, containers, outer):
    daemon = picket()
    first, second = containers.name("first"), containers.name("second")
    docker("run", "-d", "--name", first, *(outer or ("--network=none", "--ipc=shareable")), IMAGE, "sleep", "60")
    docker("run", "-d", "--name", second, f"--network=container:{first}", f"--pid=container:{first}",
           *(("--ipc=host",) if outer else (f"--ipc=container:{first}",)), IMAGE,
           "/bin/sh", "-c", "(/bin/true); /bin/true; sleep 60")
    docker("exec", second, "/bin/sh", "-c", "(/bin/true)")
    for name in (first, second):
        wait_for(lambda: daemon.value("picket_process_execs_total", container_id=containers.id(name)), "its programs")
        assert boundaries(daemon, containers.id(name)) == {}
        assert told(daemon, name) == []


def test_a_container_that_was_there_before_picket_is_held_against_what_it_had(picket, containers):
    name = containers.start("sleep", "60", options=(*ADMIN, *HOST_PROC))
    given = containers.name("given")
    docker("run", "-d", "--name", given, "--network=host", *ADMIN, *HOST_PROC, IMAGE, "sleep", "60")
    daemon = picket()
    for one in (name, given):
        docker("exec", one, "/bin/sh", "-c", f"/bin/true; {nsenter('net', 'net')}")
    wait_for(lambda: told(daemon, name) == ["network_namespace"], "the finding")
    assert told(daemon, given) == []
    assert boundaries(daemon, containers.id(given)) == {}


