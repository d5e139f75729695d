"""Ends connections of visitors who hold too many, send a body too slowly, or stop reading.

The server has no such limits, and gives no handle to a connection: this looks at the kernel's own
account of the process's sockets (Linux, ``TCP_INFO``). Where a proxy of ours stands before the
server, all connections are the proxy's, and these limits are for it to keep.
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

from parvis.web.http.access import place_of
from parvis.web.http.concurrency import PACE, Body

EVERY = 1.0
"""Seconds between two looks."""
MOST = 256
"""Connections of one visitor. A browser has six; what is idle is closed after `HEADER_SECONDS`."""
STALLED = 60.0
"""Seconds for which a reader may take nothing of what waits for it."""

_DESCRIPTORS = Path("/proc/self/fd")
_SENT, _RECEIVED_AT, _RECEIVED, _UNSENT = 44, 52, 128, 144
"""Where ``struct tcp_info`` (linux/tcp.h) has what is read of it, in bytes from its beginning."""
_SIZE = 148


@dataclass(frozen=True)
class Connection:
    """A connection to our port: a handle of our own, and the kernel's account of it.

    `sent` and `received_at` are seconds since data were last sent and received, `received` the
    bytes that came in all, `unsent` those that the other side has no room for.
    """

    handle: socket.socket
    inode: int
    peer: str
    sent: float
    received_at: float
    received: int
    unsent: int


@dataclass
class Warden:
    """Looks at the connections now and then, and ends what may not go on."""

    bodies: set[Body]
    grace: float
    _received: dict[int, deque[tuple[float, int]]] = field(default_factory=dict)

    def watch(self) -> None:
        """Look for as long as the process lives; to be run in a thread of its own."""
        while True:
            time.sleep(EVERY)
            with suppress(OSError):  # a look that fails is followed by another
                self.look()

    def look(self) -> None:
        """Look once."""
        connections = list(_connections())
        try:
            self._remember(connections)
            slow = {body.peer for body in self.bodies.copy() if body.overdue}
            for connection in connections:
                if connection.unsent and connection.sent > STALLED:
                    _end(connection, socket.SHUT_RDWR)
                elif connection.peer in slow and self._is_slow(connection):
                    # Only what comes is ended, so that the visitor can be told why (408).
                    _end(connection, socket.SHUT_RD)
            for connection in _surplus(connections):
                _end(connection, socket.SHUT_RDWR)
        finally:
            for connection in connections:
                connection.handle.close()

    def _remember(self, connections: Collection[Connection]) -> None:
        """Remember what had come by each connection, for as long as a body may be without pace."""
        now = time.monotonic()
        former, self._received = self._received, {}
        for connection in connections:
            known = former.get(connection.inode, deque())
            known.append((now, connection.received))
            while len(known) > 1 and known[1][0] <= now - self.grace:
                known.popleft()
            self._received[connection.inode] = known

    def _is_slow(self, connection: Connection) -> bool:
        """Say whether a connection is one by which an overdue body may be coming.

        The server does not tell which one it is. It is one by which nothing has been sent for as
        long, nor received at the pace that is asked for: that leaves requests which wait for a
        body, and those of the same address that are being answered for as long.
        """
        (since, before), *_ = self._received[connection.inode]
        seconds = time.monotonic() - since
        pace = (connection.received - before) / max(seconds, EVERY)
        return connection.sent >= self.grace and pace < PACE


def _surplus(connections: Collection[Connection]) -> Iterator[Connection]:
    """Choose the connections that a visitor has too many, what was silent the longest first."""
    by_visitor: dict[str, list[Connection]] = defaultdict(list)
    for connection in connections:
        by_visitor[place_of(connection.peer)].append(connection)
    for theirs in by_visitor.values():
        if len(theirs) > MOST:
            theirs.sort(key=lambda one: min(one.sent, one.received_at), reverse=True)
            yield from theirs[: len(theirs) - MOST]


def _end(connection: Connection, how: int) -> None:
    """End a connection, or one direction of it; the server learns of it as of any other end."""
    with suppress(OSError):  # it has ended by itself
        connection.handle.shutdown(how)


def _connections() -> Iterator[Connection]:
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
        found = None
        with suppress(OSError):
            found = _account(inode, handle, ports)
        if found is None:
            handle.close()
        else:
            yield found


def _account(inode: int, handle: socket.socket, ports: Collection[int]) -> Connection | None:
    """Read the kernel's account of a connection; None for one that is not to our ports."""
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


def begin(bodies: set[Body], grace: float) -> None:
    """Begin to watch the connections of this process, where its system can tell of them."""
    if hasattr(socket, "TCP_INFO") and _DESCRIPTORS.is_dir():
        warden = Warden(bodies, grace)
        threading.Thread(target=warden.watch, name="connections", daemon=True).start()
