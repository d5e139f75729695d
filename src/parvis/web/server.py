"""Serve the application with granian: one worker, settings from the environment."""

import os
import resource
import signal
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from threading import Event
from typing import TYPE_CHECKING, Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from parvis.config import Settings
from parvis.sandbox.processes import allocator_environment, spawn_never_fork
from parvis.web.http import THREADS

if TYPE_CHECKING:
    from granian.server.common import AbstractServer

CONNECTIONS = 8_192
"""Connections that are open at a time, as far as the system lets one process have files.

Further ones wait unanswered; `parvis.web.http.connections` allows one visitor far fewer.
"""
FILES = 1_024
"""Open files that are left for everything else."""
HEADER_SECONDS = 10
"""Seconds in which the headers of a request must come, and a connection may be idle."""

HEAD_BYTES = 131_072
"""Bytes read of a request before its body: the longest address, and all headers."""

GRACE = 3
"""Seconds that a worker has to end after it was told to."""

PATIENCE = 60
"""Seconds within which a server that was just started must answer."""


def serve(
    settings: Settings,
    host: str,
    port: int,
    ready: Callable[[], None] | None = None,
    prepare: Callable[[Event], None] | None = None,
) -> None:
    """Serve a pool until Ctrl-C or SIGTERM; `ready` is called once it answers.

    `prepare` makes the pool in a thread while the worker starts: what it raises ends the server and
    is raised here. Its event tells that the server was ended.
    """
    # The supervisor runs none of our code: its worker is a new process, which reads the settings
    # from the environment.
    os.environ |= allocator_environment() | {
        "PARVIS_DATA": str(settings.data),
        "PARVIS_CATALOG": str(settings.catalog),
        "PARVIS_BASE": settings.base,
    }
    spawn_never_fork()
    beginning = _Beginning(host, port, ready, prepare)
    server = _make_server(host, port)
    # By then its signals are handled.
    server.on_startup(beginning.start)
    try:
        server.serve()
    finally:
        beginning.end()


def _make_server(host: str, port: int) -> "AbstractServer[Any]":
    return Granian(
        "parvis.web.application:app",
        factory=True,
        interface=Interfaces.WSGI,
        address=host,
        port=port,
        workers=1,
        blocking_threads=THREADS,
        http=HTTPModes.http1,  # no browser speaks HTTP/2 without TLS, and our proxies do not
        http1_settings=HTTP1Settings(
            header_read_timeout=1_000 * HEADER_SECONDS, max_buffer_size=HEAD_BYTES
        ),
        backpressure=_raise_file_limit(),
        backlog=CONNECTIONS,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE,
        log_level=LogLevels.error,  # its warning about many threads: ours wait for workers
    )


def _raise_file_limit() -> int:
    """Raise the limit of open files of this process; return how many connections it allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = CONNECTIONS + FILES
    limit = files if hard == resource.RLIM_INFINITY else min(files, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return max(min(CONNECTIONS, limit - FILES), limit // 2)


class _Beginning:
    """Makes the pool in a thread, waits until the server answers, and reports it."""

    def __init__(
        self,
        host: str,
        port: int,
        ready: Callable[[], None] | None,
        prepare: Callable[[Event], None] | None,
    ) -> None:
        self._address, self._ready, self._prepare = (host, port), ready, prepare
        self._ended = Event()
        self._thread = ThreadPoolExecutor(1)
        self._work: Future[None] | None = None

    def start(self) -> None:
        self._work = self._thread.submit(self._begin)
        self._work.add_done_callback(self._stop_if_failed)

    def end(self) -> None:
        """Wait until the thread has ended, as the server has; raise what it raised."""
        self._ended.set()
        self._thread.shutdown()
        if self._work:
            self._work.result()

    def _begin(self) -> None:
        if self._prepare:
            self._prepare(self._ended)
        if self._ready and self._wait_until_ready():
            self._ready()

    def _stop_if_failed(self, work: Future[None]) -> None:
        """End the server as whoever signals it does; `end` then raises the failure."""
        # Once the server has ended, the signal would end the process before it cleans up.
        if work.exception() and not self._ended.is_set():
            os.kill(os.getpid(), signal.SIGTERM)

    def _wait_until_ready(self) -> bool:
        """Wait until the server answers; return whether it does.

        The worker of a pool that was made meanwhile has not read it: the catalogue makes it do so,
        without a query, so that no reader waits for that.
        """
        path, seconds = ("/catalog", 10) if self._prepare else ("/health", 1)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not self._ended.is_set():
            try:
                connection = HTTPConnection(*self._address, timeout=seconds)
                connection.request("GET", path, headers={"Accept": "text/html"})
                response = connection.getresponse()
                response.read()
            except (OSError, HTTPException):
                time.sleep(0.05)
                continue
            if not self._prepare or response.status == HTTPStatus.OK:
                return True
            time.sleep(0.05)
        return False
