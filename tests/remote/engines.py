"""Start and stop real engines on loopback, each in its own folder."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

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
DirsAllowed = {folder}
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


def find_free_port() -> int:
    """Return a free port of this machine."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def oxigraph(folder: Path) -> Iterator[RemoteStore]:
    """Run ``oxigraph serve`` of the package oxigraph."""
    program = Path(sys.executable).parent / "oxigraph"
    if not program.exists():
        pytest.skip("there is no oxigraph server here: pip install oxigraph")
    address = f"127.0.0.1:{find_free_port()}"
    command = [str(program), "serve", "--location", str(folder / "db"), "--bind", address]
    with _running(command, folder, f"http://{address}/"):
        yield RemoteStore(
            query=f"http://{address}/query",
            update=f"http://{address}/update",
            graphs=f"http://{address}/store",
        )


@contextmanager
def virtuoso(folder: Path, rows: int = 1_000_000, seconds: int = 0) -> Iterator[RemoteStore]:
    """Run Virtuoso with its own settings; its user dba writes by digest authentication.

    It truncates answers after `rows` rows and, unless 0, after `seconds` seconds.
    """
    if not shutil.which("virtuoso-t"):
        pytest.skip("there is no Virtuoso here: apt-get install virtuoso-opensource-7-bin")
    http, ini = find_free_port(), folder / "virtuoso.ini"
    settings = {"sql": find_free_port(), "http": http, "rows": rows, "seconds": seconds}
    ini.write_text(INI.format(folder=folder, **settings))
    (folder / "password").write_text(f"{PASSWORD}\n")
    address = f"http://127.0.0.1:{http}"
    command = ["virtuoso-t", "+foreground", "+configfile", str(ini)]
    with _running(command, folder, f"{address}/sparql"):
        yield RemoteStore(
            query=f"{address}/sparql",
            update=f"{address}/sparql-auth",
            graphs=f"{address}/sparql-graph-crud-auth",
            user="dba",
            password_file=str(folder / "password"),
            authentication="digest",
        )


@contextmanager
def _running(command: list[str], folder: Path, address: str) -> Iterator[None]:
    """Run a server from its first answer until the block ends."""
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)  # noqa: S603 - fixed words
    try:
        _wait(process, address, folder)
        yield
    finally:
        process.kill()  # its data are deleted with the folder
        process.wait()


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
