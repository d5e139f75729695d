"""Test which restrictions hold here: ``python -I -m parvis.sandbox.trial``."""

import errno
import socket
import tempfile

from parvis.sandbox.client import ProcessClient
from parvis.sandbox.serving import serve
from parvis.sandbox.walls import Walls, raise_walls

PATIENCE = 10.0
"""Seconds that the trial may take."""


def probe_walls() -> Walls:
    """Test in a subprocess which sandbox restrictions are effective."""
    with ProcessClient("parvis.sandbox.trial", PATIENCE) as client:
        return Walls(**client.call({}))


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


def raise_effective_walls(_: object) -> dict[str, str]:
    """Raise all restrictions, try to break each, and return those that hold."""
    walls = raise_walls(writable=())
    return {
        "network": "" if _try_network() else walls.network,
        "files": "" if _try_to_write() else walls.files,
    }


if __name__ == "__main__":
    serve(raise_effective_walls, walled=False)
