"""Serve the application with granian: one worker, settings by environment."""

import atexit
import gc
import logging
import os
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from threading import Thread

from flask import Flask, has_request_context
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from pythonjsonlogger.json import JsonFormatter

from parvis.config import Settings
from parvis.pooling.serving.temporary_files import hold_temporary_files
from parvis.sandbox.starting import allocating, spawn_never_fork
from parvis.web import create_app
from parvis.web.api.workbook import SWITCH
from parvis.web.http import connections
from parvis.web.http.concurrency import THREADS
from parvis.web.http.request_log import request_name

# The log of the server: a JSON object a line, on standard error.


class Formatter(JsonFormatter):
    """Writes a record with its instant and, where one is being answered, the id of the request."""

    def add_fields(
        self,
        log_data: dict[str, object],
        record: logging.LogRecord,
        message_dict: dict[str, object],
    ) -> None:
        """Put what every line begins with before the rest."""
        log_data["at"] = datetime.fromtimestamp(record.created, UTC).isoformat(
            timespec="milliseconds"
        )
        log_data["level"] = record.levelname.lower()
        if has_request_context():
            log_data["request"] = request_name()
        super().add_fields(log_data, record, message_dict)


def begin() -> None:
    """Write all that this process logs as such lines."""
    handler = logging.StreamHandler()
    handler.setFormatter(Formatter("%(name)s %(message)s", rename_fields={"name": "logger"}))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("parvis").setLevel(logging.INFO)


CONNECTIONS = 8_192
"""Connections that are open at a time, as far as the system lets one process have files.

Further ones wait unanswered: of one visitor, `parvis.web.http.connections` lets far fewer stand.
"""
FILES = 1_024
"""Open files that are left for everything else."""
HEADER_SECONDS = 10
"""Seconds in which the headers of a request come, and for which a connection may be idle."""

GARBAGE = 10_000
"""Things made since the last look for garbage that call for another: some hundred requests'."""

HEAD_BYTES = 131_072
"""Bytes of a request before its body that are read: the longest address, and all headers."""

GRACE = 3
"""Seconds that a worker has to end after it was asked to."""

PATIENCE = 60
"""Seconds within which a server that was just started must answer."""


def app() -> Flask:
    """Make the application that the environment describes (PARVIS_DATA, _CATALOG, _BASE).

    What is made now stays: the collector of garbage need not look at it at every few requests.
    """
    settings = Settings.load()
    begin()
    hold_temporary_files(settings.data)
    made = create_app(settings)
    sys.setswitchinterval(SWITCH)
    made.extensions["parvis.turnstile"].pulse.begin()
    trail, _ = made.extensions["parvis.trail"]
    atexit.register(trail.close)  # a clean stop loses nothing of what was read
    if not settings.proxies:  # what comes by a proxy is the proxy's to end
        connections.begin(
            made.extensions["parvis.concurrency"].bodies, settings.limits.body_seconds
        )
    gc.freeze()
    gc.set_threshold(GARBAGE)
    return made


def serve(
    settings: Settings, host: str, port: int, ready: Callable[[], None] | None = None
) -> None:
    """Serve a pool until Ctrl-C or SIGTERM; `ready` is called once it answers.

    The supervisor runs none of our code; its worker is a new process and learns the settings
    from the environment.
    """
    os.environ |= allocating() | {
        "PARVIS_DATA": str(settings.data),
        "PARVIS_CATALOG": str(settings.catalog),
        "PARVIS_BASE": settings.base,
    }
    spawn_never_fork()
    if ready:
        Thread(target=_when_answering, args=(host, port, ready), daemon=True).start()
    Granian(
        "parvis.web.server:app",
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
        backpressure=_connections(),
        backlog=CONNECTIONS,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE,
        log_level=LogLevels.error,  # its warning about many threads: ours wait for workers
    ).serve()


def _connections() -> int:
    """Let this process and its children open the files it may, and return how many connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + FILES
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return max(min(CONNECTIONS, most - FILES), most // 2)


def _when_answering(host: str, port: int, ready: Callable[[], None]) -> None:
    """Ask the server just started whether it answers, and say so when it does."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            connection = HTTPConnection(host, port, timeout=1)
            connection.request("GET", "/health")
            connection.getresponse().read()
        except (OSError, HTTPException):
            time.sleep(0.05)
            continue
        ready()
        return
