"""A query worker: ``python -I -m parvis.store.query.worker STORE [SOCKET…]``, spoken to in frames.

With sockets it is the child of a `parvis.sandbox.lane.Lane`.

The first frame says what holds for all queries: ``{"memory": bytes, "prefixes": {…}}``. Then
each frame is a `Request`, and is answered by

* a head in JSON, ``{"kind": "bindings" | "boolean" | "graph", "media": …}``, then pieces of the
  result as the engine writes them, then the empty frame; or
* ``{"error": TEMPLATE, "fields": {…}}`` and the empty frame: a query that cannot be answered,
  with its ``"kind"``: the name of a `QueryError`, an `AnswerTooLarge` for its rows, or a
  `StoreError`, which is not the query's fault.

A failure after the first piece ends the process, so that a cut answer never looks whole. The
head waits for the first piece, so that most failures come before it.
"""

import io
import json
import os
import sys
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from pyoxigraph import NamedNode, QueryBoolean, QuerySolutions, Store, serialize

from parvis.errors import AnswerTooLarge, MachineError, QueryError, StoreError
from parvis.i18n import N_
from parvis.rdf.results import BOOLEANS, GRAPHS, RESULTS
from parvis.sandbox.child import PIECE, Channel, channel_of, end_after, limit_memory
from parvis.sandbox.walls import raise_walls
from parvis.store.query.confinement import Embedded, Engine, Found, narrowed
from parvis.store.query.request import TOO_MANY_ROWS, Request
from parvis.store.query.rows import RowCount
from parvis.store.query.search_pattern import expanded
from parvis.store.query.text import QueryText
from parvis.store.search.search import TextIndex
from parvis.vocab import media

if TYPE_CHECKING:
    from typing_extensions import Buffer  # collections.abc has it from Python 3.12 on

CORRUPT = "Corruption"
"""How the engine's own message of damage begins."""
DAMAGED = N_("what is served is damaged, or its disk cannot be read: parvis verify tells where")


