"""Real engines on loopback, each in a folder of its own, started and stopped by the tests."""

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
"""Seconds that an engine may take to answer for the first time."""
PASSWORD = "dba"  # noqa: S105 - of an engine that lives as long as its tests

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
"""What Virtuoso needs beside its defaults; it is no service of the system."""


def free_port() -> int:
    """Give a port of this machine that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def oxigraph(folder: Path) -> Iterator[RemoteStore]:
    """Run ``oxigraph serve``, which the package of that name brings."""
    program = Path(sys.executable).parent / "oxigraph"
    if not program.exists():
        pytest.skip("there is no oxigraph server here: pip install oxigraph")
    address = f"127.0.0.1:{free_port()}"
    command = [str(program), "serve", "--location", str(folder / "db"), "--bind", address]
    with _running(command, folder, f"http://{address}/"):
        yield RemoteStore(
            query=f"http://{address}/query",
            update=f"http://{address}/update",
            graphs=f"http://{address}/store",
        )


@contextmanager
def virtuoso(folder: Path, rows: int = 1_000_000, seconds: int = 0) -> Iterator[RemoteStore]:
    """Run Virtuoso with an ini of its own, its user dba writing by digest authentication.

    It cuts answers after so many rows, and, unless 0, after so many seconds.
    """
    if not shutil.which("virtuoso-t"):
        pytest.skip("there is no Virtuoso here: apt-get install virtuoso-opensource-7-bin")
    http, ini = free_port(), folder / "virtuoso.ini"
    settings = {"sql": free_port(), "http": http, "rows": rows, "seconds": seconds}
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
    """Run a server until the block ends; it begins once it answers."""
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)  # noqa: S603 - fixed words
    try:
        _wait(process, address, folder)
        yield
    finally:
        process.kill()  # what it holds is deleted with its folder
        process.wait()


def _wait(process: subprocess.Popen[bytes], address: str, folder: Path) -> None:
    """Wait until an address answers, whatever it says."""
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
