"""Start and stop real engines on loopback, each in its own folder."""

import atexit
import configparser
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen
from zipfile import ZipFile

import pytest

from parvis.config import RemoteStore

PATIENCE = 60.0
"""Seconds that an engine may take until its first answer."""
PASSWORD = "dba"  # noqa: S105 - of an engine that runs during tests only

INI = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa

[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx

[Parameters]
ServerPort = 127.0.0.1:{sql}
ServerThreads = 10
NumberOfBuffers = 10000
MaxDirtyBuffers = 6000
DirsAllowed = {folder}, {files}
CheckpointInterval = 0

[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = {folder}
ServerThreads = 8
KeepAliveTimeout = 10

[SPARQL]
ResultSetMaxRows = {rows}
MaxQueryExecutionTime = {seconds}
"""
"""Virtuoso's settings that differ from its defaults."""

JARS = Path("/usr/share/java")
JENA = """
jena-base jena-core jena-iri jena-arq jena-tdb2 jena-dboe-base jena-dboe-index jena-dboe-storage
jena-dboe-transaction jena-dboe-trans-data slf4j-api slf4j-nop thrift caffeine gson
commons-codec commons-collections4 commons-compress commons-io commons-lang3
"""
"""Debian's libraries that Jena needs here."""
XERCES = "org/apache/jena/ext/"
"""Where Debian's jena-core has messages that it looks for in ``xerces``."""


def find_sql_port(folder: Path) -> int:
    """Return the port by which Virtuoso's own tools reach the server of a folder."""
    settings = configparser.ConfigParser()
    settings.read(folder / "virtuoso.ini")
    return int(settings["Parameters"]["ServerPort"].rpartition(":")[2])


def find_free_port() -> int:
    """Return a free port of this machine."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Running:
    """A server process that can be killed and started again."""

    def __init__(self, command: list[str], folder: Path, address: str, path: str) -> None:
        """Start it, and wait for its first answer."""
        self.address = address
        self._command, self._folder, self._path = command, folder, path
        self.start()

    def start(self) -> None:
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - fixed words
                self._command, cwd=self._folder, stdout=log, stderr=log
            )
        _wait(self._process, self.address + self._path, self._folder)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def oxigraph(folder: Path, port: int = 0, command: str = "serve") -> Iterator[Running]:
    """Run ``oxigraph serve``, or another of its commands, of the package oxigraph."""
    program = Path(sys.executable).parent / "oxigraph"
    if not program.exists():
        pytest.skip("there is no oxigraph server here: pip install oxigraph")
    address = f"127.0.0.1:{port or find_free_port()}"
    words = [str(program), command, "--location", str(folder / "db"), "--bind", address]
    with _running(words, folder, f"http://{address}", "/") as running:
        yield running


@contextmanager
def virtuoso(
    folder: Path,
    port: int = 0,
    rows: int = 1_000_000,
    seconds: int = 0,
    files: Path | None = None,
) -> Iterator[Running]:
    """Run Virtuoso with its own settings; its user dba writes by digest authentication.

    It truncates answers after `rows` rows and, unless 0, after `seconds` seconds. Its loader may
    read the folder `files`.
    """
    if not shutil.which("virtuoso-t"):
        pytest.skip("there is no Virtuoso here: apt-get install virtuoso-opensource-7-bin")
    http, ini = port or find_free_port(), folder / "virtuoso.ini"
    settings = {"sql": find_free_port(), "http": http, "rows": rows, "seconds": seconds}
    ini.write_text(INI.format(folder=folder, files=files or folder, **settings))
    command = ["virtuoso-t", "+foreground", "+configfile", str(ini)]
    with _running(command, folder, f"http://127.0.0.1:{http}", "/sparql") as running:
        yield running


@contextmanager
def jena(folder: Path, port: int = 0, wrong: Sequence[str] = ()) -> Iterator[Running]:
    """Run Apache Jena's TDB2 behind our small server, which answers as Fuseki does.

    `wrong` are words for settings that are not as they should be.
    """
    store, http = folder / "db", port or find_free_port()
    store.mkdir(exist_ok=True)
    options = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]  # starts sooner
    command = ["java", *options, "-cp", compile_jena(), "JenaServer", str(store), str(http)]
    command += wrong
    with _running(command, folder, f"http://127.0.0.1:{http}", "/") as running:
        yield running


@cache
def compile_jena() -> str:
    """Compile our server once for all tests, and return its class path."""
    jars = [JARS / f"{name}.jar" for name in JENA.split()]
    if not shutil.which("javac") or not all(jar.exists() for jar in jars):
        pytest.skip(
            "there is no Jena here: apt-get install libapache-jena-java default-jdk-headless"
        )
    folder = Path(tempfile.mkdtemp(prefix="parvis-jena-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with ZipFile(JARS / "jena-core.jar") as jar:
        for name in jar.namelist():
            if name.startswith(f"{XERCES}xerces/") and name.endswith(".properties"):
                file = folder / name.removeprefix(XERCES)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(jar.read(name))
    path = ":".join(map(str, (folder, *jars)))
    source = str(Path(__file__).with_name("JenaServer.java"))
    subprocess.run(["javac", "-cp", path, "-d", str(folder), source], check=True)  # noqa: S603, S607 - fixed words
    return path


ENGINES: dict[str, Callable[..., AbstractContextManager[Running]]] = {
    "jena": jena,
    "oxigraph": oxigraph,
    "virtuoso": virtuoso,
}
PROFILES = {"jena": "fuseki"}
"""Profiles that are not named as the engine is."""


@contextmanager
def repositories(
    engine: str,
    folder: Path,
    parts: Mapping[str, int],
    options: Mapping[str, int] | None = None,
) -> Iterator[RemoteStore]:
    """Run an engine with so many repositories for each part, each a process of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "password").write_text(f"{PASSWORD}\n")
    with ExitStack() as stack:
        addresses: dict[str, tuple[str, ...]] = {}
        for part, count in parts.items():
            places = [folder / f"{part}-{number}" for number in range(count)]
            for place in places:
                place.mkdir()
            addresses[part] = tuple(
                stack.enter_context(ENGINES[engine](place, **options or {})).address
                for place in places
            )
        remote = RemoteStore(
            PROFILES.get(engine, engine),
            open=addresses.get("open", ()),
            members=addresses.get("members", ()),
        )
        if engine == "virtuoso":
            remote = replace(remote, user="dba", password_file=str(folder / "password"))
        yield remote


@contextmanager
def _running(command: list[str], folder: Path, address: str, path: str) -> Iterator[Running]:
    """Run a server from its first answer until the block ends."""
    running = Running(command, folder, address, path)
    try:
        yield running
    finally:
        running.kill()  # its data are deleted with the folder


def _wait(process: subprocess.Popen[bytes], address: str, folder: Path) -> None:
    """Wait until an address answers, with any status."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            with urlopen(address, timeout=5):  # noqa: S310 - loopback
                return
        except HTTPError:
            return
        except (URLError, OSError):
            time.sleep(0.05)
    pytest.fail((folder / "server.log").read_text()[-2000:])
