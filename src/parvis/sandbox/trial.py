"""Test which restrictions hold here: ``python -I -m parvis.sandbox.trial``."""

import errno
import socket
import tempfile
from contextlib import suppress

from parvis.sandbox.client import ProcessClient
from parvis.sandbox.serving import serve
from parvis.sandbox.walls import Walls, raise_walls

PATIENCE = 10.0
"""Seconds that the trial may take."""


def probe_walls() -> Walls:
    """Test in a subprocess which sandbox restrictions are effective."""
    with ProcessClient("parvis.sandbox.trial", PATIENCE) as client:
        return Walls(**client.call({}))


def raise_effective_walls(_: object) -> dict[str, str]:
    """Raise all restrictions, try to break each, and return those that hold."""
    walls = raise_walls(writable=())
    network, files = walls.network, walls.files
    with suppress(PermissionError), socket.socket() as caller:
        # Even a refused connection to this machine has passed the restriction.
        if caller.connect_ex(("127.0.0.1", 9)) not in (errno.EPERM, errno.EACCES):
            network = ""
    with suppress(OSError), tempfile.TemporaryFile():
        files = ""
    return {"network": network, "files": files}


if __name__ == "__main__":
    serve(raise_effective_walls, walled=False)
