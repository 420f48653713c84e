# SPDX-License-Identifier: GPL-2.0-only
"""--web.config.file with curl, promtool and Prometheus: TLS, certificates of clients, passwords, changes at run time."""
import concurrent.futures
import ctypes
import ctypes.util
import time

import pytest

from conftest import BUILD, Picket, run, wait_for
from test_prometheus import Prometheus

BCRYPT_COST = 8
SETTINGS = """
tls_server_config:
  cert_file: server.pem
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.pem
http_server_config:
  headers: {Strict-Transport-Security: max-age=3600, X-Frame-Options: deny}
"""


def bcrypt(password):
    library = ctypes.CDLL(ctypes.util.find_library("crypt"))
    library.crypt_gensalt.restype = library.crypt.restype = ctypes.c_char_p
    salt = library.crypt_gensalt(b"$2b$", ctypes.c_ulong(BCRYPT_COST), None, 0)
    return library.crypt(password.encode(), salt).decode()


class Authority:
    """Certificates in a folder: an authority, and who it signs for."""

    def __init__(self, folder):
        self.folder = folder
        self.make("ca", "-x509", "-days", "30")

    def make(self, name, *options):
        run("openssl", "req", *options, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
            f"/CN={name}", "-keyout", self.folder / f"{name}.key",
            "-out", self.folder / f"{name}.{'pem' if options else 'csr'}")

    def sign(self, name, usage):
        self.make(name)
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName=DNS:localhost,IP:127.0.0.1,URI:spiffe://test/{name}\n"
                              f"extendedKeyUsage={usage}\n")
        run("openssl", "x509", "-req", "-in", self.folder / f"{name}.csr", "-CA", self.folder / "ca.pem", "-CAkey",
            self.folder / "ca.key", "-CAcreateserial", "-days", "30", "-extfile", extensions,
            "-out", self.folder / f"{name}.pem")


class Guarded(Picket):
    """A daemon that only its control socket may be asked freely."""

    scheme = "http"

    def is_ready(self):
        assert self.process.poll() is None, f"picket ended with {self.process.returncode}:\n{self.log}"
        return self.cli("status", "--ready", check=False).returncode == 0

    def curl(self, *options, path="/metrics"):
        """The status; 0 when there is no answer."""
        done = run("curl", "-sS", "-m", "10", "-o", self.directory / "answer", "-D", self.directory / "headers",
                   "-w", "%{http_code}", *options, f"{self.scheme}://localhost:{self.port}{path}", check=False)
        return int(done.stdout or 0)


@pytest.fixture
def guarded(tmp_path):
    """guarded(settings, *flags): its file is web.yml in tmp_path."""
    started = []

    def start(settings, *flags):
        (tmp_path / "web.yml").write_text(settings)
        assert "web configuration" in run(BUILD / "picket", "check", tmp_path / "web.yml").stdout
        run("promtool", "check", "web-config", tmp_path / "web.yml")
        daemon = Guarded(tmp_path, (f"--web.config.file={tmp_path / 'web.yml'}", *flags), {})
        daemon.scheme = "https" if "cert_file" in settings else "http"
        started.append(daemon)
        return daemon.start()

    yield start
    for daemon in started:
        if daemon.process.poll() is None:
            daemon.stop()


@pytest.fixture
def authority(tmp_path):
    made = Authority(tmp_path)
    made.sign("server", "serverAuth")
    made.sign("client", "clientAuth")
    return made


def certificate(folder, name="client"):
    return ("--cacert", folder / "ca.pem", "--cert", folder / f"{name}.pem", "--key", folder / f"{name}.key")


def test_only_who_has_certificate_and_password_gets_in(guarded, authority, tmp_path):
    daemon = guarded(SETTINGS + f"basic_auth_users: {{prom: '{bcrypt('secret')}'}}\n")
    ours = certificate(tmp_path)
    assert daemon.curl() == 0, "no authority to trust"
    assert daemon.curl("--cacert", tmp_path / "ca.pem", "-u", "prom:secret") == 0, "no certificate of the client"
    assert daemon.curl(*certificate(tmp_path, "server"), "-u", "prom:secret") == 0, "one that is for servers"
    assert daemon.curl(*ours) == 401
    assert "www-authenticate: basic" in (tmp_path / "headers").read_text().lower()
    assert daemon.curl(*ours, "-u", "prom:wrong") == 401
    assert daemon.curl(*ours, "-u", "other:secret") == 401
    for version in ("1.2", "1.3"):
        assert daemon.curl(*ours, "-u", "prom:secret", f"--tlsv{version}", "--tls-max", version) == 200
    assert "picket_build_info" in (tmp_path / "answer").read_text()
    headers = (tmp_path / "headers").read_text()
    assert "Strict-Transport-Security: max-age=3600" in headers and "X-Frame-Options: deny" in headers
    assert daemon.curl(*ours, "-u", "prom:secret", "--tlsv1.1", "--tls-max", "1.1", "--ciphers",
                       "DEFAULT@SECLEVEL=0") == 0
    for path in ("/", "/-/healthy", "/-/ready", "/none"):
        assert daemon.curl(*ours, path=path) == 401


