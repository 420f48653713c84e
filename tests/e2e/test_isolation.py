# SPDX-License-Identifier: GPL-2.0-only
"""Workloads that are no ordinary containers: a WebAssembly module, a gVisor sandbox, a container with a TEE's device."""
import concurrent.futures
import contextlib
import json
import os
import shutil
import signal
import subprocess
import uuid
from pathlib import Path

import pytest

from conftest import BUILD, HERE, run, wait_for

CGROUP2 = next(Path(fields[4]) for fields in (line.split() for line in open("/proc/self/mountinfo"))
               if fields[fields.index("-") + 1] == "cgroup2")
SNP_GET_REPORT = 0xc0205300


def piece(name, timeout=400):
    """The folder of what tests/e2e/isolation_pieces.sh fetches, kept below BUILD."""
    done = run(HERE / "isolation_pieces.sh", BUILD / "isolation", name, check=False, timeout=timeout)
    if done.returncode == 77:
        pytest.skip(done.stdout.strip().splitlines()[-1])
    assert done.returncode == 0, done.stdout + done.stderr
    return (BUILD / "isolation" / name).resolve()


def oci_config(identifier, arguments, **more):
    return {"ociVersion": "1.0.0", "hostname": "isolated", "root": {"path": "rootfs"},
            "process": {"user": {"uid": 0, "gid": 0}, "args": arguments, "env": ["PATH=/bin"], "cwd": "/",
                        "noNewPrivileges": True, "capabilities": {}},
            "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
                       {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"}],
            "linux": {"cgroupsPath": f"/{identifier}",
                      "namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc", "uts", "network")]}, **more}


def processes(identifier):
    try:
        return [int(pid) for pid in (CGROUP2 / identifier / "cgroup.procs").read_text().split()]
    except OSError:
        return []


def end(identifier):
    """Its processes, then its cgroups."""
    def kill_all():
        found = processes(identifier)
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not found

    wait_for(kill_all, f"the end of {identifier}")
    for directory in [CGROUP2 / identifier, *CGROUP2.parent.glob(f"*/{identifier}")]:
        if directory.exists():
            wait_for(lambda: run("rmdir", directory, check=False).returncode == 0, f"the end of {directory}")


def run_in_cgroup(identifier, *command):
    """A process of the host that enters the workload's cgroup and executes there."""
    script = f'echo $$ >"{CGROUP2}/{identifier}/cgroup.procs" && exec "$@"'
    return run("/bin/sh", "-c", script, "sh", *command)


# Mounts of its own, gone with the process; crun wants no controller on the v2 side of a hybrid machine.
ENTER = """
mount --make-rprivate / && mkdir -p /run/crun && mount --bind "$1" "$1" && cd "$1"
mount -t proc proc proc && mount --rbind /sys sys && mount --rbind /dev dev
mount -t tmpfs tmpfs run && mkdir run/crun && mount --bind /run/crun run/crun
[ "$4" = pure ] || mount --bind /dev/null ".$4/cgroup.controllers"
exec chroot . crun --cgroup-manager=cgroupfs run --bundle "$2" "$3"
"""


