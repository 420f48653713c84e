# SPDX-License-Identifier: GPL-2.0-only
"""The ordinary life of ordinary images raises nothing above a notice with the default rules.

The images are Debian's own packages: a shell script as a service, nginx under load, PostgreSQL under load, and a build
that installs packages. They come from the mirror that this machine uses and are kept below BUILD.
"""
import hashlib
import json
import shutil
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from conftest import BUILD, HERE, Containers, Picket, docker, run, wait_for

PACKAGES = ("nginx", "postgresql", "apache2-utils", "cron", "logrotate", "procps")
INSTALLED = ("openssh-server", "less", "nano", "rsyslog", "python3", "ca-certificates", "dbus", "sudo", "at", "vim-tiny")
IMAGE = "picket-e2e-debian:latest"
LOUD = ("warning", "error", "critical")

SCRIPT = r"""
set -e
mkdir -p /srv/app /var/log/app
for round in $(seq 60); do
	date "+%s round $round" >>/var/log/app/app.log
	work=$(mktemp -d)
	seq 1000 | sort -rn | awk '{ sum += $1 } END { print sum }' >"$work/sum"
	sed 's/^/sum: /' "$work/sum" >"$work/report" && mv "$work/report" /srv/app/report
	tar -C /srv -czf "$work/backup.tar.gz" app && cp "$work/backup.tar.gz" /srv/app/backup.tar.gz
	find /srv/app -name '*.gz' -mtime +1 -delete
	grep -c round /var/log/app/app.log >/srv/app/count
	ps -e >/srv/app/processes
	id >/dev/null; hostname >/dev/null; stat -c %s /srv/app/report >/dev/null
	rm -r "$work"
	sleep 0.1
done
printf '/var/log/app/app.log {\n rotate 2\n compress\n create\n}\n' >/srv/app/logrotate.conf
logrotate -f -s /srv/app/logrotate.state /srv/app/logrotate.conf
"""

# as the entry point of PostgreSQL's own image: root at first, then the database's user
DATABASE = r"""
set -e
bin=$(echo /usr/lib/postgresql/*/bin)
mkdir -p /srv/data && chown postgres /srv/data && chmod 700 /srv/data
setpriv --reuid=postgres --regid=postgres --init-groups $bin/initdb -D /srv/data >/dev/null
exec setpriv --reuid=postgres --regid=postgres --init-groups $bin/postgres -D /srv/data -c logging_collector=on
"""

# as Debian's own service does it
CLUSTER = r"""
set -e
version=$(basename /usr/lib/postgresql/*)
pg_ctlcluster $version main start
su postgres -c 'pgbench -i -q && pgbench -c 2 -T 3 && psql -c "select count(*) from pgbench_accounts"'
su postgres -c 'pg_dump postgres' | gzip >/srv/dump.gz
pg_ctlcluster $version main stop
"""

INSTALL = r"""
set -e
export DEBIAN_FRONTEND=noninteractive
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:///repository ./' >/etc/apt/sources.list.d/local.list
apt-get update
apt-get install -y --no-install-recommends $PACKAGES
apt-get purge -y nano
apt-get clean
"""


def write_index(folder):
    """Packages, as apt reads it in a flat repository."""
    entries = []
    for package in sorted(folder.glob("*.deb")):
        content = package.read_bytes()
        entries.append(f"{run('dpkg-deb', '-f', package).stdout.strip()}\nFilename: ./{package.name}\n"
                       f"Size: {len(content)}\nSHA256: {hashlib.sha256(content).hexdigest()}\n")
    (folder / "Packages").write_text("\n".join(entries))


def make_repository(root, folder):
    """What INSTALLED needs beyond the image, as apt in the image sees it."""
    if (folder / "Packages").exists():
        return
    folder.mkdir(exist_ok=True)
    run("chroot", root, "apt-get", "update", "-qq", timeout=120)
    run("chroot", root, "apt-get", "install", "-y", "-qq", "--no-install-recommends", "--download-only", *INSTALLED,
        timeout=300)
    for package in (root / "var/cache/apt/archives").glob("*.deb"):
        shutil.move(package, folder / package.name)
    shutil.rmtree(root / "var/lib/apt/lists")
    (root / "var/lib/apt/lists/partial").mkdir(parents=True)
    write_index(folder)


@pytest.fixture(scope="module")
def debian(dockerd):
    """An image of Debian's packages. Return: the folder of the packages that a build installs."""
    folder = BUILD / "quiet"
    folder.mkdir(parents=True, exist_ok=True)
    if not shutil.which("debootstrap"):
        pytest.skip("debootstrap is not installed")
    done = run(HERE.parent / "deploy/package_root.sh", folder / "root", *PACKAGES, check=False, timeout=600)
    if done.returncode:
        pytest.skip(f"Debian's packages cannot be had: {done.stderr[-300:]}")
    try:
        make_repository(folder / "root", folder / "repository")
    except AssertionError as error:
        pytest.skip(f"Debian's packages cannot be had: {str(error)[-300:]}")
    archive = subprocess.Popen(["tar", "-C", folder / "root", "--exclude=./dev/*", "-c", "."], stdout=subprocess.PIPE)
    done = subprocess.run(["docker", "import", "-", IMAGE], stdin=archive.stdout, check=True, capture_output=True)
    archive.wait()
    yield folder / "repository"
    docker("rmi", "-f", IMAGE, check=False)


