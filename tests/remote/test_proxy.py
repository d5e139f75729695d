"""The proxy that the guide sets before copies asks another copy, and takes nobody back."""

import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

import pytest

from parvis.config import RemoteStore, Settings, knowledge
from parvis.store.generation.generation import build
from parvis.store.generation.pointer import read_pointer
from parvis.store.generation.replica import FolderOrigin, pull
from parvis.web.http.access import cookie_name
from tests.remote.conftest import BASE, OPEN, ship, write_content
from tests.remote.engines import PATIENCE, find_free_port, oxigraph
from tests.remote.test_guide import read_block, replace_all
from tests.serving import served

NAME = "/sparql?query=SELECT+%3Fn+%7B%3Fs+schema%3Aname+%3Fn%7D%23"
CONFIG = """
daemon off; master_process off; pid nginx.pid; error_log nginx.log;
events {{}}
http {{
access_log off;
client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
uwsgi_temp_path uwsgi; scgi_temp_path scgi;
{block}
}}
"""
"""What Debian's nginx has around the block, all in one folder."""
CERTIFICATE = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1"
    " -subj /CN=pool.example -keyout pool.key -out pool.pem"
)


class Reader:
    """Sends requests to the proxy, each as another one, from a connection of its own."""

    def __init__(self, port: int) -> None:
        self._port, self._number = port, 0
        self._context = ssl.create_default_context()
        self._context.check_hostname, self._context.verify_mode = False, ssl.CERT_NONE

    def get(self, path: str = NAME, **headers: str) -> tuple[int, int, str]:
        """Return the status, the edition and the text of an answer."""
        self._number += 1
        connection = HTTPSConnection("127.0.0.1", self._port, context=self._context, timeout=30)
        try:
            sent = {"Accept": "text/csv", "Host": "pool.example", **headers}
            connection.request("GET", f"{path}{self._number}" if path is NAME else path, "", sent)
            answer = connection.getresponse()
            edition = int(answer.headers.get("Parvis-Edition", "0"))
            return answer.status, edition, answer.read().decode()
        finally:
            connection.close()

    def names(self, count: int = 6) -> set[str]:
        """Return the names that so many answers give; all of them are answers."""
        answers = [self.get() for _ in range(count)]
        assert {status for status, *_ in answers} == {200}
        return {text.split()[1] for *_, text in answers}


@contextmanager
def proxy(folder: Path, addresses: dict[str, str]) -> Iterator[Reader]:
    """Run nginx with the block of the guide, before servers on loopback."""
    if not shutil.which("nginx") or not shutil.which("openssl"):
        pytest.skip("there is no nginx here: apt-get install nginx-light")
    port = find_free_port()
    places = {
        f"{name}.internal:8000": f"127.0.0.1:{_port_of(address)}"
        for name, address in addresses.items()
    }
    places |= {"listen 443 ssl": f"listen 127.0.0.1:{port} ssl", "/etc/ssl/pool.example": "pool"}
    block = replace_all(read_block("nginx", "upstream"), places)
    folder.mkdir()
    (folder / "nginx.conf").write_text(CONFIG.format(block=block))
    subprocess.run(CERTIFICATE.split(), cwd=folder, check=True, capture_output=True)  # noqa: S603
    command = ["nginx", "-p", str(folder), "-e", "nginx.log", "-c", "nginx.conf"]
    with subprocess.Popen(command) as process:  # noqa: S603 - fixed words
        try:
            reader, end = Reader(port), time.monotonic() + PATIENCE
            while not _answers(port):
                assert process.poll() is None, (folder / "nginx.log").read_text()
                assert time.monotonic() < end
                time.sleep(0.05)
            yield reader
        finally:
            process.terminate()


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port)
    try:
        connection.connect()
    except OSError:
        return False
    connection.close()
    return True


