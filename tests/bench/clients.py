"""Many clients of a SPARQL endpoint in one thread: persistent connections, one request at a time.

A request costs two system calls and a search for the end of its response, so that
even a server that answers from memory is slower than the clients.
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
    """A connection: when its request was sent, and how much of the response has arrived."""

    socket: socket.socket
    sent: float = 0.0
    tail: bytes = b""
    length: int | None = None
    size: int = 0


@dataclass
class Run:
    """The results of many requests: total seconds, seconds and bytes of each, failures."""

    seconds: float = 0.0
    each: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    failures: int = 0

    @property
    def rate(self) -> float:
        """Return the requests answered per second."""
        return len(self.each) / self.seconds

    def percentile(self, share: float) -> float:
        """Return the seconds within which a share of the requests was answered."""
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
    """Send requests from several clients, each waiting for its response before the next."""
    waiting = iter(requests)
    result = Run()
    with ExitStack() as stack:
        poll = stack.enter_context(select.epoll())
        active = {client_.socket.fileno(): client_ for client_ in connect(stack, port, clients)}
        start = time.perf_counter()
        for number, client in list(active.items()):
            poll.register(number, select.EPOLLIN)
            if not _send(client, waiting):
                del active[number]
        while active:
            for number, _ in poll.poll():
                if receive(active[number], result) and not _send(active[number], waiting):
                    del active[number]
                    poll.unregister(number)
        result.seconds = time.perf_counter() - start
    return result


def connect(stack: ExitStack, port: int, clients: int) -> Iterator[Client]:
    for _ in range(clients):
        connection = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield Client(connection)


def _send(client: Client, waiting: Iterator[bytes]) -> bool:
    """Send the next request, if any."""
    body = next(waiting, None)
    if body is None:
        return False
    client.tail, client.length, client.size = b"", None, 0
    client.sent = time.perf_counter()
    client.socket.sendall(body)
    return True


def receive(client: Client, result: Run) -> bool:
    """Receive data; return whether the response is complete, and count it then."""
    piece = client.socket.recv(PIECE)
    if not piece:
        raise ConnectionError("the server closed the connection")
    client.size += len(piece)
    if client.length is None:
        _read_head(client, client.tail + piece, result)
    elif client.length == 0:
        client.tail = (client.tail + piece)[-5:]
    if not is_complete(client):
        return False
    result.each.append(time.perf_counter() - client.sent)
    result.sizes.append(client.size)
    return True


def _read_head(client: Client, received: bytes, result: Run) -> None:
    """Read the length of a response from its head; 0 means chunked."""
    client.tail = received
    head, end, _ = received.partition(b"\r\n\r\n")
    if not end:
        return
    result.failures += not head.startswith(b"HTTP/1.1 200")
    _, has_length, length = head.lower().partition(b"content-length:")
    client.length = len(head) + 4 + int(length.split(b"\r\n")[0]) if has_length else 0
    client.tail = received[-5:]


def is_complete(client: Client) -> bool:
    """Return whether a response is complete."""
    if client.length is None:
        return False
    return (
        client.tail.endswith(b"0\r\n\r\n") if client.length == 0 else client.size >= client.length
    )