@pytest.fixture
def module(tmp_path):
    """module(**annotations): a WebAssembly module that runs, by crun and WasmEdge; Return: its id."""
    if not shutil.which("wat2wasm"):
        pytest.skip("wabt is not installed")
    root = piece("wasm") / "root"
    started = []

    def start(**more):
        identifier = f"picket-wasm-{uuid.uuid4().hex[:8]}"
        bundle = root / "bundles" / identifier
        (bundle / "rootfs/etc").mkdir(parents=True)
        (bundle / "rootfs/etc/motd").write_text("hello\n")
        run("wat2wasm", HERE / "module.wat", "-o", bundle / "rootfs/hi.wasm")
        (bundle / "config.json").write_text(json.dumps(oci_config(identifier, ["/hi.wasm"], **more)))
        started.append((identifier, bundle))
        with open(tmp_path / f"{identifier}.log", "wb") as log:
            subprocess.Popen(["unshare", "-m", "/bin/sh", "-ec", ENTER, "sh", root, f"/bundles/{identifier}",
                              identifier, "pure" if CGROUP2 == Path("/sys/fs/cgroup") else CGROUP2],
                             stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_for(lambda: "hello" in (tmp_path / f"{identifier}.log").read_text(),
                 f"the module; see {tmp_path}/{identifier}.log", 20)
        return identifier

    yield start
    for identifier, bundle in started:
        end(identifier)
        shutil.rmtree(bundle)
        shutil.rmtree(f"/run/crun/{identifier}", ignore_errors=True)


def isolation(daemon, identifier):
    found = daemon.values("picket_container_isolation_info", container_id=identifier)
    return found[0][0] if found else {}


def test_a_module_is_recognised_counted_and_silent(picket, module):
    daemon = picket()
    identifier = module(annotations={"run.oci.handler": "wasm"})
    wait_for(lambda: isolation(daemon, identifier).get("engine") == "wasmedge", "the engine", 120)
    assert isolation(daemon, identifier).items() >= {
        "isolation": "wasm", "evidence": "annotation", "attribution": "container", "runtime": "crun"}.items()
    assert daemon.value("picket_container_info", container_id=identifier, isolation="wasm", handler="wasm") == 1
    before = daemon.value("picket_file_opens_total", container_id=identifier, access="read")
    wait_for(lambda: daemon.value("picket_file_opens_total", container_id=identifier, access="read") > before + 5,
             "opens of the module, counted for the workload")
    assert daemon.value("picket_process_execs_total", container_id=identifier) == 0
    assert not daemon.findings("--container", identifier), "a benign module is silent"
    shown = daemon.cli("containers", "-v").stdout
    assert "isolation wasm, proved by annotation, handler wasm, engine wasmedge" in shown


def test_a_program_beside_a_module_has_left_its_sandbox(picket, module):
    daemon = picket()
    identifier = module(annotations={"run.oci.handler": "wasm"})
    run_in_cgroup(identifier, "/bin/true")
    found = daemon.wait_finding("--rule", "wasm_sandbox_program_started", "--container", identifier)[0]
    assert found["picket.container.isolation"] == "wasm"
    assert found["picket.container.isolation_evidence"] == "annotation"
    run_in_cgroup(identifier, "/usr/bin/unshare", "-m", "/bin/true")
    assert daemon.wait_finding("--rule", "wasm_sandbox_operation", "--container", identifier)


def test_a_module_without_an_annotation_is_found_by_its_engines_library(picket, module):
    """As when crun is called crun-wasm: nothing in the runtime's files tells."""
    daemon = picket()
    identifier = module(annotations={"run.oci.handler": "wasm"})
    config = Path(f"/run/crun/{identifier}/config.json")
    config.write_text(config.read_text().replace("run.oci.handler", "run.oci.nothing"))
    daemon.stop()
    daemon = picket()
    assert isolation(daemon, identifier).get("evidence") != "annotation"
    wait_for(lambda: isolation(daemon, identifier).get("evidence") == "maps", "the library in the process", 120)
    assert isolation(daemon, identifier)["engine"] == "wasmedge"


# youki's library takes a hybrid machine for one of v1 only: it is shown cgroup2 alone, without controllers.
CONTAINERD = """
mount --make-rprivate /
[ "$1" = /sys/fs/cgroup ] || { mount --bind "$1" /sys/fs/cgroup && mount --bind /dev/null /sys/fs/cgroup/cgroup.controllers; }
exec containerd --config "$2"
"""


@pytest.fixture
def runwasi(tmp_path):
    """runwasi(): a module that a shim of runwasi runs, through a containerd of its own; Return: its id. runwasi.root: a host's
    root that has nothing but that containerd's state."""
    if not shutil.which("wat2wasm") or not shutil.which("containerd"):
        pytest.skip("wabt or containerd is not installed")
    shim = piece("runwasi", 7200) / "debug"
    root, started = tmp_path / "host", []
    socket_path, bundle = tmp_path / "containerd.sock", tmp_path / "bundle"
    (bundle / "rootfs/etc").mkdir(parents=True)
    (bundle / "rootfs/etc/motd").write_text("hello\n")
    (root / "run/containerd").mkdir(parents=True)
    run("wat2wasm", HERE / "module.wat", "-o", bundle / "rootfs/hi.wasm")
    config = tmp_path / "containerd.toml"
    config.write_text(f'''version = 2
root = "{tmp_path}/root"
state = "{root}/run/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "{socket_path}"
[ttrpc]
  address = "{socket_path}.ttrpc"
''')
    log = tmp_path / "containerd.log"
    with open(log, "wb") as out:
        daemon = subprocess.Popen(["unshare", "-m", "/bin/sh", "-ec", CONTAINERD, "sh", CGROUP2, config], stdout=out,
                                  stderr=out, env={**os.environ, "PATH": f"{shim}:{os.environ['PATH']}"})

    def ctr(*arguments, **options):
        return run("ctr", "-a", socket_path, *arguments, **options)

    def start():
        identifier = f"picket-runwasi-{uuid.uuid4().hex[:8]}"
        spec = oci_config(identifier, ["/hi.wasm"])
        spec["root"]["path"] = str(bundle / "rootfs")
        spec["linux"]["cgroupsPath"] = f"/default/{identifier}"
        (tmp_path / "spec.json").write_text(json.dumps(spec))
        started.append(identifier)
        ctr("run", "-d", "--config", tmp_path / "spec.json", "--runtime", "io.containerd.wasmtime.v1", identifier)
        return identifier

    start.root = root
    try:
        wait_for(lambda: ctr("version", check=False).returncode == 0, f"containerd; see {log}", 30)
        yield start
        for identifier in started:
            ctr("task", "kill", "-s", "KILL", identifier, check=False)
            wait_for(lambda: ctr("task", "rm", identifier, check=False).returncode == 0 or
                     identifier not in ctr("task", "ls", check=False).stdout, "the end of the task", 60)
            ctr("container", "rm", identifier, check=False)
    finally:
        daemon.terminate()
        daemon.wait(60)


def test_a_module_of_a_shim_is_told_from_its_set_up(picket, runwasi):
    """The shim's library forks, sets up and goes on as the engine, without ever starting a program."""
    daemon = picket()
    identifier = runwasi()
    wait_for(lambda: isolation(daemon, identifier).get("engine") == "wasmtime", "the engine", 120)
    assert isolation(daemon, identifier).items() >= {"isolation": "wasm", "evidence": "exe", "attribution": "container"}.items()
    before = daemon.value("picket_file_opens_total", container_id=identifier, access="read")
    wait_for(lambda: daemon.value("picket_file_opens_total", container_id=identifier, access="read") > before + 5,
             "opens of the module, counted for the workload")
    assert daemon.value("picket_setup_operations_total", container_id=identifier, operation="privileged") > 5
    assert daemon.value("picket_privileged_operations_total", container_id=identifier, operation="pivot_root") == 0
    assert daemon.value("picket_process_execs_total", container_id=identifier) == 0
    assert not daemon.findings("--container", identifier), "neither set-up nor a benign module is a finding"
    run("/bin/sh", "-c", f'echo $$ >"{CGROUP2}/default/{identifier}/cgroup.procs" && exec /bin/true')
    assert daemon.wait_finding("--rule", "wasm_sandbox_program_started", "--container", identifier)


def test_a_shims_name_in_its_bundle_tells_before_its_process_is_looked_at(picket, runwasi):
    daemon = picket(f"--path.rootfs={runwasi.root}")
    identifier = runwasi()
    wait_for(lambda: isolation(daemon, identifier).get("evidence") == "runtime_type", "the bundle", 15)
    assert daemon.value("picket_container_info", container_id=identifier, isolation="wasm",
                        handler="containerd-shim-wasmtime-v1") == 1


@pytest.fixture
def sandbox(tmp_path):
    """A gVisor sandbox that runs a shell, in a cgroup of its own; its id."""
    runsc = piece("gvisor") / "usr/bin/runsc"
    identifier = f"picket-gvisor-{uuid.uuid4().hex[:8]}"
    bundle = tmp_path / "bundle"
    (bundle / "rootfs/bin").mkdir(parents=True)
    shutil.copy("/bin/busybox", bundle / "rootfs/bin/busybox")
    loop = "while /bin/busybox cat /bin/busybox >/dev/null; do echo round; /bin/busybox sleep 0.2; done"
    (bundle / "config.json").write_text(json.dumps(oci_config(identifier, ["/bin/busybox", "sh", "-c", loop])))
    (CGROUP2 / identifier).mkdir()
    log = tmp_path / "runsc.log"
    script = f'echo $$ >"{CGROUP2}/{identifier}/cgroup.procs" && exec "$@"'
    try:
        with open(log, "wb") as out:
            process = subprocess.Popen(["/bin/sh", "-c", script, "sh", runsc, f"--root={tmp_path}/state", "--platform=systrap",
                              "--network=none", "--ignore-cgroups", "run", f"--bundle={bundle}", identifier],
                             stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        wait_for(lambda: "round" in log.read_text() or process.poll() is not None, "the sandbox", 20)
        if "round" not in log.read_text():
            pytest.skip(f"runsc does not run here: {log.read_text()[-300:]}")
        yield identifier
    finally:
        end(identifier)


def test_a_sandbox_is_recognised_by_its_program(picket, sandbox):
    daemon = picket()
    wait_for(lambda: isolation(daemon, sandbox).get("isolation") == "gvisor", "the sandbox's program", 120)
    assert isolation(daemon, sandbox).items() >= {
        "engine": "runsc", "evidence": "exe", "attribution": "sandbox"}.items()
    assert not daemon.findings("--rule", "sandbox_program_mismatch")
    run_in_cgroup(sandbox, "/bin/true")
    assert daemon.wait_finding("--rule", "sandbox_program_mismatch", "--container", sandbox)


def test_a_renamed_program_is_no_part_of_a_sandbox(picket, sandbox, tmp_path):
    """Names are anybody's choice: the program must be the very file that runs the sandbox."""
    daemon = picket()
    wait_for(lambda: isolation(daemon, sandbox).get("isolation") == "gvisor", "the sandbox's program", 120)
    impostor = tmp_path / "runsc"
    shutil.copy("/bin/true", impostor)
    script = (f'echo $$ >"{CGROUP2}/{sandbox}/cgroup.procs" && exec unshare -m sh -c '
              f'"mount --bind {impostor} /bin/true && mkdir -p {tmp_path}/else && mount -t tmpfs none {tmp_path} && '
              f'cp /bin/true {tmp_path}/runsc && {tmp_path}/runsc"')
    run("/bin/sh", "-c", script)
    found = daemon.wait_finding("--rule", "sandbox_program_mismatch", "--container", sandbox)
    assert found
    wait_for(lambda: any(finding.get("process.executable.path") == str(impostor)
                         for finding in daemon.findings("--rule", "sandbox_program_mismatch")), "the impostor")


@pytest.fixture
def krustlet(tmp_path):
    """krustlet(): a process of that name, in a service's cgroup, with a module mapped and one in its store; (unit, process)."""
    if not shutil.which("wat2wasm"):
        pytest.skip("wabt is not installed")
    unit = f"krustlet-{uuid.uuid4().hex[:8]}.service"
    directory = CGROUP2 / "system.slice" / unit
    program, module = tmp_path / "bin/krustlet-wasi", tmp_path / "mapped.wasm"
    stored = tmp_path / "home/.krustlet/.oci/modules/registry.example/team/hello/v1/module.wasm"
    program.parent.mkdir()
    stored.parent.mkdir(parents=True)
    run("gcc", "-O2", "-Wall", "-Werror", "-o", program, HERE / "krustlet.c")
    run("wat2wasm", HERE / "module.wat", "-o", module)
    shutil.copy(module, stored)
    started = []

    def start():
        directory.mkdir(parents=True, exist_ok=True)
        process = subprocess.Popen(["/bin/sh", "-c", f'echo $$ >"{directory}/cgroup.procs" && exec {program} {module}'],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"HOME": str(tmp_path / "home")})
        started.append(process)
        assert process.stdout.readline() == b"serving\n"
        return unit, process

    yield start
    for process in started:
        process.stdin.close()
        process.wait()
    wait_for(lambda: not directory.exists() or run("rmdir", directory, check=False).returncode == 0, "the end of the unit")


def wish(process, what):
    process.stdin.write(what.encode())
    process.stdin.flush()


@pytest.mark.parametrize("first", ["daemon", "krustlet"])
def test_a_kubelet_that_runs_modules_itself_is_recognised(picket, krustlet, first):
    daemon = picket() if first == "daemon" else None
    unit, process = krustlet()
    daemon = daemon or picket()
    labels = {"container_id": unit, "runtime": "krustlet"}
    wait_for(lambda: daemon.value("picket_node_runtime_modules", **labels) == 2, "both modules", 90)
    assert daemon.value("picket_node_runtime_info", isolation="wasm", attribution="node", **labels) == 1
    assert isolation(daemon, unit).items() >= {
        "isolation": "wasm", "engine": "krustlet", "evidence": "exe", "attribution": "node"}.items()
    shown = daemon.cli("containers", "-v").stdout
    assert "registry.example/team/hello:v1" in shown and "mapped.wasm" in shown
    assert "cannot be told apart" in shown, "what is not seen is told plainly"
    wish(process, "o")
    wait_for(lambda: daemon.value("picket_file_opens_total", container_id=unit, access="read") > 0, "what it does is counted")
    assert not daemon.findings("--container", unit), "a kubelet may read what containers must not"
    for letter, rule in (("x", "wasm_sandbox_program_started"), ("m", "wasm_sandbox_operation"), ("r", "wasm_sandbox_socket")):
        wish(process, letter)
        found = daemon.wait_finding("--rule", rule, "--container", unit)[0]
        assert found["picket.container.engine"] == "krustlet"
    assert not [name for name in daemon.findings("--container", unit)
                if not name["rule"].startswith("wasm_sandbox")], "rules about containers in general are not about it"


def test_an_ordinary_service_stays_the_hosts(picket, krustlet, tmp_path):
    """The name of the unit is nothing: the program is."""
    daemon = picket()
    unit, process = krustlet()
    other = CGROUP2 / "system.slice" / f"krustlet-{uuid.uuid4().hex[:8]}.service"
    other.mkdir()
    sleeper = subprocess.Popen(["/bin/sh", "-c", f'echo $$ >"{other}/cgroup.procs" && exec sleep 60'])
    try:
        wait_for(lambda: daemon.values("picket_node_runtime_info", container_id=unit), "the one that is", 15)
        assert not daemon.values("picket_container_info", container_id=other.name)
    finally:
        sleeper.kill()
        sleeper.wait()
        wait_for(lambda: run("rmdir", other, check=False).returncode == 0, "the end of the service")


@pytest.fixture
def tee_machine(tmp_path):
    """Files of a machine on which a misc device that is here is that of an SEV-SNP guest: (procfs, minor, device)."""
    misc = dict(reversed(line.split()) for line in open("/proc/misc"))
    name = next((name for name in ("fuse", "vsock", "hw_random") if name in misc and Path("/dev", name).exists()), None)
    if not name:
        pytest.skip("no misc device that could stand for /dev/sev-guest")
    procfs = tmp_path / "proc"
    procfs.mkdir()
    for link in ("self", "1", "stat", "devices"):
        (procfs / link).symlink_to(f"/proc/{link}")
    (procfs / "misc").write_text(f"{misc[name]} sev-guest\n")
    (procfs / "cpuinfo").write_text("processor : 0\nflags : fpu\n")
    helper = tmp_path / "tee_ops"
    run("gcc", "-static", "-O2", "-Wall", "-Werror", "-o", helper, HERE / "tee_ops.c")
    return procfs, misc[name], f"/dev/{name}", helper


def attestations(daemon, identifier):
    return tuple(daemon.value(f"picket_tee_{name}_total", container_id=identifier, tee="sev")
                 for name in ("attestations", "attestation_failures"))


def test_a_given_device_is_told_and_a_failed_attestation_is_a_finding(picket, containers, tee_machine):
    procfs, _, device, helper = tee_machine
    daemon = picket(f"--path.procfs={procfs}")
    name = containers.start("sh", "-c", "/tee 0; sleep 60",
                            options=["-v", f"{helper}:/tee", "--device", f"{device}:/dev/sev-guest"])
    identifier = containers.id(name)
    wait_for(lambda: attestations(daemon, identifier) == (1, 1), "a request that failed")
    assert daemon.value("picket_device_opens_total", container_id=identifier, device="sev_guest") == 1
    assert daemon.value("picket_container_tee_devices", container_id=identifier, device="sev_guest") == 1
    assert daemon.wait_finding("--rule", "tee_device_opened", "--container", name)
    assert daemon.wait_finding("--rule", "tee_attestation_failed", "--container", name)
    assert not daemon.findings("--rule", "tee_device_not_given")


def test_an_attestation_that_succeeds_is_no_failure(picket, containers, tee_machine, tmp_path):
    """The driver is none; a filter makes the kernel answer the request as a driver's success would."""
    procfs, _, device, helper = tee_machine
    profile = tmp_path / "seccomp.json"
    profile.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["ioctl"], "action": "SCMP_ACT_ERRNO", "errnoRet": 0,
         "args": [{"index": 1, "value": SNP_GET_REPORT, "op": "SCMP_CMP_EQ"}]}]}))
    daemon = picket(f"--path.procfs={procfs}")
    name = containers.start("sh", "-c", "/tee 0; sleep 60",
                            options=["-v", f"{helper}:/tee", "--device", f"{device}:/dev/sev-guest",
                                     "--security-opt", f"seccomp={profile}"])
    identifier = containers.id(name)
    wait_for(lambda: attestations(daemon, identifier) == (1, 0), "a request that succeeded")
    assert not daemon.findings("--rule", "tee_attestation_failed", "--container", name)


