"""Closes connections of visitors who have too many, send a body too slowly, or stop reading.

The server has no such limits, and gives no access to its connections: this reads the kernel's
state of the process's sockets (Linux, ``TCP_INFO``). Behind a proxy all connections are the
proxy's, and these limits are its task.
"""

import os
import socket
import struct
import threading
import time
from collections import defaultdict, deque
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from parvis.web.http.access import visitor_of
from parvis.web.http.concurrency import PACE, RequestBody

EVERY = 1.0
"""Seconds between two checks."""
MOST = 256
"""Connections of one visitor. A browser has six; idle ones are closed after `HEADER_SECONDS`."""
STALLED = 60.0
"""Seconds for which a client may receive nothing of what waits for it."""

_DESCRIPTORS = Path("/proc/self/fd")
_SENT, _RECEIVED_AT, _RECEIVED, _UNSENT = 44, 52, 128, 144
"""The offsets in bytes of the fields read of ``struct tcp_info`` (linux/tcp.h)."""
_SIZE = 148


@dataclass(frozen=True)
class Connection:
    """A connection to our port: a handle of our own, and the kernel's state of it.

    `sent` and `received_at` are seconds since data were last sent and received, `received` the
    bytes received in all, `unsent` those that the other side has no room for.
    """

    handle: socket.socket
    inode: int
    peer: str
    sent: float
    received_at: float
    received: int
    unsent: int


@dataclass
class ConnectionMonitor:
    """Checks the connections at intervals, and closes those that break a limit."""

    bodies: set[RequestBody]
    grace: float
    _received: dict[int, deque[tuple[float, int]]] = field(default_factory=dict)

    def run(self) -> None:
        """Check for as long as the process lives; to be run in a thread of its own."""
        while True:
            time.sleep(EVERY)
            with suppress(OSError):  # a check that fails is followed by another
                self.check_connections()

    def check_connections(self) -> None:
        """Check all connections once."""
        connections = list(_list_connections())
        try:
            # The bytes received by each connection in the last `grace` seconds.
            now = time.monotonic()
            former, self._received = self._received, {}
            for connection in connections:
                history = former.get(connection.inode, deque())
                history.append((now, connection.received))
                while len(history) > 1 and history[1][0] <= now - self.grace:
                    history.popleft()
                self._received[connection.inode] = history
            slow_peers = {body.peer for body in self.bodies.copy() if body.overdue}
            by_visitor: dict[str, list[Connection]] = defaultdict(list)
            for connection in connections:
                by_visitor[visitor_of(connection.peer)].append(connection)
                if connection.unsent and connection.sent > STALLED:
                    _shut_down(connection, socket.SHUT_RDWR)
                elif connection.peer in slow_peers and connection.sent >= self.grace:
                    # The server does not tell which connection an overdue body uses. It is one that
                    # has sent nothing for as long, and received less than the pace: that leaves
                    # requests which wait for a body, and those of the same address that have been
                    # in progress for as long.
                    since, before = self._received[connection.inode][0]
                    if (connection.received - before) / max(now - since, EVERY) < PACE:
                        # Only receiving ends, so that the server can still send a 408.
                        _shut_down(connection, socket.SHUT_RD)
            for group in by_visitor.values():  # of too many, those silent the longest are closed
                group.sort(key=lambda c: min(c.sent, c.received_at), reverse=True)
                for connection in group[: max(len(group) - MOST, 0)]:
                    _shut_down(connection, socket.SHUT_RDWR)
        finally:
            for connection in connections:
                connection.handle.close()


def _shut_down(connection: Connection, how: int) -> None:
    with suppress(OSError):  # it has ended by itself
        connection.handle.shutdown(how)


def _list_connections() -> Iterator[Connection]:
    """List the connections to the ports at which this process listens."""
    ports: set[int] = set()
    accepted: list[tuple[int, socket.socket]] = []
    for entry in _DESCRIPTORS.iterdir():
        with suppress(OSError):  # it was closed meanwhile, or is no socket of the network
            link = str(entry.readlink())
            if not link.startswith("socket:["):
                continue
            # A copy of the descriptor: the number may mean another connection a moment later.
            handle = socket.socket(fileno=os.dup(int(entry.name)))
            if handle.family not in {socket.AF_INET, socket.AF_INET6}:
                handle.close()
            elif handle.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                ports.add(handle.getsockname()[1])
                handle.close()
            else:
                accepted.append((int(link[8:-1]), handle))
    for inode, handle in accepted:
        connection = None
        with suppress(OSError):
            connection = _read_state(inode, handle, ports)
        if connection is None:
            handle.close()
        else:
            yield connection


def _read_state(inode: int, handle: socket.socket, ports: Collection[int]) -> Connection | None:
    """Read the kernel's state of a connection; None for one that is not to our ports."""
    if handle.getsockname()[1] not in ports:
        return None
    info = handle.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _SIZE)
    if len(info) < _SIZE:
        return None
    sent, received_at = (
        struct.unpack_from("=I", info, at)[0] / 1000 for at in (_SENT, _RECEIVED_AT)
    )
    return Connection(
        handle,
        inode,
        handle.getpeername()[0],
        sent,
        received_at,
        struct.unpack_from("=Q", info, _RECEIVED)[0],
        struct.unpack_from("=I", info, _UNSENT)[0],
    )


def monitor_connections(bodies: set[RequestBody], grace: float) -> None:
    """Begin to check the connections of this process, where the system has `TCP_INFO`."""
    if hasattr(socket, "TCP_INFO") and _DESCRIPTORS.is_dir():
        warden = ConnectionMonitor(bodies, grace)
        threading.Thread(target=warden.run, name="connections", daemon=True).start()