class Pieces(io.RawIOBase):
    """A file whose bytes leave as frames of at most 64 kB, the head before them."""

    def __init__(self, channel: Channel, head: bytes, rows: RowCount | None) -> None:
        """Hold the head back until there is something after it; too many rows never leave."""
        super().__init__()
        self._channel = channel
        self._head: bytes | None = head
        self._held = bytearray()
        self._rows = rows

    @property
    def begun(self) -> bool:
        """Say whether anything has left."""
        return self._head is None

    def writable(self) -> bool:
        """Say that it may be written to."""
        return True

    def write(self, piece: "Buffer", /) -> int:
        """Take a piece of the result."""
        body = bytes(piece)
        if len(self._held) + len(body) > PIECE:
            self._leave()
        self._held += body
        return len(body)

    def finish(self) -> None:
        """Send what is left, and the end."""
        self._leave()
        self._channel.end()

    def _leave(self) -> None:
        """Send what is held. Raises `AnswerTooLarge`."""
        if self._rows is not None:
            self._rows.see(bytes(self._held))
        if self._head is not None:
            self._channel.send(self._head)
            self._head = None
        if self._held:
            self._channel.send(bytes(self._held), now=len(self._held) > PIECE // 2)
            self._held.clear()


def answer(
    engine: Engine, folder: Path, request: Request, prefixes: Mapping[str, str], channel: Channel
) -> None:
    """Answer one request over the pipe; `folder` is the store's, its text index next to it."""
    pieces: Pieces | None = None
    try:
        found = _evaluated(engine, partial(_text_index, folder), request, prefixes)
        pieces = Pieces(channel, _head(found, request), _rows(found, request))
        _write(found, pieces, request, prefixes)
        pieces.finish()
    except AnswerTooLarge as error:
        if pieces is not None and pieces.begun:
            os._exit(TOO_MANY_ROWS)
        _refuse(channel, error)
    except (QueryError, MachineError) as error:
        if pieces is not None and pieces.begun:
            os._exit(1)
        _refuse(channel, error)
    except (OSError, RuntimeError, ValueError, SyntaxError) as error:
        if pieces is not None and pieces.begun:
            os._exit(1)
        _refuse(channel, _failure(error, folder))


@cache
def _text_index(folder: Path) -> TextIndex:
    return TextIndex.of(folder)


def _failure(error: Exception, folder: Path) -> QueryError | StoreError:
    """Say whose fault it is: the query's, or that of a store whose files cannot be read.

    An error of the system alone proves no damage: a query may have asked for what this process may
    not do.
    """
    is_corrupt = str(error).startswith(CORRUPT)
    if is_corrupt or (isinstance(error, OSError) and not _is_readable(folder)):
        return StoreError(DAMAGED)
    return QueryError("the query cannot be evaluated: {reason}", reason=error)


def _is_readable(folder: Path) -> bool:
    """Read every file of a store, to its end."""
    try:
        for path in folder.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    while file.read(PIECE):
                        pass
    except OSError:
        return False
    return folder.is_dir()


def _evaluated(
    engine: Engine,
    index: Callable[[], TextIndex],
    request: Request,
    prefixes: Mapping[str, str],
) -> Found:
    """Begin to evaluate a query, its searches answered first over the same graphs."""
    query = QueryText.read(request.query, request.base, prefixes)
    return engine.run(
        expanded(query, narrowed(query, request.allowed, request.asked), index),
        allowed=request.allowed,
        asked=request.asked,
        values={name: NamedNode(iri) for name, iri in request.values.items()},
    )


def _head(found: Found, request: Request) -> bytes:
    """Say what kind of answer it is, and its media type."""
    match found:
        case QuerySolutions():
            return _told("bindings", media.RESULTS[request.results])
        case QueryBoolean():
            return _told("boolean", media.RESULTS[_of_boolean(request)])
    return _told("graph", media.RDF[request.graph])


@cache
def _told(kind: str, media_type: str) -> bytes:
    """Write a head; there are not many."""
    return json.dumps({"kind": kind, "media": media_type}).encode()


def _rows(found: Found, request: Request) -> RowCount | None:
    """Begin to count rows where there are some."""
    if isinstance(found, QuerySolutions):
        return RowCount(request.results, request.rows)
    return None


def _of_boolean(request: Request) -> str:
    """Give the ending for a boolean: CSV and TSV define none, so JSON stands in for them."""
    return request.results if request.results in BOOLEANS else "json"


def _write(found: Found, pieces: Pieces, request: Request, prefixes: Mapping[str, str]) -> None:
    """Let the engine evaluate and write."""
    output = cast("BinaryIO", pieces)
    match found:
        case QuerySolutions():
            found.serialize(output, RESULTS[request.results])
        case QueryBoolean():
            found.serialize(output, RESULTS[_of_boolean(request)])
        case _:
            serialize(found, output, GRAPHS[request.graph], prefixes=dict(prefixes))


def _refuse(channel: Channel, error: QueryError | MachineError | AnswerTooLarge) -> None:
    """Answer with what is wrong, in a form that can be translated."""
    fields = {
        name: value if isinstance(value, int) else str(value)
        for name, value in error.fields.items()
    }
    told = {
        "error": error.template,
        "fields": fields,
        "kind": type(error).__name__,
    }
    channel.send(json.dumps(told).encode())
    channel.end()


def answer_all(channel: Channel, engine: Engine, folder: Path, prefixes: Mapping[str, str]) -> None:
    """Answer over a store until the parent goes."""
    while (body := channel.receive()) is not None:
        request = Request.unpacked(body)
        end_after((request.seconds or 0) + 1)
        answer(engine, folder, request, prefixes, channel)
        end_after(0)


def main() -> None:
    """Open the store that the command line names, and answer until the parent goes."""
    channel = channel_of(sys.argv[2:])
    opening = json.loads(channel.receive() or b"{}")
    if not opening:
        return
    limit_memory(opening["memory"])
    raise_walls(writable=())
    folder = Path(sys.argv[1])
    try:
        store = Store.read_only(str(folder))
    except (OSError, RuntimeError):
        if channel.receive() is not None:
            _refuse(channel, StoreError(DAMAGED))
        return
    answer_all(channel, Embedded(store), folder, opening["prefixes"])


if __name__ == "__main__":
    main()