def test_a_device_that_nobody_gave_is_a_finding(picket, containers, tee_machine):
    procfs, minor, _, helper = tee_machine
    daemon = picket(f"--path.procfs={procfs}")
    name = containers.start("sh", "-c", f"/tee {minor}; sleep 60",
                            options=["-v", f"{helper}:/tee", "--cap-add=MKNOD",
                                     "--device-cgroup-rule", f"c 10:{minor} rwm"])
    assert daemon.wait_finding("--rule", "tee_device_not_given", "--container", name)
    assert not daemon.values("picket_container_tee_devices", container_id=containers.id(name))


def message(*fields):
    """protobuf: (number, bytes or message) each."""
    return b"".join(bytes([number << 3 | 2, len(value)]) + value for number, value in fields)


@pytest.fixture
def kubelet(tmp_path):
    """The kubelet's PodResources API at a socket: (path, the pods it tells of)."""
    grpc = pytest.importorskip("grpc")
    pods = []
    handler = grpc.method_handlers_generic_handler("v1.PodResourcesLister", {
        "List": grpc.unary_unary_rpc_method_handler(lambda request, context: b"".join(pods))})
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((handler,))
    path = tmp_path / "kubelet.sock"
    server.add_insecure_port(f"unix:{path}")
    server.start()
    yield path, pods
    server.stop(None)


