"""Test which restrictions hold here: ``python -I -m parvis.sandbox.trial``."""

import errno
import json
import socket
import tempfile
from dataclasses import asdict

from parvis.sandbox.child import Channel
from parvis.sandbox.walls import Walls, raise_walls
from parvis.sandbox.worker import Worker

PATIENCE = 10.0
"""Seconds that the trial may take."""


def probe_walls() -> Walls:
    """Test in a subprocess which sandbox restrictions are effective."""
    with Worker("parvis.sandbox.trial") as worker:
        return Walls(**worker.ask({}, PATIENCE))


def _try_network() -> bool:
    try:
        with socket.socket() as caller:
            # Even a refused connection to this machine has passed the restriction.
            return caller.connect_ex(("127.0.0.1", 9)) not in (errno.EPERM, errno.EACCES)
    except PermissionError:
        return False


def _try_to_write() -> bool:
    try:
        with tempfile.TemporaryFile():
            return True
    except OSError:
        return False


def main() -> None:
    """Raise all restrictions, try to break each, and report those that hold."""
    channel = Channel()
    walls = raise_walls(writable=())
    effective = Walls(
        network="" if _try_network() else walls.network,
        files="" if _try_to_write() else walls.files,
    )
    while channel.receive() is not None:
        channel.send(json.dumps(asdict(effective)).encode())
        channel.end()


if __name__ == "__main__":
    main()
