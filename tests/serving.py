"""Real processes that serve a pool on loopback, and a real browser before them."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from pathlib import Path

import pytest

from parvis.config import Settings, knowledge

SERVE = "import sys; from parvis.config import Settings; from parvis.web.server import serve; \
serve(Settings.load(), sys.argv[2], int(sys.argv[1]))"
PATIENCE, LONG_PATIENCE = 60, 180
TODAY = "2026-11-24"
"""The day whose dates the demonstration has in tests."""

Serving = Callable[..., AbstractContextManager[str]]
"""Serves a pool from processes of its own, under its address or a given base; gives its address."""


def free_port() -> int:
    """Give a port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def served(
    settings: Settings, base: str = "", host: str = "127.0.0.1", port: int = 0
) -> Iterator[str]:
    """Serve a pool until the block ends."""
    port = port or free_port()
    address = f"http://127.0.0.1:{port}/"
    env = os.environ | {
        "PARVIS_DATA": str(settings.data),
        "PARVIS_CATALOG": str(settings.catalog),
        "PARVIS_BASE": base or address,
    }
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(port), host], env=env)  # noqa: S603
    try:
        _await(port)
        yield address
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _await(port: int) -> None:
    """Wait until the port answers."""
    end = time.monotonic() + LONG_PATIENCE  # a busy machine loads the program slowly
    while time.monotonic() < end:
        connection = HTTPConnection("127.0.0.1", port)
        try:
            connection.request("HEAD", "/robots.txt")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    pytest.fail("the site does not answer")


@dataclass(frozen=True)
class Demo:
    """The demonstration that runs: what it printed, its address, and the pool that it made."""

    lines: list[str]
    settings: Settings

    @property
    def address(self) -> str:
        """Give the address of the home page."""
        return self.settings.base

    @property
    def token(self) -> str:
        """Give the token of the member that it printed."""
        return self._find_token("member")

    @property
    def steward_token(self) -> str:
        """Give the token of the steward that it printed."""
        return self._find_token("steward")

    @property
    def researcher_token(self) -> str:
        """Give the token of the researcher that it printed."""
        return self._find_token("researcher")

    def _find_token(self, reader: str) -> str:
        begins = (f"  the {reader},", f"  a {reader},")
        (line,) = (line for line in self.lines if line.startswith(begins))
        return line.split()[-1]


@contextmanager
def demonstration() -> Iterator[Demo]:
    """Run the demonstration as a newcomer does, and stop it as Ctrl-C does: nothing stays."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("parvis")), "demo"]
    with tempfile.TemporaryDirectory(prefix="parvis-") as folder:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*command, "--port", str(port), "--lang", "en", "--today", TODAY],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            env={**os.environ, "TMPDIR": folder},
        )
        try:
            lines = _printed(process)
            (data,) = Path(folder).glob("parvis-demo-*")
            settings = Settings.load(data=data, catalog=knowledge("catalog") / "demo")
            yield Demo(lines, replace(settings, base=f"http://localhost:{port}/"))
        finally:
            process.send_signal(signal.SIGINT)
            status = process.wait(LONG_PATIENCE)
        assert status == 0
        assert not list(Path(folder).glob("parvis-demo-*"))


def _printed(process: "subprocess.Popen[str]") -> list[str]:
    """Read what is printed until the demonstration is ready."""
    assert process.stdout is not None
    too_late = threading.Timer(LONG_PATIENCE, os.killpg, (process.pid, signal.SIGKILL))
    too_late.start()
    lines = []
    with process.stdout as printed:
        for line in printed:
            lines.append(line.rstrip())
            if line.startswith("try:"):
                break
    too_late.cancel()
    return lines