class Life(Containers):
    """Containers of Debian's image."""

    def spawn(self, hint, *command, options=()):
        name = self.name(hint)
        docker("run", "-d", "--network=none", "--name", name, *options, IMAGE, *command)
        return name

    def finish(self, hint, *command, options=(), network="none"):
        name = self.name(hint)
        done = docker("run", f"--network={network}", "--name", name, *options, IMAGE, *command, check=False, timeout=240)
        assert done.returncode == 0, f"{hint}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return name


def live_shell(life, _):
    life.finish("shell", "sh", "-c", SCRIPT)


def live_nginx(life, _):
    """Requests, files that are not there, a reload, and logs rotated as Debian's package does."""
    name = life.spawn("nginx", "nginx", "-g", "daemon off;", options=("--pids-limit=200",))
    wait_for(lambda: docker("exec", name, "ab", "-n", "1", "http://127.0.0.1/", check=False).returncode == 0, "nginx", 20)
    for path in ("", "missing.html"):
        life.finish("ab", "ab", "-q", "-n", "20000", "-c", "50", f"http://127.0.0.1/{path}", network=f"container:{name}")
    docker("exec", name, "nginx", "-t")
    docker("exec", name, "nginx", "-s", "reload")
    docker("exec", name, "logrotate", "-f", "/etc/logrotate.d/nginx")
    docker("exec", name, "sh", "-c", "nginx -v; cat /var/log/nginx/access.log >/dev/null; ls /var/www/html")
    docker("stop", name)


def live_database(life, _):
    """Initialised, filled, under load, dumped; and once more as Debian's service starts it."""
    name = life.spawn("postgres", "sh", "-c", DATABASE, options=("--shm-size=128m",))
    as_user = ("exec", "-u", "postgres", name)
    wait_for(lambda: docker(*as_user, "pg_isready", "-q", check=False).returncode == 0, "PostgreSQL", 60)
    docker(*as_user, "pgbench", "-i", "-q", "-s", "2")
    docker(*as_user, "pgbench", "-c", "4", "-j", "2", "-T", "10", timeout=120)
    docker(*as_user, "psql", "-c", "vacuum full analyze")
    docker(*as_user, "sh", "-c", "pg_dump postgres >/tmp/dump.sql")
    docker("stop", name)
    life.finish("cluster", "sh", "-c", CLUSTER)


def live_build(life, repository):
    """A build: packages with users, services, alternatives and a compiler are installed."""
    life.finish("build", "sh", "-c", INSTALL, options=("-v", f"{repository}:/repository:ro", "-e",
                                                       f"PACKAGES={' '.join(INSTALLED)}"))


LIVES = {"a shell script": live_shell, "nginx": live_nginx, "PostgreSQL": live_database, "a build": live_build}


@pytest.fixture(scope="module")
def heard(debian, tmp_path_factory):
    """All lives at once under one daemon, then an attack. Return: findings, who was attacked, seconds, counters, lost."""
    directory = tmp_path_factory.mktemp("quiet")
    daemon = Picket(directory, [], {}).start()
    life = Life()
    follow = directory / "findings.jsonl"
    started = time.monotonic()
    with open(follow, "wb") as out:
        reader = subprocess.Popen([BUILD / "picket", "events", "-f", "--json", "-n", "0"], stdout=out, env=daemon.environment)
        try:
            with ThreadPoolExecutor(len(LIVES)) as pool:
                for done in [pool.submit(live, life, debian) for live in LIVES.values()]:
                    done.result()
            seconds = time.monotonic() - started
            attacked = life.finish("attacked", "sh", "-c", "cat /etc/shadow >/dev/null")
            daemon.wait_finding("--container", attacked, "--rule", "shadow_file_read")
            time.sleep(1)
        finally:
            reader.terminate()
            reader.wait(10)
            lost = daemon.value("picket_events_lost_total")
            counted = {name: daemon.value(name) for name in ("picket_process_execs_total", "picket_file_opens_total",
                                                             "picket_network_accepts_total")}
            life.remove_all()
    daemon.stop()
    with open(follow, encoding="utf-8") as lines:
        findings = [finding for finding in map(json.loads, lines) if finding.get("container.name") in life.names]
    yield findings, attacked, seconds, counted, lost


def test_ordinary_life_raises_nothing_above_a_notice(heard, capsys):
    findings, attacked, seconds, counted, lost = heard
    table = Counter((finding["severity"], finding["rule"], finding.get("process.executable.path", ""))
                    for finding in findings if finding.get("container.name") != attacked)
    with capsys.disabled():
        print(f"\n{seconds:.0f} s of {', '.join(LIVES)}: " + ", ".join(f"{name} {value:.0f}" for name, value in counted.items()))
        for (severity, rule, program), count in sorted(table.items()):
            print(f"{severity:9} {rule:32} {count:>6} {program}")
    loud = [finding for finding in findings if finding["severity"] in LOUD and finding.get("container.name") != attacked]
    shown = "\n".join(sorted({json.dumps({key: value for key, value in finding.items() if key.startswith(
        ("rule", "severity", "container.name", "process.executable.path", "process.command_line", "file.", "picket.file",
         "picket.operation", "picket.process.ancestors"))}) for finding in loud})[:60])
    assert not loud, f"{len(loud)} findings:\n{shown}"
    assert lost == 0


def test_the_daemon_was_not_deaf(heard):
    findings, attacked, _, counted, _ = heard
    assert "shadow_file_read" in {finding["rule"] for finding in findings if finding.get("container.name") == attacked}
    assert counted["picket_process_execs_total"] > 1000
    assert counted["picket_file_opens_total"] > 20000
    assert counted["picket_network_accepts_total"] > 1000
