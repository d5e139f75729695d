"""Readers of a SPARQL endpoint, many in one thread: kept connections, one request at a time each.

What a request costs here is two system calls and a search for the end of its answer, so that
even a server that answers from memory is the slower of the two.
"""

import select
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import quote

PIECE = 262_144


@dataclass
class Client:
    """One connection: when its request left, and what has come of the answer."""

    socket: socket.socket
    sent: float = 0.0
    tail: bytes = b""
    wanted: int | None = None
    size: int = 0


@dataclass
class Run:
    """What came of many requests: seconds in all, seconds of each, bytes of each, failures."""

    seconds: float = 0.0
    each: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    failures: int = 0

    @property
    def rate(self) -> float:
        """Give the requests answered per second."""
        return len(self.each) / self.seconds

    def percentile(self, share: float) -> float:
        """Give the seconds within which a share of the requests was answered."""
        return sorted(self.each)[int(share * (len(self.each) - 1))]


def request(path: str, query: str, accept: str) -> bytes:
    """Write a GET request of the SPARQL protocol."""
    lines = (
        f"GET {path}?query={quote(query, safe='')} HTTP/1.1",
        "Host: localhost",
        f"Accept: {accept}",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def run(port: int, requests: Iterable[bytes], clients: int) -> Run:
    """Send requests from so many clients, each waiting for its answer before the next."""
    waiting = iter(requests)
    found = Run()
    with ExitStack() as stack:
        poll = stack.enter_context(select.epoll())
        known = {one.socket.fileno(): one for one in _connected(stack, port, clients)}
        start = time.perf_counter()
        for number, client in list(known.items()):
            poll.register(number, select.EPOLLIN)
            if not _send(client, waiting):
                del known[number]
        while known:
            for number, _ in poll.poll():
                if _received(known[number], found) and not _send(known[number], waiting):
                    del known[number]
                    poll.unregister(number)
        found.seconds = time.perf_counter() - start
    return found


def _connected(stack: ExitStack, port: int, clients: int) -> Iterator[Client]:
    """Open connections."""
    for _ in range(clients):
        one = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield Client(one)


def _send(client: Client, waiting: Iterator[bytes]) -> bool:
    """Send the next request, if there is one."""
    body = next(waiting, None)
    if body is None:
        return False
    client.tail, client.wanted, client.size = b"", None, 0
    client.sent = time.perf_counter()
    client.socket.sendall(body)
    return True


def _received(client: Client, found: Run) -> bool:
    """Take what has come; say whether the answer is whole, and count it then."""
    piece = client.socket.recv(PIECE)
    if not piece:
        raise ConnectionError("the server closed the connection")
    client.size += len(piece)
    if client.wanted is None:
        _read_head(client, client.tail + piece, found)
    elif client.wanted == 0:
        client.tail = (client.tail + piece)[-5:]
    if not _is_whole(client):
        return False
    found.each.append(time.perf_counter() - client.sent)
    found.sizes.append(client.size)
    return True


def _read_head(client: Client, seen: bytes, found: Run) -> None:
    """Learn from an answer's head how long it is; 0 stands for one that comes in chunks."""
    client.tail = seen
    head, end, _ = seen.partition(b"\r\n\r\n")
    if not end:
        return
    found.failures += not head.startswith(b"HTTP/1.1 200")
    _, named, length = head.lower().partition(b"content-length:")
    client.wanted = len(head) + 4 + int(length.split(b"\r\n")[0]) if named else 0
    client.tail = seen[-5:]


def _is_whole(client: Client) -> bool:
    """Say whether an answer has come to its end."""
    if client.wanted is None:
        return False
    return (
        client.tail.endswith(b"0\r\n\r\n") if client.wanted == 0 else client.size >= client.wanted
    )