def test_only_named_clients_get_in(guarded, authority, tmp_path):
    authority.sign("stranger", "clientAuth")
    (tmp_path / "web.yml").write_text(SETTINGS.replace(
        "  client_ca_file", '  client_allowed_sans: ["spiffe://test/client"]\n  client_ca_file'))
    daemon = Guarded(tmp_path, (f"--web.config.file={tmp_path / 'web.yml'}",), {})  # this promtool knows no such key
    daemon.scheme = "https"
    daemon.start()
    try:
        assert daemon.curl(*certificate(tmp_path)) == 200
        assert daemon.curl(*certificate(tmp_path, "stranger")) == 0
    finally:
        daemon.stop()


def test_prometheus_scrapes_with_tls_and_a_password(guarded, authority, tmp_path):
    daemon = guarded(SETTINGS + f"basic_auth_users: {{prom: '{bcrypt('secret')}'}}\n")
    scrape = {"scheme": "https", "basic_auth": {"username": "prom", "password": "secret"},
              "tls_config": {"ca_file": str(tmp_path / "ca.pem"), "cert_file": str(tmp_path / "client.pem"),
                             "key_file": str(tmp_path / "client.key"), "server_name": "localhost"}}
    with Prometheus(tmp_path / "good", daemon.port, scrape=scrape) as server:
        wait_for(lambda: len(server.query("count_over_time(picket_build_info[1m]) >= 3")) == 1, "three scrapes", 20)
        state = server.target_state()
        assert (state["health"], state["lastError"]) == ("up", "")
    scrape["basic_auth"]["password"] = "wrong"
    with Prometheus(tmp_path / "bad", daemon.port, scrape=scrape) as server:
        state = wait_for(server.target_state, "a scrape", 20)
        assert state["health"] == "down" and "401" in state["lastError"]


def test_a_new_certificate_is_served_and_a_broken_one_opens_nothing(guarded, authority, tmp_path):
    daemon = guarded(SETTINGS.replace("  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n", ""))

    def served():
        done = run("openssl", "s_client", "-connect", f"127.0.0.1:{daemon.port}", "-showcerts", stdin=-3, check=False)
        return done.stdout[done.stdout.index("-----BEGIN"):done.stdout.index("-----END")]

    trust = ("--cacert", tmp_path / "ca.pem")
    first = served()
    assert daemon.curl(*trust) == 200
    authority.sign("server", "serverAuth")
    second = served()
    assert second != first and second in (tmp_path / "server.pem").read_text()
    assert daemon.curl(*trust) == 200
    key = (tmp_path / "server.key").read_text()
    (tmp_path / "server.key").write_text("nothing\n")
    assert daemon.curl(*trust) == 500 and "picket_" not in (tmp_path / "answer").read_text()
    assert "web.yml:4:13: key: " in daemon.log and served() == second
    (tmp_path / "server.key").write_text(key)
    assert daemon.curl(*trust) == 200


def test_a_wrong_file_is_told_with_its_place_and_nothing_starts(tmp_path):
    path = tmp_path / "web.yml"
    path.write_text("tls_server_config:\n  cert_file: none.pem\n  key_file: none.key\n  min_version: TLS9\n")
    for command in (("check", path), (f"--web.config.file={path}", f"--control.socket={tmp_path / 'socket'}",
                                      "--web.listen-address=127.0.0.1:0")):
        done = run(BUILD / "picket", *command, check=False)
        assert done.returncode == 1
        assert "web.yml:2:14: cert: none.pem: No such file or directory" in done.stderr
        assert 'web.yml:4:16: min_version: \\"TLS9\\" is not known here' in done.stderr.replace('"TLS9"', '\\"TLS9\\"')


def test_guesses_stop_neither_the_scrapes_nor_cost_more_than_they_may(guarded, tmp_path):
    daemon = guarded(f"basic_auth_users: {{prom: '{bcrypt('secret')}'}}\n")
    assert daemon.curl("-u", "prom:secret") == 200

    def seconds():
        fields = open(f"/proc/{daemon.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100

    before, start = seconds(), time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(12) as guesses:
        def guess(number):
            return run("curl", "-s", "-m", "30", "-o", "/dev/null", "-w", "%{http_code}", "-u", f"prom:guess{number}",
                       f"http://localhost:{daemon.port}/metrics").stdout

        answers = [guesses.submit(guess, number) for number in range(60)]
        slowest = 0
        while not all(answer.done() for answer in answers):
            began = time.monotonic()
            assert daemon.curl("-u", "prom:secret", path="/-/healthy") == 200
            slowest = max(slowest, time.monotonic() - began)
        assert {answer.result() for answer in answers} <= {"401", "503"}
    assert slowest < 2
    assert seconds() - before < 0.5 * (time.monotonic() - start)


def test_requests_beyond_the_rate_are_answered_with_429(guarded, tmp_path):
    path = tmp_path / "web.yml"
    path.write_text("rate_limit: {interval: 10s, burst: 2}\n")
    daemon = Guarded(tmp_path, (f"--web.config.file={path}",), {}).start()
    try:
        assert [daemon.curl(path="/-/healthy") for _ in range(3)] == [200, 200, 429]
    finally:
        daemon.stop()
