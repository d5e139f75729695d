"""A wall of time around connections, whatever they are waiting for."""

import os
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self


class Deadline:
    """Ends the connections it watches once the seconds are over, and remembers that it did.

    A server that sends one byte now and then passes every time-out between two bytes; only
    shutting its connection down ends the wait, in headers and in a handshake alike.
    """

    def __init__(self, seconds: float) -> None:
        """Begin when entered."""
        self.passed = False
        self._watched: list[socket.socket] = []
        self._given: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def watch(self, connection: socket.socket) -> None:
        """Watch one more connection: under a handle of its own, since TLS takes the first."""
        own = connection.dup()
        self._given.append(connection)
        self._watched.append(own)
        if self.passed:
            _shut(own)

    def _end(self) -> None:
        """Shut all connections down."""
        self.passed = True
        for connection in list(self._watched):
            _shut(connection)

    def __enter__(self) -> Self:
        """Begin."""
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop watching, and close what an answer that was cut short has left open."""
        self._timer.cancel()
        self._timer.join()
        for connection in self._watched:
            connection.close()
        for connection in self._given:
            if (left := connection.detach()) >= 0:
                os.close(left)


def _shut(connection: socket.socket) -> None:
    """Shut a connection down; one that has ended is none."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