def test_a_device_that_only_the_kubelet_knows_of_is_given(picket, containers, tee_machine, kubelet, tmp_path):
    """A device plugin's device: the container's configuration does not name it, PodResources does."""
    procfs, minor, _, helper = tee_machine
    socket_path, pods = kubelet
    root = tmp_path / "root"
    root.mkdir()
    daemon = picket(f"--path.procfs={procfs}", f"--path.rootfs={root}", f"--kubelet.pod-resources={socket_path}")

    def start(pod):
        """A container at the place of a pod's, with the files that containerd would leave for it."""
        identifier = containers.id(containers.start("sh", "-c", f"sleep 15; /tee {minor}; sleep 60", options=[
            "-v", f"{helper}:/tee", "--cap-add=MKNOD", "--device-cgroup-rule", f"c 10:{minor} rwm",
            "--cgroup-parent", f"/kubepods/burstable/pod{uuid.uuid4()}"]))
        bundle = root / "run/containerd/io.containerd.runtime.v2.task/k8s.io" / identifier
        bundle.mkdir(parents=True)
        names = {"container-type": "container", "container-name": "app", "sandbox-name": pod, "sandbox-namespace": "default"}
        annotations = {f"io.kubernetes.cri.{key}": value for key, value in names.items()}
        (bundle / "config.json").write_text(json.dumps(oci_config(identifier, ["/bin/sh"], annotations=annotations)))
        return identifier

    device = message((1, b"plugin.example/sev-guest"), (2, b"sev-guest0"))
    pods.append(message((1, message((1, b"given"), (2, b"default"), (3, message((1, b"app"), (2, device)))))))
    given, other = start("given"), start("other")
    wait_for(lambda: daemon.value("picket_container_tee_devices", container_id=given, device="sev_guest") == 1,
             f"what the kubelet says; {daemon.log}", 40)
    for identifier in (given, other):
        wait_for(lambda: daemon.value("picket_device_opens_total", container_id=identifier, device="sev_guest") == 1,
                 "the open", 40)
    assert daemon.wait_finding("--rule", "tee_device_not_given", "--container", other)
    assert not daemon.findings("--rule", "tee_device_not_given", "--container", given)


def test_a_kubelet_that_does_not_answer_is_told_once(picket, tmp_path):
    daemon = picket(f"--kubelet.pod-resources={tmp_path}/nothing.sock")
    wait_for(lambda: "devices that only the kubelet knows of are taken for not given" in daemon.log, "the warning")
