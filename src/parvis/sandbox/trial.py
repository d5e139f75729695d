"""Which walls hold on this machine: ``python -I -m parvis.sandbox.trial`` raises and tries them."""

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


def tried() -> Walls:
    """Tell which walls hold in a process that raises them: none is believed that was not run at."""
    with Worker("parvis.sandbox.trial") as worker:
        return Walls(**worker.ask({}, PATIENCE))


def _reaches_network() -> bool:
    """Try to call this machine itself: even a refusal by it has got over the wall."""
    try:
        with socket.socket() as caller:
            return caller.connect_ex(("127.0.0.1", 9)) not in (errno.EPERM, errno.EACCES)
    except PermissionError:
        return False


def _writes_files() -> bool:
    """Try to write a file, which is gone afterwards."""
    try:
        with tempfile.TemporaryFile():
            return True
    except OSError:
        return False


def main() -> None:
    """Raise all walls, run at them, and tell those that hold."""
    channel = Channel()
    walls = raise_walls(writable=())
    held = Walls(
        network="" if _reaches_network() else walls.network,
        files="" if _writes_files() else walls.files,
    )
    while channel.receive() is not None:
        channel.send(json.dumps(asdict(held)).encode())
        channel.end()


if __name__ == "__main__":
    main()