class Machines:
    """Folders of machines with what they serve: one publishes, two have a copy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.catalog = folder / "catalog"
        shutil.copytree(knowledge("catalog"), self.catalog)
        (self.catalog / "parvis.toml").write_text("proxies = 1\n")

    def publish(self, name: str, origin: str = "publisher") -> int:
        """Publish a generation with a name, embedded; return its edition."""
        lines = {OPEN: [f'<{BASE}id/e1> <http://schema.org/name> "{name}" .']}
        build(self.folder / origin, write_content(self.folder, lines))
        return read_pointer(self.folder / origin).edition

    def pull(self, machine: str, origin: str = "publisher") -> None:
        pull(self.folder / machine, FolderOrigin(self.folder / origin))

    def settings(self, machine: str, remote: RemoteStore | None = None) -> Settings:
        catalog = self.catalog
        if remote:
            catalog = self.folder / f"catalog-{machine}"
            shutil.copytree(self.catalog, catalog)
            with (catalog / "parvis.toml").open("a") as config:
                config.write(f'[remote]\nengine = "oxigraph"\nopen = ["{remote.open[0]}"]\n')
        return Settings(self.folder / machine, catalog, BASE)


def test_a_reader_never_goes_back_behind_the_proxy(tmp_path: Path) -> None:
    """Who has signed in is answered by the publisher; a copy that stops is passed over."""
    machines = Machines(tmp_path)
    first = machines.publish("first")
    for name in ("a", "b"):
        machines.pull(name)
    publisher = machines.publish("other", "other")
    with ExitStack() as stack, ExitStack() as stopping:
        addresses = {
            "publisher": stack.enter_context(served(machines.settings("other"), BASE)),
            "replica-1": stack.enter_context(served(machines.settings("a"), BASE)),
            "replica-2": stopping.enter_context(served(machines.settings("b"), BASE)),
        }
        reader = stack.enter_context(proxy(tmp_path / "nginx", addresses))
        assert reader.names() == {"first"}
        second = machines.publish("second")
        assert second > first
        machines.pull("a")
        assert reader.names(12) == {"first", "second"}  # who remembers nothing
        for memory in ({"Parvis-Edition": str(second)}, {"Cookie": f"edition={second}"}):
            answers = [reader.get(**memory) for _ in range(8)]
            assert {answer[:2] for answer in answers} == {(200, second)}
        assert reader.get(**{"Parvis-Edition": str(second + 1)})[0] == 503
        cookie = cookie_name(BASE)
        # A session that it does not know has ended: a copy would say so to all who signed in.
        assert reader.get(Cookie=f"lang=fr; {cookie}=x")[:2] == (401, publisher)
        assert reader.get(Cookie=f"lang=fr; not{cookie}=x")[0] == 200
        assert reader.get("/login", Accept="text/html")[1] == publisher
        machines.pull("b")
        assert reader.names() == {"second"}
        stopping.close()
        assert reader.names() == {"second"}


def test_a_copy_whose_engine_is_away_is_passed_over_until_it_is_back(tmp_path: Path) -> None:
    """One copy asks an engine, the other has its own store: their editions tell them apart."""
    machines, engine = Machines(tmp_path), tmp_path / "engine"
    own = machines.publish("same")
    machines.pull("b")
    engine.mkdir()
    with ExitStack() as stack:
        running = stack.enter_context(oxigraph(engine))
        remote = RemoteStore(open=(running.address,))
        lines = {OPEN: [f'<{BASE}id/e1> <http://schema.org/name> "same" .']}
        while time.time() < own + 1:  # editions of two machines are seconds: these must differ
            time.sleep(0.05)
        ship(tmp_path / "shipped", write_content(tmp_path, lines), remote)
        asking = read_pointer(tmp_path / "shipped").edition
        machines.pull("a", "shipped")
        one_copy = stack.enter_context(served(machines.settings("a", remote), BASE))
        addresses = {
            "publisher": one_copy,
            "replica-1": one_copy,
            "replica-2": stack.enter_context(served(machines.settings("b"), BASE)),
        }
        reader = stack.enter_context(proxy(tmp_path / "nginx", addresses))

        def editions(count: int = 8) -> set[int]:
            answers = [reader.get() for _ in range(count)]
            assert {status for status, *_ in answers} == {200}
            return {edition for _, edition, _ in answers}

        assert editions() == {own, asking}
        running.kill()
        assert editions(30) == {own}
        assert _health(one_copy) == 503
        running.start()
        end = time.monotonic() + PATIENCE
        while editions() != {own, asking}:
            assert time.monotonic() < end
        assert _health(one_copy) == 200


def _health(address: str) -> int:
    connection = HTTPConnection("127.0.0.1", _port_of(address))
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status
    finally:
        connection.close()


def _port_of(address: str) -> int:
    return int(address.rstrip("/").rpartition(":")[2])
